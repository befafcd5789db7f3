/// What the three datagrams of a handshake begin with.
///
///     kind 1 | version 1 | reserved 2, zero | receiver's index 4 | sender's index 4
///
/// The first byte lies within 64…127, which tells these from STUN, DTLS and RTP on the same socket
/// (RFC 7983 §7). Numbers are in network byte order, as everywhere here.
package struct LongHeader: Hashable, Sendable {
  package enum Kind: UInt8, CaseIterable, Sendable {
    /// Message 1, from the recipient of the files.
    case initiation = 0x40
    /// Message 2, from the presenter.
    case response = 0x41
    /// Instead of message 2: come again with this cookie.
    case cookieReply = 0x42
  }

  package static let byteCount = 12
  package static let version: UInt8 = 1

  package var kind: Kind
  /// Which connection this is for whom it goes to.
  package var receiver: UInt32
  /// What the other side shall write as the receiver.
  package var sender: UInt32

  package init(_ kind: Kind, receiver: UInt32, sender: UInt32) {
    self.kind = kind
    self.receiver = receiver
    self.sender = sender
  }

  package init(_ datagram: UnsafeRawBufferPointer) throws(HandshakeError) {
    guard datagram.count >= Self.byteCount else { throw .truncated }
    guard let kind = Kind(rawValue: datagram[0]), datagram[1] == Self.version,
      datagram[2] == 0, datagram[3] == 0
    else { throw .malformed }
    self.kind = kind
    receiver = UInt32(bigEndian: datagram.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    sender = UInt32(bigEndian: datagram.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
  }

  package var encoded: [UInt8] {
    var writer = BlobWriter()
    writer.write(kind.rawValue)
    writer.write(Self.version)
    writer.write(UInt16(0))
    writer.write(receiver)
    writer.write(sender)
    return writer.bytes
  }
}
