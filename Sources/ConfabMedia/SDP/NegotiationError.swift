/// Why a description was refused. The text says what was wrong, for the log and the client's author.
package enum NegotiationError: Error, Hashable, Sendable {
  /// Not a session description as RFC 8866 has it.
  case malformed(String)
  /// Larger than any browser's.
  case tooLarge
  /// It lacks what every media section needs: ICE credentials, a SHA-256 fingerprint, RTCP on the same
  /// port, one bundle.
  case unsupported(String)
  /// It does not answer what we offered.
  case mismatched(String)
}
