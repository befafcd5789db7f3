/// An address as a server saw it: what XOR-MAPPED-ADDRESS carries (RFC 8489 §14.2).
package struct MappedAddress: Hashable, Sendable {
  /// 4 bytes for IPv4, 16 for IPv6.
  package let address: [UInt8]
  package let port: UInt16

  /// Nil unless there are 4 or 16 bytes.
  package init?(address: [UInt8], port: UInt16) {
    guard address.count == 4 || address.count == 16 else { return nil }
    self.address = Self.withoutMapping(address)
    self.port = port
  }

  /// Nil when the value is not one, seen in a message with this transaction id.
  package init?(xored value: [UInt8], transaction: [UInt8]) {
    guard value.count == 8 && value[1] == 1 || value.count == 20 && value[1] == 2,
      let port = value.word(at: 2)
    else { return nil }
    let mask = Self.mask(transaction)
    self.init(
      address: zip(value[4...], mask).map { $0 ^ $1 },
      port: port ^ UInt16(STUNMessage.magicCookie >> 16))
  }

  package func xored(transaction: [UInt8]) -> [UInt8] {
    var value: [UInt8] = [0, address.count == 4 ? 1 : 2]
    value.append(word: port ^ UInt16(STUNMessage.magicCookie >> 16))
    return value + zip(address, Self.mask(transaction)).map { $0 ^ $1 }
  }

  /// The cookie and the transaction id, so that address translators that rewrite addresses wherever
  /// they see one leave this alone.
  private static func mask(_ transaction: [UInt8]) -> [UInt8] {
    var mask: [UInt8] = []
    mask.append(long: STUNMessage.magicCookie)
    return mask + transaction
  }

  /// A socket for both families shows an IPv4 peer as `::ffff:a.b.c.d`; the peer is an IPv4 one.
  private static func withoutMapping(_ address: [UInt8]) -> [UInt8] {
    let prefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    return address.count == 16 && address.starts(with: prefix) ? Array(address[12...]) : address
  }
}
