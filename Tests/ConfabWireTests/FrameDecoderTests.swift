import ConfabDomain
import ConfabWire
import Primitives
import Testing

@Suite struct FrameDecoderTests {
  @Test(arguments: 1...50) func cutsTheSameFramesHoweverTheBytesCome(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let payloads = (0..<40).map { _ in
      [UInt8].random(count: Int.random(in: 0...3_000, using: &random), using: &random)
    }
    let stream = payloads.flatMap { framed($0) }
    var decoder = FrameDecoder()
    var decoded: [[UInt8]] = []
    var index = 0
    while index < stream.count {
      let end = min(stream.count, index + Int.random(in: 0...4_000, using: &random))
      decoder.append(stream[index..<end])
      index = end
      while let payload = try decoder.next() { decoded.append(payload) }
    }
    #expect(decoded == payloads)
    #expect(decoder.bufferedBytes == 0)
  }

  @Test func takesTheLongestFrameAndNoLonger() throws {
    var decoder = FrameDecoder()
    decoder.append(framed([UInt8](repeating: 5, count: WireLimits.frameBytesMax)))
    #expect(try decoder.next()?.count == WireLimits.frameBytesMax)
    decoder.append(framed([UInt8](repeating: 5, count: WireLimits.frameBytesMax + 1)))
    #expect(decoder.bufferedBytes == 0)
    let violation = #expect(throws: ProtocolViolation.self) { try decoder.next() }
    #expect(violation?.code == .frameTooLong)
  }

  @Test(arguments: [UInt32.max, 1 << 31, 1_048_576, 65_537])
  func refusesALongLengthBeforeAnyOfTheFrame(length: UInt32) {
    var decoder = FrameDecoder()
    decoder.append([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) })
    let violation = #expect(throws: ProtocolViolation.self) { try decoder.next() }
    #expect(violation?.code == .frameTooLong)
    for _ in 0..<100 { decoder.append([UInt8](repeating: 0, count: 10_000)) }
    #expect(decoder.bufferedBytes == 0)
    #expect(throws: ProtocolViolation.self) { try decoder.next() }
  }

  @Test func strangersHaveLess() {
    var decoder = FrameDecoder(bytesMax: WireLimits.preSignInBytesMax)
    decoder.append(framed([UInt8](repeating: 5, count: WireLimits.preSignInBytesMax + 1)))
    let violation = #expect(throws: ProtocolViolation.self) { try decoder.next() }
    #expect(violation?.code == .signInTimeout)
  }

  private func framed(_ payload: [UInt8]) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: payload.count >> $0) } + payload
  }
}
