/// Message 2 as a datagram: long header 12 | message | mac1 16, keyed by the initiator's static key.
///
/// The header is outside of what Noise protects: its indices are compared with those in offer and
/// answer, which the prologue binds.
package enum Response {
  static let bytesMin =
    LongHeader.byteCount + NoiseIK.message2OverheadBytes + HandshakeMAC.byteCount
  /// No longer than what it answers: a responder never amplifies (RFC 9000 §8.1 allows threefold).
  package static let bytesMax = InitiationLayout.datagramBytes

  /// - Parameters:
  ///   - message: what `NoiseResponder` made.
  ///   - initiator: the static public key of the one that it goes to.
  ///   - receiver: the sender's index in the initiation.
  package static func datagram(
    message: [UInt8], to initiator: [UInt8], receiver: UInt32, sender: UInt32
  ) -> [UInt8] {
    let body = LongHeader(.response, receiver: receiver, sender: sender).encoded + message
    precondition(body.count + HandshakeMAC.byteCount <= bytesMax)
    return body + HandshakeMAC.code(HandshakeMAC.key(.mac1, of: initiator), over: body)
  }

  /// The message in a datagram, checked before any Diffie-Hellman.
  ///
  /// - Parameter ownStatic: the initiator's static public key.
  package static func read(
    _ datagram: UnsafeRawBufferPointer, ownStatic: [UInt8]
  ) throws(HandshakeError) -> (header: LongHeader, message: [UInt8]) {
    let header = try LongHeader(datagram)
    guard header.kind == .response else { throw .malformed }
    guard datagram.count >= bytesMin else { throw .truncated }
    guard datagram.count <= bytesMax else { throw .oversized }
    let end = datagram.count - HandshakeMAC.byteCount
    let code = HandshakeMAC.code(
      HandshakeMAC.key(.mac1, of: ownStatic),
      over: UnsafeRawBufferPointer(rebasing: datagram[..<end]))
    guard HandshakeMAC.isSame(code, datagram[end...]) else { throw .forged }
    return (header, Array(datagram[LongHeader.byteCount..<end]))
  }
}
