/// Words of the program itself between the messages: a result, a hint, an error.
package struct Notice: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case information
    case error
    /// What a command found.
    case output
  }

  package var kind: Kind
  package var lines: [StyledLine]

  package init(_ kind: Kind, _ text: String) {
    let lines = ControlCharacters.escaped(text).split(
      separator: "\n", omittingEmptySubsequences: false)
    self.init(kind, lines: lines.map { StyledLine(String($0)) })
  }

  package init(_ kind: Kind, lines: [StyledLine]) {
    self.kind = kind
    self.lines = Array(lines.prefix(ChatLimits.noticeLinesMax))
  }
}
