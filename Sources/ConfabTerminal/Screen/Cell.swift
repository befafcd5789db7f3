/// One column of a screen.
package struct Cell: Hashable, Sendable {
  /// A character cluster without control characters; nil in the second column of a wide one.
  package var character: Character?
  package var style: Style

  package init(_ character: Character?, style: Style = .plain) {
    self.character = character
    self.style = style
  }

  package static let blank = Cell(" ")
}
