import ConfabMedia
import Primitives
import Testing

func withBytes<Result>(
  _ hex: String, _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
  let bytes = [UInt8](hex: hex.filter { $0 != " " }) ?? []
  return try bytes.withUnsafeBytes(body)
}

/// What was written into a buffer of `capacity`.
func written(
  capacity: Int = 1_500, _ body: (UnsafeMutableRawBufferPointer) -> Int
) -> [UInt8] {
  var bytes = [UInt8](repeating: 0xEE, count: capacity)
  let count = bytes.withUnsafeMutableBytes(body)
  return Array(bytes.prefix(count))
}

@Suite("RTP headers")
struct RTPHeaderTests {
  @Test("every field is read where RFC 3550 puts it")
  func fields() throws {
    // Marker, type 96, one CSRC, no extension, padding of 2.
    let header = try #require(
      withBytes("a1e0 1234 01020304 0a0b0c0d 11111111 aabbcc 0002") { RTPHeader($0) })
    #expect(header.marker)
    #expect(header.payloadType == 96)
    #expect(header.sequence == 0x1234)
    #expect(header.timestamp == 0x0102_0304)
    #expect(header.ssrc == 0x0A0B_0C0D)
    #expect(header.extensionForm == nil)
    #expect(header.payloadStart == 16)
    #expect(header.payloadBytes == 3)
    #expect(header.paddingBytes == 2)
  }

  @Test(
    "what is no RTP packet is refused",
    arguments: [
      "", "80", "8060 0001 00000000 000000",  // too short
      "4060 0001 00000000 00000000",  // version 1
      "8160 0001 00000000 00000000",  // a CSRC that is not there
      "9060 0001 00000000 00000000 bede 0001",  // an extension that is not there
      "9060 0001 00000000 00000000 bede",
      "a060 0001 00000000 00000000 00",  // padding of zero
      "a060 0001 00000000 00000000 aa03",  // more padding than packet
    ])
  func refused(_ hex: String) {
    #expect(withBytes(hex) { RTPHeader($0) } == nil)
  }

  @Test("a packet may be nothing but padding")
  func paddingOnly() throws {
    let header = try #require(withBytes("a060 0001 00000000 00000000 000003") { RTPHeader($0) })
    #expect(header.payloadBytes == 0)
    #expect(header.paddingBytes == 3)
  }

  @Test("RTP and RTCP are told apart by the second byte")
  func kinds() {
    #expect(withBytes("80c8") { MediaPacketKind($0) } == .rtcp)
    #expect(withBytes("8fcd") { MediaPacketKind($0) } == .rtcp)
    #expect(withBytes("80e0") { MediaPacketKind($0) } == .rtp)
    #expect(withBytes("806f") { MediaPacketKind($0) } == .rtp)
    #expect(withBytes("16fe") { MediaPacketKind($0) } == nil)
  }

  @Test("elements of both forms are read by their negotiated numbers")
  func extensions() throws {
    var numbers = HeaderExtensionNumbers()
    numbers.set(.audioLevel, to: 1)
    numbers.set(.transportSequence, to: 3)
    numbers.set(.mid, to: 4)
    numbers.set(.videoOrientation, to: 13)
    // One byte each: level 0x85 (voice, −5 dBov), padding, sequence 0xabcd, mid "v0", orientation.
    let oneByte = "9060 0001 00000000 00000000 bede 0003 1085 00 31abcd 417630 d002 0000"
    try withBytes(oneByte) { packet in
      let header = try #require(RTPHeader(packet))
      let found = ReceivedExtensions(header, in: packet, numbers: numbers)
      #expect(found.audioLevel == 5)
      #expect(found.isVoice)
      #expect(found.transportSequence == 0xABCD)
      let mid = try #require(found.mid)
      #expect(String(decoding: packet[mid.start..<mid.start + mid.count], as: UTF8.self) == "v0")
      #expect(found.videoOrientation == 2)
      #expect(found.rid == nil)
    }
    // Two bytes each, with an unknown element of no length between.
    let twoByte = "9060 0001 00000000 00000000 1000 0003 0302abcd 0900 01017f 0d 01 01 000000"
    try withBytes(twoByte) { packet in
      let header = try #require(RTPHeader(packet))
      let found = ReceivedExtensions(header, in: packet, numbers: numbers)
      #expect(found.transportSequence == 0xABCD)
      #expect(found.audioLevel == 127)
      #expect(!found.isVoice)
    }
  }

  @Test("an element that leaves the extension ends the reading")
  func truncatedElement() throws {
    var numbers = HeaderExtensionNumbers()
    numbers.set(.audioLevel, to: 1)
    numbers.set(.transportSequence, to: 3)
    try withBytes("9060 0001 00000000 00000000 bede 0001 1005 3f aa bbccddee") { packet in
      let header = try #require(RTPHeader(packet))
      let found = ReceivedExtensions(header, in: packet, numbers: numbers)
      #expect(found.audioLevel == 5)
      #expect(found.transportSequence == nil)
    }
  }

  @Test("what is written is read")
  func writing() throws {
    var numbers = HeaderExtensionNumbers()
    numbers.set(.mid, to: 9)
    numbers.set(.transportSequence, to: 2)
    let packet = written { buffer in
      var writer = RTPHeaderWriter(
        buffer, payloadType: 96, marker: true, sequence: 7, timestamp: 8, ssrc: 9)
      writer.element(2, word: 0x0102)
      [UInt8]("v12".utf8).withUnsafeBytes { writer.element(9, text: $0) }
      return writer.finish()
    }
    #expect(packet.hex == "90e000070000000800000009bede00022101029276313200")
    try packet.withUnsafeBytes { bytes in
      let header = try #require(RTPHeader(bytes))
      #expect(header.payloadBytes == 0)
      let found = ReceivedExtensions(header, in: bytes, numbers: numbers)
      #expect(found.transportSequence == 0x0102)
      #expect(found.mid?.count == 3)
    }
    let plain = written { buffer in
      var writer = RTPHeaderWriter(
        buffer, payloadType: 111, marker: false, sequence: 1, timestamp: 2, ssrc: 3)
      return writer.finish()
    }
    #expect(plain.hex == "806f00010000000200000003")
  }

  @Test("a number given to another extension loses its old meaning")
  func numbers() {
    var numbers = HeaderExtensionNumbers()
    numbers.set(.mid, to: 3)
    numbers.set(.rid, to: 3)
    #expect(numbers[3] == .rid)
    numbers.set(.rid, to: 14)
    #expect(numbers[3] == nil)
    #expect(numbers[14] == .rid)
    #expect(numbers.number(of: .rid) == 14)
    for kind in HeaderExtensionKind.allCases {
      #expect(HeaderExtensionKind(uri: kind.uri) == kind)
    }
  }
}

@Suite("Sequence numbers")
struct SequenceNumberTests {
  @Test("they go on over a wrap, and late ones stay late")
  func wrapping() {
    var unwrapper = SequenceUnwrapper()
    let first = unwrapper.unwrap(65_534)
    #expect(unwrapper.unwrap(65_535) == first + 1)
    #expect(unwrapper.unwrap(1) == first + 3)
    #expect(unwrapper.unwrap(0) == first + 2)
    #expect(unwrapper.unwrap(65_000) == first - 534)
    #expect(unwrapper.highest == first + 3)
  }

  @Test("steps of any size below half the range are followed")
  func longRun() {
    var random = SeededRandom(seed: 5)
    var unwrapper = SequenceUnwrapper()
    var truth = unwrapper.unwrap(17)
    for _ in 0..<100_000 {
      truth += UInt64.random(in: 1..<32_768, using: &random)
      #expect(unwrapper.unwrap(UInt16(truncatingIfNeeded: truth)) == truth)
    }
  }
}
