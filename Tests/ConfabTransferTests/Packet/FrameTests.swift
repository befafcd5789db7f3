import ConfabTransfer
import Primitives
import Testing

/// A payload written by `body`, as bytes.
func payload(capacity: Int = 1_400, _ body: (inout PacketWriter) -> Void) -> [UInt8] {
  var bytes = [UInt8](repeating: 0xEE, count: capacity)
  let count = bytes.withUnsafeMutableBytes { buffer -> Int in
    guard let base = buffer.baseAddress else { return 0 }
    var writer = PacketWriter(base, to: capacity)
    body(&writer)
    return writer.position
  }
  return Array(bytes.prefix(count))
}

/// What a reader makes of a payload: each frame as text, and whether all of it made sense.
func frames(_ bytes: [UInt8]) -> (frames: [String], isMalformed: Bool) {
  let ranges = UnsafeMutablePointer<PacketNumberRange>.allocate(
    capacity: PacketLimits.acknowledgedRangesMax)
  defer { ranges.deallocate() }
  ranges.initialize(
    repeating: PacketNumberRange(first: 0, last: 0), count: PacketLimits.acknowledgedRangesMax)
  return bytes.withUnsafeBytes { buffer in
    var reader = FrameReader(buffer, ranges: ranges)
    var all: [String] = []
    while let frame = reader.next() {
      if case .acknowledgement(let head) = frame {
        let list = (0..<head.rangeCount).map { "\(ranges[$0].first)-\(ranges[$0].last)" }
        let marks = head.marks.map { " \($0.ect0)/\($0.ect1)/\($0.congestionExperienced)" } ?? ""
        all.append(
          "ack \(list.joined(separator: ",")) delay \(head.delayMicroseconds)\(marks) "
            + "drops \(head.hostDrops)")
      } else {
        all.append("\(frame)")
      }
    }
    return (all, reader.isMalformed)
  }
}

@Suite("Frames")
struct FrameTests {
  @Test("each frame has the bytes that the protocol says")
  func golden() {
    #expect(payload { $0.ping() }.hex == "01")
    #expect(
      payload { $0.contentHeader(offset: 0x12_3456_789A, count: 3, hasLength: false) }.hex
        == "04123456789a")
    #expect(
      payload { $0.contentHeader(offset: 5, count: 1_000, hasLength: true) }.hex
        == "05000000000503e8")
    #expect(
      payload { $0.contentHeader(offset: 1 << 40, count: 7, hasLength: false) }.hex
        == "060000010000000000")
    #expect(
      payload { $0.contentHeader(offset: 1 << 40, count: 7, hasLength: true) }.hex
        == "0700000100000000000007")
    #expect(payload { $0.controlHeader(offset: 300, count: 2) }.hex == "08412c0002")
    #expect(payload { $0.contentCredit(8 << 20) }.hex == "0980800000")
    #expect(payload { $0.controlCredit(63) }.hex == "0a3f")
    #expect(payload { $0.pathChallenge(0x0102_0304_0506_0708) }.hex == "0b0102030405060708")
    #expect(payload { $0.pathResponse(1) }.hex == "0c0000000000000001")
    #expect(payload { $0.close(code: 0x0102, reason: "ok") }.hex == "0e0102026f6b")
    let candidate = Candidate(.host, high: 1, low: 2, port: 0x1234)
    #expect(
      payload { $0.candidates([candidate]) }.hex
        == "0d0101000000000000000100000000000000021234")
  }

  @Test("an acknowledgement lists the newest ranges first")
  func acknowledgement() {
    let ranges = [
      PacketNumberRange(first: 2, last: 4), PacketNumberRange(first: 7, last: 7),
      PacketNumberRange(first: 100, last: 163),
    ]
    let plain = payload { writer in
      ranges.withUnsafeBufferPointer {
        #expect(
          writer.acknowledgement(ranges: $0, delayMicroseconds: 20, marks: nil, hostDrops: 0) > 0)
      }
    }
    // 163, delay 20, 3 ranges; 64 long; gap to 7; 1 long; gap to 4; 3 long; no drops.
    #expect(plain.hex == "0240a314023f405b00010200")
    #expect(frames(plain).frames == ["ack 100-163,7-7,2-4 delay 20 drops 0"])
    var marks = ECNCounts()
    marks.congestionExperienced = 2
    let marked = payload { writer in
      ranges.withUnsafeBufferPointer {
        _ = writer.acknowledgement(ranges: $0, delayMicroseconds: 0, marks: marks, hostDrops: 9)
      }
    }
    #expect(frames(marked).frames == ["ack 100-163,7-7,2-4 delay 0 0/0/2 drops 9"])
  }

  @Test("an acknowledgement takes as many ranges as fit", arguments: [0, 5, 12, 40, 200, 1_400])
  func acknowledgementRoom(_ capacity: Int) {
    let ranges = (0..<UInt64(300)).map { PacketNumberRange(first: $0 * 10, last: $0 * 10 + 3) }
    let bytes = payload(capacity: capacity) { writer in
      ranges.withUnsafeBufferPointer {
        _ = writer.acknowledgement(ranges: $0, delayMicroseconds: 0, marks: nil, hostDrops: 0)
      }
    }
    let found = frames(bytes)
    #expect(!found.isMalformed)
    #expect(bytes.count <= capacity)
    #expect(found.frames.first?.hasPrefix("ack 2990-2993") ?? (capacity <= 5))
    if capacity == 1_400 {
      #expect(found.frames[0].split(separator: ",").count == PacketLimits.acknowledgedRangesMax)
    }
  }

  @Test("what is written is read, one frame after the other")
  func sequence() {
    let bytes = payload { writer in
      writer.ping()
      writer.contentCredit(77)
      writer.controlHeader(offset: 9, count: 2)
      writer.skip(2)
      writer.contentHeader(offset: 11, count: 4, hasLength: true)
      writer.skip(4)
      writer.close(code: 3, reason: "bye")
      writer.contentHeader(offset: 1 << 41, count: 5, hasLength: false)
      writer.skip(5)
    }
    #expect(
      frames(bytes).frames == [
        "ping", "contentCredit(77)", "control(offset: 9, start: 8, count: 2)",
        "content(offset: 11, start: 18, count: 4)", "close(code: 3, start: 26, count: 3)",
        "content(offset: 2199023255552, start: 38, count: 5)",
      ])
    #expect(frames(bytes + []).isMalformed == false)
  }

  @Test(
    "what is cut short or makes no sense is malformed",
    arguments: [
      "02", "0205", "02050000", "0205000006", "020500010400", "0205000101000500", "04",
      "0400000000",
      "040000000000", "05000000000003", "050000000000000261", "06ffffffffffffffff61",
      "0c00", "0d01", "0d2100", "0e0001", "0e000105", "0e0001ff", "0f", "ff", "0800", "08000000",
      "09", "0a40",
    ])
  func malformed(_ hex: String) throws {
    let bytes = try #require([UInt8](hex: hex))
    #expect(frames(bytes).isMalformed, "\(frames(bytes).frames)")
  }

  @Test("padding ends a packet whatever follows")
  func padding() {
    #expect(frames([1, 0, 0, 0xFF]).frames == ["ping", "padding"])
  }

  @Test("chance bytes never read beyond the packet, and always end", arguments: 0..<20)
  func chance(_ seed: UInt64) {
    var chance = SeededRandom(seed: seed)
    for _ in 0..<500 {
      let count = Int.random(in: 0..<80, using: &chance)
      var bytes = [UInt8].random(count: count, using: &chance)
      if count > 0 { bytes[0] &= 0x0F }
      let found = bytes.withUnsafeBytes { buffer -> Bool in
        // A copy without anything behind it, so that a sanitizer sees what is read too far.
        frames(Array(buffer)).frames.count <= count
      }
      #expect(found)
    }
  }

  @Test(
    "integers of every length survive",
    arguments: [0, 63, 64, 16_383, 16_384, 1 << 30 - 1, 1 << 30, 1 << 62 - 1] as [UInt64])
  func integers(_ value: UInt64) {
    let bytes = payload { $0.integer(value) }
    #expect(bytes.count == PacketWriter.integerBytes(value))
    bytes.withUnsafeBytes { buffer in
      var reader = PacketReader(buffer)
      #expect(reader.integer() == value)
      #expect(reader.remaining == 0 && !reader.isTruncated)
    }
  }
}
