/// One packet to everybody who sees or hears its track.
extension MediaRoom {
  @inline(__always)
  mutating func forward<Sink: MediaSink & ~Copyable>(
    _ record: PacketRecord, of stream: Int, slab: borrowing PacketSlab, sink: inout Sink,
    at now: UInt64
  ) {
    let track = tracks.place(streams[stream].track)
    guard !track.pointee.isMuted else { return }
    var index = 0
    while index < track.pointee.listeners.count {
      let listener = Int(track.pointee.listeners[index])
      index += 1
      let down = downtracks.place(listener)
      guard participants[down.pointee.viewer].isSubscribingUp else { continue }
      if down.pointee.current != stream {
        guard down.pointee.target == stream else { continue }
        guard begin(listener, at: record, of: stream, slab: slab, sink: &sink, now) else {
          continue
        }
      }
      send(record, of: stream, to: down, slab: slab, sink: &sink, at: now)
    }
  }

  @inline(__always)
  private mutating func send<Sink: MediaSink & ~Copyable>(
    _ record: PacketRecord, of stream: Int, to down: UnsafeMutablePointer<Downtrack>,
    slab: borrowing PacketSlab, sink: inout Sink, at now: UInt64
  ) {
    guard let placement = down.pointee.rewriter.place(record, now: now) else { return }
    let isFiller = placement.isFiller
    let payloadBytes = isFiller ? 1 : Int(record.payloadBytes)
    if !isFiller {
      down.pointee.sent?.record(
        SentPackets.Entry(
          sequence: placement.sequence, source: record.sequence, sentAt: now,
          timestampOffset: placement.timestamp &- record.timestamp, upstream: Int32(stream),
          pictureOffset: placement.pictureOffset, tl0Offset: placement.tl0Offset,
          keyOffset: placement.keyOffset))
    }
    down.pointee.packetCount &+= 1
    down.pointee.octetCount &+= UInt32(payloadBytes)
    let header = writeHeader(
      isFiller ? nil : record, of: down,
      payloadType: MediaCodecs.payloadType(of: streams[stream].codec),
      sequence: UInt16(truncatingIfNeeded: placement.sequence), timestamp: placement.timestamp,
      ssrc: down.pointee.ssrc, bytes: payloadBytes, isPadded: isFiller, at: now)
    let viewer = ParticipantIndex(value: Int32(down.pointee.viewer))
    if isFiller {
      sink.send(
        OutgoingRTP(
          header: header, prefix: UnsafeRawBufferPointer(start: nil, count: 0),
          payload: scratch.padding(1)), to: viewer)
      return
    }
    var prefix = 0
    var skipped = 0
    if let vp8 = record.vp8 {
      prefix = writeDescriptor(
        vp8, at: 0, pictureOffset: placement.pictureOffset, tl0Offset: placement.tl0Offset,
        keyOffset: placement.keyOffset)
      skipped = vp8.bytes
    }
    sink.send(
      OutgoingRTP(
        header: header, prefix: UnsafeRawBufferPointer(rebasing: scratch.prefix[..<prefix]),
        payload: payload(record, after: skipped, slab)), to: viewer)
  }

  @inline(__always)
  func payload(
    _ record: PacketRecord, after skipped: Int, _ slab: borrowing PacketSlab
  ) -> UnsafeRawBufferPointer {
    let start = Int(record.payloadStart)
    let bytes = slab.bytes(record.slot)
    return UnsafeRawBufferPointer(
      rebasing: bytes[start + skipped..<start + Int(record.payloadBytes)])
  }

  /// - Returns: how many bytes it has.
  @inline(__always)
  func writeDescriptor(
    _ source: VP8Descriptor, at start: Int, pictureOffset: UInt16, tl0Offset: UInt8,
    keyOffset: UInt8
  ) -> Int {
    var descriptor = source
    if let id = descriptor.pictureID { descriptor.pictureID = (id &+ pictureOffset) & 0x7FFF }
    if let index = descriptor.tl0PictureIndex { descriptor.tl0PictureIndex = index &+ tl0Offset }
    if let index = descriptor.keyIndex { descriptor.keyIndex = (index &+ keyOffset) & 0x1F }
    return descriptor.write(
      to: UnsafeMutableRawBufferPointer(rebasing: scratch.prefix[start...]))
  }

  /// The header with what this viewer negotiated, and its transport-wide number.
  @inline(__always)
  mutating func writeHeader(
    _ record: PacketRecord?, of down: UnsafeMutablePointer<Downtrack>, payloadType: UInt8,
    sequence: UInt16, timestamp: UInt32, ssrc: UInt32, bytes: Int, isPadded: Bool,
    isProbe: Bool = false, at now: UInt64
  ) -> UnsafeRawBufferPointer {
    var writer = RTPHeaderWriter(
      scratch.header, payloadType: payloadType, marker: record?.marker ?? false,
      sequence: sequence, timestamp: timestamp, ssrc: ssrc, hasPadding: isPadded)
    let viewer = participants.place(down.pointee.viewer)
    let numbers = viewer.pointee.subscribeNumbers
    // On the wire there are the tag of SRTP and the headers of UDP and IP besides.
    let wireBytes = bytes + 20 + 16 + 28
    let transportSequence = viewer.pointee.downlink.sent(
      bytes: wireBytes, isProbe: isProbe, at: now)
    if let number = numbers.number(of: .transportSequence) {
      writer.element(number, word: transportSequence)
    }
    if !down.pointee.isReported, let number = numbers.number(of: .mid) {
      let slot = down.pointee.slot
      // `a0`, `v12`: written by hand, because a text would be allocated.
      var mid = (slot.kind == .audio ? UInt8(ascii: "a") : UInt8(ascii: "v"), UInt8(0), UInt8(0))
      let digits = slot.number < 10 ? 1 : 2
      mid.1 = UInt8(ascii: "0") + UInt8(digits == 1 ? slot.number : slot.number / 10)
      mid.2 = UInt8(ascii: "0") + UInt8(slot.number % 10)
      withUnsafeBytes(of: mid) {
        writer.element(number, text: UnsafeRawBufferPointer(rebasing: $0[..<(1 + digits)]))
      }
    }
    if let level = record?.audioLevel, let number = numbers.number(of: .audioLevel) {
      writer.element(number, byte: level)
    }
    if let orientation = record?.videoOrientation,
      let number = numbers.number(of: .videoOrientation)
    {
      writer.element(number, byte: orientation)
    }
    let count = writer.finish()
    return UnsafeRawBufferPointer(rebasing: scratch.header[..<count])
  }

  // MARK: Switching

  /// Lets a target in when `record` begins a picture that needs no other.
  ///
  /// - Returns: whether `record` is to be sent by the caller.
  private mutating func begin<Sink: MediaSink & ~Copyable>(
    _ listener: Int, at record: PacketRecord, of stream: Int, slab: borrowing PacketSlab,
    sink: inout Sink, _ now: UInt64
  ) -> Bool {
    let down = downtracks.place(listener)
    let isStart = record.isStart && record.sequence == streams[stream].newest
    if isStart {
      guard let offset = timestampOffset(down, to: stream) else { return false }
      start(down, at: record, of: stream, offset: offset.value, now)
      return true
    }
    // Who sees nothing yet gets the pictures since the last key frame at once.
    guard down.pointee.current < 0, streams[stream].kind == .video,
      streams[stream].headIsComplete()
    else {
      if streams[stream].kind == .video { streams[stream].keyframes.want() }
      return false
    }
    let head = streams[stream].keyframeStart
    guard let first = streams[stream].ring?.record(head)?.pointee else { return false }
    start(down, at: first, of: stream, offset: nil, now)
    for sequence in head...streams[stream].numbers.highest {
      guard let kept = streams[stream].ring?.record(sequence)?.pointee else { continue }
      send(kept, of: stream, to: down, slab: slab, sink: &sink, at: now)
    }
    return false
  }

  private struct KnownOffset {
    var value: UInt32?
  }

  /// How many key frames may pass while the clocks of two layers are not known; then the time of day
  /// has to do.
  private static let startsPassedMax = 3

  /// Nil when the switch is better made at a later key frame, because the clock of a layer has not been
  /// reported yet (mediasoup 999).
  private mutating func timestampOffset(
    _ down: UnsafeMutablePointer<Downtrack>, to stream: Int
  ) -> KnownOffset? {
    let current = down.pointee.current
    guard current >= 0, streams[current].track == streams[stream].track else {
      return KnownOffset(value: nil)
    }
    if let offset = streams[stream].statistics.timestampOffset(to: streams[current].statistics) {
      return KnownOffset(value: offset &+ down.pointee.rewriter.timestampOffset)
    }
    down.pointee.startsPassed += 1
    if down.pointee.startsPassed > Self.startsPassedMax
      || !streams[current].rate.isLive(at: streams[stream].rate.lastAt)
    {
      return KnownOffset(value: nil)
    }
    streams[stream].keyframes.want()
    return nil
  }

  private mutating func start(
    _ down: UnsafeMutablePointer<Downtrack>, at record: PacketRecord, of stream: Int,
    offset: UInt32?, _ now: UInt64
  ) {
    down.pointee.rewriter.begin(
      at: record, timestampOffset: offset, clockRate: streams[stream].codec.clockRate, now: now)
    down.pointee.current = stream
    down.pointee.startsPassed = 0
    if down.pointee.slot.kind == .video {
      events.append(
        .layer(
          viewer: ParticipantIndex(value: Int32(down.pointee.viewer)),
          tracks[down.pointee.track].id, streams[stream].layer))
    }
  }
}
