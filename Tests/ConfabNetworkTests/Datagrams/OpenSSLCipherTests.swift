import ConfabNetwork
import ConfabTransfer
import Primitives
import Testing

/// The fast cipher against the one that everybody trusts.
@Suite struct OpenSSLCipherTests {
  private static let numbers: [UInt64] = [0, 1, 0xFFFF_FFFF, 0x1_0000_0000, .max - 1]

  @Test(arguments: [0, 1, 15, 16, 17, 1_442, 9_000, 65_507 - 24])
  func bytesAreTheSame(payloadCount: Int) {
    var random = SeededRandom(seed: UInt64(payloadCount))
    let key = [UInt8].random(count: PacketCipherSizes.keyBytes, using: &random)
    var fast = OpenSSLCipher(key: key)
    var oracle = CryptoPacketCipher(key: key)
    for headerCount in [1, 8, 16] {
      for number in Self.numbers {
        let plain = Self.packet(headerCount + payloadCount, &random)
        var expected = plain
        oracle.seal(&expected, headerCount: headerCount, number: number)
        var packet = plain
        fast.seal(&packet, headerCount: headerCount, number: number)
        #expect(packet == expected)
        // The same context, turned round.
        let opened = fast.open(&packet, headerCount: headerCount, number: number)
        #expect(opened)
        #expect(packet.dropLast(16) == plain.dropLast(16))
        let openedByOracle = oracle.open(&expected, headerCount: headerCount, number: number)
        #expect(openedByOracle)
        #expect(expected.dropLast(16) == plain.dropLast(16))
      }
    }
  }

  @Test func oneWrongBitAnywhereShows() {
    var random = SeededRandom(seed: 3)
    var cipher = OpenSSLCipher(key: .random(count: 32, using: &random))
    var packet = Self.packet(8 + 40, &random)
    cipher.seal(&packet, headerCount: 8, number: 7)
    for bit in 0..<packet.count * 8 {
      var changed = packet
      changed[bit / 8] ^= 1 << (bit % 8)
      let opened = cipher.open(&changed, headerCount: 8, number: 7)
      #expect(!opened)
    }
    // A failure leaves nothing behind: the right packet still opens, under its number only.
    var again = packet
    let wrongNumber = cipher.open(&again, headerCount: 8, number: 8)
    #expect(!wrongNumber)
    let opened = cipher.open(&packet, headerCount: 8, number: 7)
    #expect(opened)
  }

  private static func packet(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
    [UInt8].random(count: count, using: &random) + [UInt8](repeating: 0, count: 16)
  }
}

extension PacketCipher where Self: ~Copyable {
  fileprivate mutating func seal(_ packet: inout [UInt8], headerCount: Int, number: UInt64) {
    let payloadCount = packet.count - headerCount - PacketCipherSizes.tagBytes
    packet.withUnsafeMutableBytes {
      guard let start = $0.baseAddress else { return }
      seal(start, headerCount: headerCount, payloadCount: payloadCount, packetNumber: number)
    }
  }

  fileprivate mutating func open(
    _ packet: inout [UInt8], headerCount: Int, number: UInt64
  ) -> Bool {
    let payloadCount = packet.count - headerCount - PacketCipherSizes.tagBytes
    return packet.withUnsafeMutableBytes {
      guard let start = $0.baseAddress else { return false }
      return open(
        start, headerCount: headerCount, payloadCount: payloadCount, packetNumber: number)
    }
  }
}
