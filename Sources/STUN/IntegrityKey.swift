import Crypto

/// What both sides know, to prove by MESSAGE-INTEGRITY that a message is from one of them
/// (RFC 8489 §14.5): a password used as it is, the short-term kind.
package struct IntegrityKey: Sendable {
  /// Type, length and value.
  static let attributeBytes = 24
  private static let codeBytes = 20

  private let key: SymmetricKey

  package init(password: some Sequence<UInt8>) {
    key = SymmetricKey(data: Array(password))
  }

  /// - Parameter bytes: the message up to the attribute, its length counting the attribute.
  func code(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    Array(HMAC<Insecure.SHA1>.authenticationCode(for: bytes, using: key))
  }

  /// Whether the message carries the code that only this key makes. The time it takes tells nothing
  /// about how much of a wrong code was right.
  ///
  /// - Parameter message: the bytes of what `STUNMessage` could read.
  package func authenticates(_ message: [UInt8]) -> Bool {
    var index = STUNMessage.headerBytes
    while let type = message.word(at: index), let length = message.word(at: index + 2) {
      guard type == AttributeType.messageIntegrity else {
        index += 4 + (Int(length) + 3) & ~3
        continue
      }
      guard Int(length) == Self.codeBytes, index + Self.attributeBytes <= message.count else {
        return false
      }
      var covered = Array(message[..<index])
      covered.set(word: UInt16(index - STUNMessage.headerBytes + Self.attributeBytes), at: 2)
      let code = message[(index + 4)..<(index + Self.attributeBytes)]
      return HMAC<Insecure.SHA1>.isValidAuthenticationCode(
        Array(code), authenticating: covered, using: key)
    }
    return false
  }
}
