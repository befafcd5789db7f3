import Crypto

/// Message 1 as a datagram, always 1,200 bytes, so that an answer is never longer than what asked for
/// it and a path that carries it carries the smallest packets of the connection (RFC 9000 §14.1).
///
///     long header 12 | length of the message 2 | message | zeros | mac1 16 | mac2 16
package enum InitiationLayout {
  package static let datagramBytes = 1_200
  static let messageStart = LongHeader.byteCount + 2
  static let mac2Start = datagramBytes - HandshakeMAC.byteCount
  static let mac1Start = mac2Start - HandshakeMAC.byteCount
}

/// Message 1 on the side that sends it, over as many paths and as often as it takes. All datagrams of
/// it are the same but for the cookie, which a responder under load hands out for each address that
/// it sees us at.
package struct Initiation: Sendable {
  private let header: LongHeader
  private let body: [UInt8]
  private let mac1: [UInt8]
  private let cookieReplyKey: SymmetricKey

  /// - Parameters:
  ///   - message: what `NoiseInitiator` made.
  ///   - responder: the static public key of the one that it goes to.
  ///   - receiver: the index in the offer.
  ///   - sender: the index in our answer.
  package init(message: [UInt8], to responder: [UInt8], receiver: UInt32, sender: UInt32) {
    precondition(message.count <= NoiseIK.messageBytesMax)
    header = LongHeader(.initiation, receiver: receiver, sender: sender)
    var writer = BlobWriter(header.encoded)
    writer.write(UInt16(message.count))
    writer.write(message)
    writer.pad(to: InitiationLayout.mac1Start)
    body = writer.bytes
    mac1 = HandshakeMAC.code(HandshakeMAC.key(.mac1, of: responder), over: body)
    cookieReplyKey = HandshakeMAC.key(.cookieReply, of: responder)
  }

  /// - Parameter cookie: what a cookie reply on the same path carried, for the time that it is good.
  package func datagram(cookie: Cookie? = nil) -> [UInt8] {
    let signed = body + mac1
    guard let cookie else {
      return signed + [UInt8](repeating: 0, count: HandshakeMAC.byteCount)
    }
    return signed + cookie.mac2(over: signed)
  }

  /// Reads a cookie reply. It answers this message 1 or fails: the key is made from mac1.
  package func cookie(
    fromReply datagram: UnsafeRawBufferPointer
  ) throws(HandshakeError) -> Cookie {
    let reply = try CookieReply(datagram)
    guard reply.header.receiver == header.sender, reply.header.sender == header.receiver else {
      throw .malformed
    }
    return try reply.open(key: cookieReplyKey, mac1: mac1)
  }
}

/// Message 1 on the side that received it, after its guard let it pass.
package struct ReceivedInitiation: Hashable, Sendable {
  package let header: LongHeader
  /// For `NoiseResponder`. The same bytes again are the same message 1 sent again: the answer is the
  /// same message 2.
  package let message: [UInt8]

  /// - Throws: when the datagram has another form. Nothing here is secret, so nothing takes its time.
  init(_ datagram: UnsafeRawBufferPointer) throws(HandshakeError) {
    let header = try LongHeader(datagram)
    guard header.kind == .initiation else { throw .malformed }
    guard datagram.count >= InitiationLayout.datagramBytes else { throw .truncated }
    guard datagram.count <= InitiationLayout.datagramBytes else { throw .oversized }
    let start = InitiationLayout.messageStart
    let count = Int(datagram[start - 2]) << 8 | Int(datagram[start - 1])
    guard count >= NoiseIK.message1OverheadBytes else { throw .truncated }
    guard count <= NoiseIK.messageBytesMax else { throw .oversized }
    self.header = header
    message = Array(datagram[start..<start + count])
  }
}
