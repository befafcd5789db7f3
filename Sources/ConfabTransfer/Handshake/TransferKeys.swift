import Crypto

/// One side's two keys of a connection, 32 bytes each.
package struct TransferKeys: Hashable, Sendable {
  package var send: [UInt8]
  package var receive: [UInt8]

  package init(send: [UInt8], receive: [UInt8]) {
    self.send = send
    self.receive = receive
  }

  /// The keys of the next phase. Packet numbers go on; nobody who finds these learns the old ones.
  package func next() -> TransferKeys {
    TransferKeys(send: Self.next(after: send), receive: Self.next(after: receive))
  }

  /// REKEY of Noise revision 34 §4.2: 32 zero bytes encrypted under the last nonce, 2^64−1, which
  /// no packet may have; the tag is left out.
  package static func next(after key: [UInt8]) -> [UInt8] {
    let zeros = [UInt8](repeating: 0, count: PacketCipherSizes.keyBytes)
    return Array(
      AEAD.seal(
        zeros, key: SymmetricKey(data: key), number: .max, authenticating: []
      ).prefix(PacketCipherSizes.keyBytes))
  }
}

/// When a side moves on to its next key: whichever comes first.
package enum KeyUpdateSchedule {
  /// Half of the 2^23 packets that RFC 9001 §6.6 and appendix B.1 allow AES-GCM with packets of up to
  /// 2^16 bytes, so that a side that is late by a whole round is still within them.
  package static let packetsMax: UInt64 = 1 << 22
  /// Where the other side does not follow, so that the next key may not be used, the connection ends
  /// after so many: the 2^23 of RFC 9001 themselves.
  package static let packetsEnd: UInt64 = 1 << 23
  /// REKEY-AFTER-TIME of WireGuard (Donenfeld, NDSS 2017, §6.1): a stolen key opens little.
  package static let periodMax: Duration = .seconds(120)
  /// Packets that may fail to open, with all keys together, before the connection ends: the integrity
  /// limit of AES-GCM (RFC 9001 §6.6 and appendix B.1).
  package static let forgeriesMax: UInt64 = 1 << 52
}
