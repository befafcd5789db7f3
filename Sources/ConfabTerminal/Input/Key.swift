/// One thing that a person did on the keyboard.
package enum Key: Hashable, Sendable {
  /// A printable character, or a part of a cluster that arrives in parts.
  case text(Unicode.Scalar)
  /// Pasted text as it was, line ends made `\n`.
  case paste(String)
  case enter
  /// Alt-Enter or Ctrl-J: a line end inside the message.
  case newline
  case tab
  case backTab
  case backspace
  case delete
  case escape
  case up
  case down
  case left
  case right
  case home
  case end
  case pageUp
  case pageDown
  case altUp
  case altDown
  /// Alt or Ctrl with an arrow: by words.
  case wordLeft
  case wordRight
  /// Alt-Backspace.
  case wordBackspace
  /// A lower-case letter held with Ctrl.
  case control(Character)
  /// A character typed with Alt, or after Escape.
  case alt(Unicode.Scalar)
}
