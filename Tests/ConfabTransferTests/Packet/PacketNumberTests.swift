import ConfabTransfer
import Primitives
import Testing

@Suite("Packet numbers")
struct PacketNumberTests {
  @Test("the nearest number with the same low bits is meant")
  func nearest() {
    // The example of RFC 9000 appendix A.3, for 24 bits.
    #expect(PacketNumber.expand(0x9B32, expected: 0xA82F_30EB) == 0xA800_9B32)
    #expect(PacketNumber.expand(0xFF_FFFF, expected: 0x0100_0000) == 0x00FF_FFFF)
    #expect(PacketNumber.expand(0x00_0001, expected: 0x00FF_FFFF) == 0x0100_0001)
    #expect(PacketNumber.expand(0xFF_FFFF, expected: 0) == 0xFF_FFFF)
  }

  @Test("every number within half the window of the expected one survives the trip")
  func roundTrip() {
    var chance = SeededRandom(seed: 4)
    for _ in 0..<20_000 {
      let expected = chance.next() >> UInt64.random(in: 2..<64, using: &chance)
      let half: UInt64 = 1 << 23
      let number = UInt64.random(
        in: (expected > half ? expected - half + 1 : 0)...(expected + half - 1), using: &chance)
      let found = PacketNumber.expand(PacketNumber.truncate(number), expected: expected)
      #expect(found == number)
      guard found == number else { return }
    }
  }

  @Test("the short header is eight bytes, big-endian")
  func header() {
    var bytes = [UInt8](repeating: 0, count: 24)
    bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      ShortHeader(keyPhase: true, receiver: 0x0A0B_0C0D, truncatedNumber: 0x01_0203).write(to: base)
    }
    #expect(bytes.prefix(8).hex == "610a0b0c0d010203")
    let header = bytes.withUnsafeBytes { ShortHeader($0) }
    #expect(
      header == ShortHeader(keyPhase: true, receiver: 0x0A0B_0C0D, truncatedNumber: 0x01_0203))
    #expect(bytes.prefix(23).withUnsafeBytes { ShortHeader($0) } == nil)
    bytes[0] = 0x62
    #expect(bytes.withUnsafeBytes { ShortHeader($0) } == nil)
  }
}
