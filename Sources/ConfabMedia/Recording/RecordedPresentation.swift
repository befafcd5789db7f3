package import Primitives

/// Presents a recording as a live stream of pictures and one of sound. A value without files, sockets
/// and clocks: frames, what the server says, and the time go in; packets come out.
package struct RecordedPresentation: Sendable {
  /// Pictures leave no faster than that: a whole one, or many that are shown again, would overrun a
  /// line.
  private static let bytesPerMillisecond = 3_000
  private static let burstBytesMax = 30_000
  private static let paceNanoseconds: UInt64 = 2_000_000
  private static let reportNanoseconds: UInt64 = 1_000_000_000
  private static let canonicalName: StaticString = "confab"

  private let videoSSRC: UInt32
  private let audioSSRC: UInt32
  private var timeline = RecordedTimeline()
  private var pictures: RecordedPictures
  private var sound: RecordedSound
  private var hasPictures = false
  private var hasSound = false
  private var startedAt: MonotonicTime?
  private var polledAt: UInt64 = 0
  private var allowance = 0
  private var nextReport: UInt64 = 0
  private var isKeyframeWanted = false
  private var isFileRead = false
  private var report = [UInt8](repeating: 0, count: 256)

  package init(
    video: (ssrc: UInt32, payloadType: UInt8),
    audio: (ssrc: UInt32, payloadType: UInt8, levelExtension: UInt8),
    using generator: inout some RandomNumberGenerator
  ) {
    videoSSRC = video.ssrc
    audioSSRC = audio.ssrc
    pictures = RecordedPictures(
      ssrc: video.ssrc, payloadType: video.payloadType, using: &generator)
    sound = RecordedSound(
      ssrc: audio.ssrc, payloadType: audio.payloadType, levelExtension: audio.levelExtension,
      using: &generator)
  }

  // MARK: - The file

  /// Whether the file is to be read on.
  package var wantsFrames: Bool { !isFileRead && timeline.wantsMore }

  package mutating func add(_ frame: RecordedFrame) { timeline.add(frame) }

  /// What follows is the file's beginning.
  package mutating func rewind() { timeline.rewind() }

  /// Nothing follows.
  package mutating func finish() { isFileRead = true }

  package var hasEnded: Bool { isFileRead && timeline.isEmpty && !pictures.hasPackets }

  // MARK: - What the server says

  /// - Parameter resend: gets the number of each packet of pictures that was lost.
  package mutating func receive(
    rtcp datagram: UnsafeRawBufferPointer, resend: (UInt16) -> Void
  ) {
    var reader = RTCPReader(datagram)
    while let packet = reader.next() {
      KeyframeRequest.forEach(packet) { if $0 == videoSSRC { isKeyframeWanted = true } }
      if NegativeAcknowledgement.isIn(packet), packet.mediaSSRC == videoSSRC {
        NegativeAcknowledgement.forEach(packet, resend)
      }
    }
  }

  // MARK: - Time

  /// When `poll` is to be called at the latest.
  package func nextDeadline(at now: MonotonicTime) -> MonotonicTime {
    guard let startedAt else { return now }
    var due = nextReport
    if let frame = timeline.nextDue { due = min(due, frame) }
    if pictures.hasPackets || isKeyframeWanted { due = min(due, polledAt + Self.paceNanoseconds) }
    return startedAt + .nanoseconds(Int64(clamping: due))
  }

  /// What is due now, each valid during the call.
  package mutating func poll(
    at now: MonotonicTime, _ body: (MediaPacketKind, UnsafeRawBufferPointer) -> Void
  ) {
    let start = startedAt ?? now
    startedAt = start
    let elapsed = UInt64(max(0, now.since(start).nanoseconds))
    while let frame = timeline.takeDue(at: elapsed) {
      switch frame.kind {
      case .video:
        hasPictures = true
        pictures.add(frame)
      case .audio:
        hasSound = true
        sound.packet(of: frame) { body(.rtp, $0) }
      }
    }
    if isKeyframeWanted {
      isKeyframeWanted = false
      if !timeline.hasKeyframe(before: elapsed + RecordedPictures.soonNanoseconds) {
        pictures.showAgain(at: elapsed)
      }
    }
    let passed = Int((elapsed - polledAt) / 1_000 * UInt64(Self.bytesPerMillisecond) / 1_000)
    allowance = min(allowance + passed, Self.burstBytesMax)
    polledAt = elapsed
    while allowance > 0, let bytes = pictures.takePacket({ body(.rtp, $0) }) { allowance -= bytes }
    if elapsed >= nextReport {
      nextReport = elapsed + Self.reportNanoseconds
      writeReports(at: elapsed, now, body)
    }
  }

  /// Which times of the two streams belong together. Of the clock only differences mean
  /// something.
  private mutating func writeReports(
    at elapsed: UInt64, _ now: MonotonicTime,
    _ body: (MediaPacketKind, UnsafeRawBufferPointer) -> Void
  ) {
    let time = NTPTime.from(nanoseconds: now.nanoseconds)
    let reports = [
      hasPictures
        ? SenderReport(
          ssrc: videoSSRC, ntpTime: time,
          rtpTime: pictures.timestamp(at: elapsed), packetCount: pictures.packetCount,
          octetCount: pictures.octetCount) : nil,
      hasSound
        ? SenderReport(
          ssrc: audioSSRC, ntpTime: time,
          rtpTime: sound.timestamp(at: elapsed), packetCount: sound.packetCount,
          octetCount: sound.octetCount) : nil,
    ]
    for case let told? in reports {
      report.withUnsafeMutableBytes { bytes in
        var writer = RTCPWriter(bytes)
        writer.senderReport(told)
        writer.sourceDescription(
          ssrc: told.ssrc,
          name: UnsafeRawBufferPointer(
            start: Self.canonicalName.utf8Start, count: Self.canonicalName.utf8CodeUnitCount))
        body(.rtcp, UnsafeRawBufferPointer(rebasing: bytes[..<writer.position]))
      }
    }
  }
}
