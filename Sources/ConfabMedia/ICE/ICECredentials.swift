import Primitives
package import STUN

/// The name and the password of one side of an ICE session (RFC 8445 §5.3), as SDP carries them.
package struct ICECredentials: Hashable, Sendable {
  /// RFC 8839 §5.4: at least 4 characters; what we make has 16, so that it cannot be guessed.
  package static let fragmentCharacters: ClosedRange<Int> = 4...256
  package static let passwordCharacters: ClosedRange<Int> = 22...256
  private static let ownFragmentBytes = 12
  private static let ownPasswordBytes = 24

  package let fragment: String
  package let password: String

  /// Nil when they are shorter or longer than ICE allows, or hold a character that it does not.
  package init?(fragment: String, password: String) {
    guard Self.fragmentCharacters.contains(fragment.utf8.count),
      Self.passwordCharacters.contains(password.utf8.count),
      (fragment + password).utf8.allSatisfy(Self.isICECharacter)
    else { return nil }
    self.fragment = fragment
    self.password = password
  }

  package init(using generator: inout some RandomNumberGenerator) {
    fragment = Self.text(Self.ownFragmentBytes, &generator)
    password = Self.text(Self.ownPasswordBytes, &generator)
  }

  package var integrityKey: IntegrityKey { IntegrityKey(password: password.utf8) }

  /// ALPHA / DIGIT / "+" / "/".
  private static func isICECharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: true
    default: false
    }
  }

  /// Base64 whose two last characters are those of ICE, not of links.
  private static func text(
    _ byteCount: Int, _ generator: inout some RandomNumberGenerator
  ) -> String {
    String(
      [UInt8].random(count: byteCount, using: &generator).base64URL.map { character in
        switch character {
        case "-": "+"
        case "_": "/"
        default: character
        }
      })
  }
}
