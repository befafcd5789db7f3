/// A name that an account or a room may have: 1 to 32 ASCII letters, digits, `-`, `_`, `.`.
///
/// Nothing outside ASCII, so that no two names look alike and none hides control characters.
package struct Name: Hashable, Sendable, Codable, CustomStringConvertible {
  /// As typed when it was made.
  package let text: String
  /// What makes it unique: the same without regard to case.
  package let folded: String

  package init(_ text: String) throws(Rejection) {
    guard !text.isEmpty else {
      throw Rejection(.nameInvalid, "A name needs at least one character.")
    }
    guard text.utf8.count <= Limits.nameBytesMax else {
      throw Rejection(.nameInvalid, "A name has at most \(Limits.nameBytesMax) characters.")
    }
    guard text.utf8.allSatisfy(Self.isAllowed) else {
      throw Rejection(
        .nameInvalid, "A name may hold only the letters a to z, digits, '-', '_' and '.'.")
    }
    self.text = text
    folded = text.lowercased()
  }

  /// A room's name besides must not be a number, which names rooms too, nor be the lobby's.
  package static func room(_ text: String) throws(Rejection) -> Name {
    let bare = text.hasPrefix("#") ? String(text.dropFirst()) : text
    let name = try Name(bare)
    guard name.folded != "lobby" else {
      throw Rejection(.nameTaken, "The name lobby belongs to the channel of everybody.")
    }
    guard !name.text.utf8.allSatisfy({ (48...57).contains($0) }) else {
      throw Rejection(
        .nameInvalid, "A room's name needs a letter: a number alone means the room's number.")
    }
    return name
  }

  /// A person's name as typed, with or without `@`.
  package static func person(_ text: String) throws(Rejection) -> Name {
    try Name(text.hasPrefix("@") ? String(text.dropFirst()) : text)
  }

  /// Ends a guest's name, perhaps with a number behind it.
  package static let guestMark = "-guest"

  /// Whether somebody with this name could be taken for a guest.
  package var looksLikeGuest: Bool {
    var rest = folded[...]
    while let last = rest.utf8.last, (48...57).contains(last) { rest.removeLast() }
    return rest.hasSuffix(Self.guestMark) || rest.hasSuffix(Self.guestMark + "-")
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, 45, 46, 95: true
    default: false
    }
  }

  package static func == (a: Name, b: Name) -> Bool { a.folded == b.folded }
  package func hash(into hasher: inout Hasher) { hasher.combine(folded) }
  package var description: String { text }
}
