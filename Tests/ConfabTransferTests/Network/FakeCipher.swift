import ConfabTransfer

/// Enough of a cipher to show when the wrong key, number or header is used, or a bit was flipped, and
/// fast where nothing is optimised.
struct FakeCipher: PacketCipher, ~Copyable {
  private let key: UInt64

  init(key: [UInt8]) {
    self.key = key.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
  }

  private func mask(_ number: UInt64) -> UInt64 {
    (key ^ (number &* 0x9E37_79B9_7F4A_7C15)) &* 0xBF58_476D_1CE4_E5B9
  }

  /// A sum over all words of header and payload, each turned so that their order counts.
  private func tag(
    _ packet: UnsafeMutableRawPointer, _ count: Int, _ number: UInt64
  ) -> UInt64 {
    var sum = mask(number) &+ UInt64(count)
    var index = 0
    while index + 8 <= count {
      sum =
        (sum ^ packet.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        &* 0x94D0_49BB_1331_11EB
      sum ^= sum >> 29
      index += 8
    }
    while index < count {
      sum =
        (sum ^ UInt64(packet.load(fromByteOffset: index, as: UInt8.self)))
        &* 0x94D0_49BB_1331_11EB
      index += 1
    }
    return sum ^ sum >> 31
  }

  /// The first word only: that the payload cannot be read without the key is another cipher's task.
  private func turn(_ packet: UnsafeMutableRawPointer, _ payloadCount: Int, _ number: UInt64) {
    guard payloadCount > 0 else { return }
    let first = packet.load(as: UInt8.self)
    packet.storeBytes(of: first ^ UInt8(truncatingIfNeeded: mask(number) >> 32), as: UInt8.self)
  }

  mutating func seal(
    _ packet: UnsafeMutableRawPointer, headerCount: Int, payloadCount: Int, packetNumber: UInt64
  ) {
    turn(packet + headerCount, payloadCount, packetNumber)
    let sum = tag(packet, headerCount + payloadCount, packetNumber)
    let place = packet + headerCount + payloadCount
    place.storeBytes(of: sum, as: UInt64.self)
    place.storeBytes(of: ~sum, toByteOffset: 8, as: UInt64.self)
  }

  mutating func open(
    _ packet: UnsafeMutableRawPointer, headerCount: Int, payloadCount: Int, packetNumber: UInt64
  ) -> Bool {
    let sum = tag(packet, headerCount + payloadCount, packetNumber)
    let place = packet + headerCount + payloadCount
    guard place.loadUnaligned(as: UInt64.self) == sum,
      place.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == ~sum
    else { return false }
    turn(packet + headerCount, payloadCount, packetNumber)
    return true
  }
}
