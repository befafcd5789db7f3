/// Makes one stream out of those that a slot shows in turn: its numbers go on, its time never runs
/// back, and its pictures are counted without a gap, whatever layers and people it is switched between.
///
/// Packets of the source are looked at in the order in which they come. Those that are left out on
/// purpose leave no gap; those that the source has not delivered leave one, so that the viewer asks for
/// them, and they find their place when they come late.
struct StreamRewriter {
  /// Where a packet goes in the stream that the viewer sees.
  struct Placement: Equatable {
    var sequence: UInt64
    var timestamp: UInt32
    var pictureOffset: UInt16 = 0
    var tl0Offset: UInt8 = 0
    var keyOffset: UInt8 = 0
    /// Left out, but too late to close the gap: an empty packet takes the place.
    var isFiller = false
  }

  /// Packets from `start` to the next run's start are numbered alike, or all left out.
  private struct Run {
    var start: UInt64 = 0
    var sequenceOffset: UInt64 = 0
    var pictureOffset: UInt16 = 0
    var isLeftOut = false
  }

  /// How far a picture's time may be moved to keep it behind the one before (90 kHz: 75 ms). More would
  /// show as a picture that hangs.
  static let timestampStepMax: Int64 = 6_750
  /// Leaving out every second picture makes 60 runs a second.
  private static let runsMax = 64

  private var runs: [Run] = []
  private var newestRun = 0
  private var highestIn: UInt64 = 0

  // The newest that was sent.
  private(set) var nextSequence: UInt64
  private(set) var lastTimestamp: UInt32
  private(set) var lastSentAt: UInt64 = 0
  private(set) var hasSent = false
  private var lastHadMarker = true
  private var lastPictureID: UInt16 = 0
  private var lastTL0: UInt8 = 0
  private var lastKeyIndex: UInt8 = 0

  // From the source's numbers to ours.
  private(set) var timestampOffset: UInt32 = 0
  private var tl0Offset: UInt8 = 0
  private var keyOffset: UInt8 = 0
  private var pictureLeftOut: UInt16?

  // Temporal layers.
  private(set) var temporalLayer: UInt8 = .max
  var temporalLayerWanted: UInt8 = .max
  private var decidedTimestamp: UInt32 = 0
  private var isFrameKept = true

  /// - Parameters:
  ///   - sequence: of the first packet.
  ///   - timestamp: from which the stream's time starts.
  init(sequence: UInt16, timestamp: UInt32) {
    nextSequence = 1 << 16 | UInt64(sequence)
    lastTimestamp = timestamp
  }

  // MARK: Switching

  /// From now on the source is the one that `record`, the first packet of a picture that needs no
  /// other, belongs to.
  ///
  /// - Parameter timestampOffset: what the two sources' own clocks say; nil when nothing connects them.
  mutating func begin(
    at record: PacketRecord, timestampOffset: UInt32?, clockRate: UInt32, now: UInt64
  ) {
    if hasSent, !lastHadMarker {
      // The picture before was cut: a gap, or its decoder would join two halves (mediasoup 408).
      nextSequence += 1
    }
    let elapsed = UInt32(
      truncatingIfNeeded: (now - min(now, lastSentAt)) * UInt64(clockRate) / 1_000_000_000)
    let earliest = lastTimestamp &+ 1
    // What the clocks say counts unless it would hold the picture back, or let it run ahead of time.
    let shown = timestampOffset.map { (record.timestamp &+ $0).distance(after: earliest) }
    if hasSent, let timestampOffset, let shown, shown >= -Self.timestampStepMax,
      shown <= Int64(elapsed) + Int64(clockRate)
    {
      self.timestampOffset = shown >= 0 ? timestampOffset : earliest &- record.timestamp
    } else if hasSent {
      self.timestampOffset = lastTimestamp &+ max(1, elapsed) &- record.timestamp
    } else {
      self.timestampOffset = lastTimestamp &- record.timestamp
    }
    runs.removeAll(keepingCapacity: true)
    newestRun = 0
    var run = Run()
    run.start = record.sequence
    run.sequenceOffset = nextSequence &- record.sequence
    if let vp8 = record.vp8 {
      run.pictureOffset = lastPictureID &+ 1 &- (vp8.pictureID ?? 0)
      tl0Offset = lastTL0 &+ 1 &- (vp8.tl0PictureIndex ?? 0)
      keyOffset = lastKeyIndex &+ 1 &- (vp8.keyIndex ?? 0)
    }
    runs.append(run)
    highestIn = record.sequence - 1
    pictureLeftOut = nil
    temporalLayer = temporalLayerWanted
    decidedTimestamp = record.timestamp
    isFrameKept = true
  }

  // MARK: Packets

  /// Where the packet goes; nil when it is left out.
  mutating func place(_ record: PacketRecord, now: UInt64) -> Placement? {
    guard !runs.isEmpty else { return nil }
    let isLate = record.sequence <= highestIn
    let isKept = isLate ? keepsLate(record) : keeps(record)
    if isLate { return placeLate(record, isKept: isKept) }
    advance(to: record, isKept: isKept)
    guard isKept else { return nil }
    let run = runs[newestRun]
    let placement = placement(record, run)
    nextSequence = placement.sequence + 1
    lastTimestamp = placement.timestamp
    lastSentAt = now
    lastHadMarker = record.marker
    hasSent = true
    if let vp8 = record.vp8 {
      if let id = vp8.pictureID { lastPictureID = (id &+ run.pictureOffset) & 0x7FFF }
      if let index = vp8.tl0PictureIndex { lastTL0 = index &+ tl0Offset }
      if let index = vp8.keyIndex { lastKeyIndex = (index &+ keyOffset) & 0x1F }
    }
    return placement
  }

  private func placement(_ record: PacketRecord, _ run: Run) -> Placement {
    Placement(
      sequence: record.sequence &+ run.sequenceOffset,
      timestamp: record.timestamp &+ timestampOffset, pictureOffset: run.pictureOffset,
      tl0Offset: tl0Offset, keyOffset: keyOffset)
  }

  private func placeLate(_ record: PacketRecord, isKept: Bool) -> Placement? {
    // The newest run that begins before it; none for what is from before the switch.
    var index = newestRun
    for _ in runs.indices {
      let run = runs[index]
      if run.start <= record.sequence {
        guard !run.isLeftOut else { return nil }
        var found = placement(record, run)
        found.isFiller = !isKept
        return found
      }
      index = index == 0 ? runs.count - 1 : index - 1
    }
    return nil
  }

  /// Takes note that the source has come to `record`.
  private mutating func advance(to record: PacketRecord, isKept: Bool) {
    var run = runs[newestRun]
    let isGap = record.sequence > highestIn + 1
    if run.isLeftOut, isKept || isGap {
      // What is missing between may belong to a picture that is kept: it gets numbers too.
      run.isLeftOut = false
      run.start = highestIn + 1
      append(run)
    }
    if !isKept {
      if !run.isLeftOut {
        run.isLeftOut = true
        run.start = record.sequence
      }
      run.sequenceOffset &-= 1
      if let picture = record.vp8?.pictureID, picture != pictureLeftOut {
        pictureLeftOut = picture
        run.pictureOffset &-= 1
      }
      if runs[newestRun].isLeftOut { runs[newestRun] = run } else { append(run) }
    }
    highestIn = record.sequence
  }

  private mutating func append(_ run: Run) {
    if runs.count < Self.runsMax {
      runs.append(run)
      newestRun = runs.count - 1
    } else {
      newestRun = (newestRun + 1) % Self.runsMax
      runs[newestRun] = run
    }
  }

  // MARK: Temporal layers

  private mutating func keeps(_ record: PacketRecord) -> Bool {
    if record.isPaddingOnly { return false }
    guard let layer = record.vp8?.temporalLayer else { return true }
    guard record.timestamp != decidedTimestamp else { return isFrameKept }
    decidedTimestamp = record.timestamp
    if temporalLayerWanted < temporalLayer {
      temporalLayer = temporalLayerWanted
    } else if temporalLayerWanted > temporalLayer {
      // Up only where the frames that are left out are not needed.
      if record.isStart {
        temporalLayer = temporalLayerWanted
      } else if record.vp8?.isLayerSync == true, layer == temporalLayer + 1 {
        temporalLayer = layer
      }
    }
    isFrameKept = layer <= temporalLayer
    return isFrameKept
  }

  private func keepsLate(_ record: PacketRecord) -> Bool {
    if record.isPaddingOnly { return false }
    guard let layer = record.vp8?.temporalLayer else { return true }
    return record.timestamp == decidedTimestamp ? isFrameKept : layer <= temporalLayer
  }
}

extension UInt32 {
  /// How far this RTP timestamp lies after the other; negative when before.
  fileprivate func distance(after other: UInt32) -> Int64 {
    Int64(Int32(bitPattern: self &- other))
  }
}
