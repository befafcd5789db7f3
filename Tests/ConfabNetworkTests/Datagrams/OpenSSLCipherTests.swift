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
        expected.withUnsafeMutableBytes {
          oracle.seal(
            $0.baseAddress!, headerCount: headerCount, payloadCount: payloadCount,
            packetNumber: number)
        }
        var packet = plain
        packet.withUnsafeMutableBytes {
          fast.seal(
            $0.baseAddress!, headerCount: headerCount, payloadCount: payloadCount,
            packetNumber: number)
        }
        #expect(packet == expected)
        // The same context, turned round.
        let opened = packet.withUnsafeMutableBytes {
          fast.open(
            $0.baseAddress!, headerCount: headerCount, payloadCount: payloadCount,
            packetNumber: number)
        }
        #expect(opened)
        #expect(packet.dropLast(16) == plain.dropLast(16))
      }
    }
  }

  @Test func oneWrongBitAnywhereShows() {
    var random = SeededRandom(seed: 3)
    var cipher = OpenSSLCipher(key: .random(count: 32, using: &random))
    var packet = Self.packet(8 + 40, &random)
    packet.withUnsafeMutableBytes {
      cipher.seal($0.baseAddress!, headerCount: 8, payloadCount: 40, packetNumber: 7)
    }
    for bit in 0..<packet.count * 8 {
      var changed = packet
      changed[bit / 8] ^= 1 << (bit % 8)
      let opened = changed.withUnsafeMutableBytes {
        cipher.open($0.baseAddress!, headerCount: 8, payloadCount: 40, packetNumber: 7)
      }
      #expect(!opened)
    }
    // A failure leaves nothing behind: the right packet still opens, under its number only.
    var again = packet
    let wrongNumber = again.withUnsafeMutableBytes {
      cipher.open($0.baseAddress!, headerCount: 8, payloadCount: 40, packetNumber: 8)
    }
    #expect(!wrongNumber)
    let opened = packet.withUnsafeMutableBytes {
      cipher.open($0.baseAddress!, headerCount: 8, payloadCount: 40, packetNumber: 7)
    }
    #expect(opened)
  }

  private static func packet(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
    [UInt8].random(count: count, using: &random) + [UInt8](repeating: 0, count: 16)
  }
}
