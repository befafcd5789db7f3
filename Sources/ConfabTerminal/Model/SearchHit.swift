package import Primitives

/// A message that a search found, with the words around the match.
package struct SearchHit: Hashable, Sendable {
  package struct Piece: Hashable, Sendable {
    package var text: String
    package var isMatch: Bool

    package init(_ text: String, isMatch: Bool = false) {
      self.text = text
      self.isMatch = isMatch
    }
  }

  package var channel: String
  package var sequence: Int
  package var from: String
  package var at: WallTime
  package var snippet: [Piece]

  package init(channel: String, sequence: Int, from: String, at: WallTime, snippet: [Piece]) {
    self.channel = channel
    self.sequence = sequence
    self.from = from
    self.at = at
    self.snippet = snippet
  }
}
