/// What is wrong with a message of the handshake. It is the peer's mistake, or somebody else's
/// forgery: whoever reads drops the datagram and waits on, as if it had not come.
package enum HandshakeError: Error, Hashable, Sendable {
  /// Fewer bytes than its kind has at least, or than it says.
  case truncated
  /// More bytes than its kind may have.
  case oversized
  /// Not the kind, version or form that it should be.
  case malformed
  /// A public key with which the shared secret is zero, whatever the private key (RFC 7748 §6.1).
  case keyUnfit
  /// Somebody with another static key than the one that the answer named.
  case strangerKey
  /// Made with other keys, for another offer, or changed on the way.
  case forged
}
