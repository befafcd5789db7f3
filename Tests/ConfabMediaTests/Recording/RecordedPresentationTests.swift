import ConfabMedia
import Primitives
import Testing

@Suite("Presenting recordings") struct RecordedPresentationTests {
  /// What a presentation sent, taken apart.
  private struct Sent {
    var picture: [(header: RTPHeader, descriptor: VP8Descriptor, bytes: [UInt8])] = []
    var sound: [(header: RTPHeader, bytes: [UInt8])] = []
    var reports: [SenderReport] = []

    /// The pictures, put together again.
    var frames: [(timestamp: UInt32, bytes: [UInt8])] {
      var all: [(timestamp: UInt32, bytes: [UInt8])] = []
      for packet in picture {
        if packet.descriptor.isPartitionStart { all.append((packet.header.timestamp, [])) }
        all[all.count - 1].bytes += packet.bytes
      }
      return all
    }

    mutating func take(_ kind: MediaPacketKind, _ packet: UnsafeRawBufferPointer) {
      guard kind == .rtp, let header = RTPHeader(packet) else {
        var reader = RTCPReader(packet)
        while let part = reader.next() {
          if let report = SenderReport(part) { reports.append(report) }
        }
        return
      }
      let payload = UnsafeRawBufferPointer(rebasing: packet[header.payloadStart...])
      if header.payloadType == 111 {
        sound.append((header, Array(payload)))
      } else if let descriptor = VP8Descriptor(payload) {
        picture.append((header, descriptor, Array(payload[descriptor.bytes...])))
      }
    }
  }

  private var random = SeededRandom(seed: 5)
  private var now = MonotonicTime(nanoseconds: 7_000_000_000)

  private mutating func presentation() -> RecordedPresentation {
    RecordedPresentation(
      video: (ssrc: 1, payloadType: 96), audio: (ssrc: 2, payloadType: 111, levelExtension: 1),
      using: &random)
  }

  private func picture(_ number: Int, isWhole: Bool, bytes: Int) -> RecordedFrame {
    var frame = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes)
    frame[0] = isWhole ? 0x10 : 0x11
    return RecordedFrame(
      kind: .video, nanoseconds: UInt64(number) * 40_000_000, bytes: frame)
  }

  private mutating func run(
    _ presentation: inout RecordedPresentation, milliseconds: Int
  ) -> Sent {
    var sent = Sent()
    let end = now + .milliseconds(milliseconds)
    while now < end {
      presentation.poll(at: now) { sent.take($0, $1) }
      now = min(max(presentation.nextDeadline(at: now), now + .microseconds(100)), end)
    }
    return sent
  }

  @Test("pictures are cut into packets, and leave at their times") mutating func pictures() {
    var presentation = presentation()
    let frames = (0..<5).map { picture($0, isWhole: $0 == 0, bytes: 3_000 - 600 * $0) }
    for frame in frames { presentation.add(frame) }
    presentation.finish()
    let first = run(&presentation, milliseconds: 100)
    #expect(first.frames.map(\.bytes) == frames[..<3].map(\.bytes))
    let rest = run(&presentation, milliseconds: 100)
    #expect(rest.frames.map(\.bytes) == frames[3...].map(\.bytes))
    #expect(presentation.hasEnded)
    let all = first.picture + rest.picture
    for (before, after) in zip(all, all.dropFirst()) {
      #expect(after.header.sequence == before.header.sequence &+ 1)
      #expect(before.header.marker == after.descriptor.isPartitionStart)
    }
    let times = (first.frames + rest.frames).map(\.timestamp)
    #expect(zip(times.dropFirst(), times).allSatisfy { $0 &- $1 == 3_600 })
    #expect(all.allSatisfy { $0.bytes.count <= 1_100 })
  }

  @Test("who asks gets all pictures since the last whole one, once") mutating func showAgain() {
    var presentation = presentation()
    let frames = (0..<100).map { picture($0, isWhole: $0 == 0, bytes: 2_000) }
    for frame in frames where presentation.wantsFrames { presentation.add(frame) }
    _ = run(&presentation, milliseconds: 1_010)
    let request: [UInt8] = [0x81, 206, 0, 2, 0, 0, 0, 9, 0, 0, 0, 1]
    for _ in 0..<3 { request.withUnsafeBytes { presentation.receive(rtcp: $0) { _ in } } }
    let again = run(&presentation, milliseconds: 200)
    #expect(again.frames.map(\.bytes).prefix(26) == frames[..<26].map(\.bytes)[...])
    #expect(again.frames.count == 26 + 5)
    let times = again.frames.map(\.timestamp)
    #expect(zip(times.dropFirst(), times).allSatisfy { Int32(bitPattern: $0 &- $1) > 0 })
    request.withUnsafeBytes { presentation.receive(rtcp: $0) { _ in } }
    #expect(run(&presentation, milliseconds: 39).frames.count <= 1, "it was just shown")
  }

  @Test("nothing is shown again when a whole picture comes soon") mutating func soon() {
    var presentation = presentation()
    for number in 0..<30 {
      presentation.add(picture(number, isWhole: number % 20 == 0, bytes: 500))
    }
    _ = run(&presentation, milliseconds: 410)
    let request: [UInt8] = [0x81, 206, 0, 2, 0, 0, 0, 9, 0, 0, 0, 1]
    request.withUnsafeBytes { presentation.receive(rtcp: $0) { _ in } }
    #expect(run(&presentation, milliseconds: 200).frames.count == 5)
  }

  @Test("lost packets are named") mutating func lost() {
    var presentation = presentation()
    var asked: [UInt16] = []
    let request: [UInt8] = [0x81, 205, 0, 3, 0, 0, 0, 9, 0, 0, 0, 1, 0, 7, 0, 1]
    request.withUnsafeBytes { presentation.receive(rtcp: $0) { asked.append($0) } }
    let others: [UInt8] = [0x81, 205, 0, 3, 0, 0, 0, 9, 0, 0, 0, 2, 0, 9, 0, 0]
    others.withUnsafeBytes { presentation.receive(rtcp: $0) { asked.append($0) } }
    #expect(asked == [7, 8])
  }

  @Test("sound goes on by its own lengths, and says that it is to be heard") mutating func sound() {
    var presentation = presentation()
    // 20 ms each, in a file that rounds badly.
    for (index, time) in [0, 21, 39, 61, 500].enumerated() {
      presentation.add(
        RecordedFrame(
          kind: .audio, nanoseconds: UInt64(time) * 1_000_000, bytes: [0xFC, UInt8(index), 1, 1]))
    }
    let sent = run(&presentation, milliseconds: 600)
    let times = sent.sound.map(\.header.timestamp)
    #expect(zip(times.dropFirst(), times).map { $0 &- $1 } == [960, 960, 960, 21_120])
    #expect(sent.sound.map(\.bytes.count) == [4, 4, 4, 4, 4])
    #expect(sent.sound.allSatisfy { $0.header.extensionForm == .oneByte })
  }

  @Test("reports lay sound and pictures on each other") mutating func reports() {
    var presentation = presentation()
    for number in 0..<60 {
      presentation.add(picture(number, isWhole: number == 0, bytes: 100))
      presentation.add(
        RecordedFrame(
          kind: .audio, nanoseconds: UInt64(number) * 40_000_000, bytes: [0xFC, 1, 1, 1]))
      if !presentation.wantsFrames { break }
    }
    let sent = run(&presentation, milliseconds: 1_100)
    let picture = sent.reports.last { $0.ssrc == 1 }
    let sound = sent.reports.last { $0.ssrc == 2 }
    #expect(picture?.ntpTime == sound?.ntpTime)
    guard let picture, let sound, let frame = sent.frames.first, let packet = sent.sound.first
    else {
      Issue.record("nothing was sent")
      return
    }
    // Both began at the same moment: so much has passed in either stream's time since.
    let seen = Double(picture.rtpTime &- frame.timestamp) / 90_000
    let heard = Double(sound.rtpTime &- packet.header.timestamp) / 48_000
    #expect(abs(seen - heard) < 0.001)
  }

  @Test("a recording that begins anew goes on in time; holes are closed") mutating func rounds() {
    var timeline = RecordedTimeline()
    timeline.add(RecordedFrame(kind: .video, nanoseconds: 90_000_000_000, bytes: [0x10]))
    timeline.add(RecordedFrame(kind: .video, nanoseconds: 90_040_000_000, bytes: [0x11]))
    timeline.rewind()
    timeline.add(RecordedFrame(kind: .video, nanoseconds: 90_000_000_000, bytes: [0x10]))
    timeline.add(RecordedFrame(kind: .video, nanoseconds: 200_000_000_000, bytes: [0x10]))
    var times: [UInt64] = []
    while let frame = timeline.takeDue(at: .max) { times.append(frame.nanoseconds / 1_000_000) }
    #expect(times == [0, 40, 73, 106])
  }
}
