/// How a cell looks. Meaning never hangs on colour alone: a terminal may have none.
package struct Style: Hashable, Sendable {
  package var bold = false
  package var dim = false
  package var reverse = false
  /// Nil is the terminal's own colour.
  package var colour: Colour?

  package init(
    bold: Bool = false, dim: Bool = false, reverse: Bool = false, colour: Colour? = nil
  ) {
    self.bold = bold
    self.dim = dim
    self.reverse = reverse
    self.colour = colour
  }

  package static let plain = Style()
  package static let strong = Style(bold: true)
  package static let faint = Style(dim: true)
}

/// The six colours that are legible on light and on dark backgrounds, by their SGR number.
package enum Colour: UInt8, Hashable, Sendable, CaseIterable {
  case red = 31
  case green = 32
  case yellow = 33
  case blue = 34
  case magenta = 35
  case cyan = 36

  /// The same name has the same colour everywhere and always (FNV-1a over its lower-case letters).
  package static func forName(_ name: String) -> Colour {
    var hash: UInt32 = 2_166_136_261
    for byte in name.lowercased().utf8 {
      hash = (hash ^ UInt32(byte)) &* 16_777_619
    }
    // Red is kept for what went wrong.
    let colours = allCases.dropFirst()
    return colours[colours.startIndex + Int(hash >> 8) % colours.count]
  }
}
