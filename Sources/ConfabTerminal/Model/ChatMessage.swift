package import Primitives

/// A message as the reader sees it.
package struct ChatMessage: Hashable, Sendable {
  package var sequence: Int
  package var from: String
  package var at: WallTime
  package var text: String
  package var isEdited: Bool
  /// Its text is gone; the number stays.
  package var isDeleted: Bool
  /// The message of the same channel that this one answers.
  package var replyTo: Int?
  package var reactions: [Reaction]

  package init(
    sequence: Int, from: String, at: WallTime, text: String, isEdited: Bool = false,
    isDeleted: Bool = false, replyTo: Int? = nil, reactions: [Reaction] = []
  ) {
    self.sequence = sequence
    self.from = from
    self.at = at
    self.text = text
    self.isEdited = isEdited
    self.isDeleted = isDeleted
    self.replyTo = replyTo
    self.reactions = reactions
  }
}

package struct Reaction: Hashable, Sendable {
  package var emoji: String
  package var count: Int
  /// Whether oneself is among them.
  package var isMine: Bool

  package init(emoji: String, count: Int, isMine: Bool) {
    self.emoji = emoji
    self.count = count
    self.isMine = isMine
  }
}

/// An own message that the server has not confirmed.
package struct UnsentMessage: Hashable, Sendable {
  /// Names the message between core and shell until it has a sequence.
  package var localID: Int
  package var at: WallTime
  package var text: String
  package var replyTo: Int?
  /// Why it will not be sent; nil while it waits.
  package var failure: String?

  package init(
    localID: Int, at: WallTime, text: String, replyTo: Int? = nil, failure: String? = nil
  ) {
    self.localID = localID
    self.at = at
    self.text = text
    self.replyTo = replyTo
    self.failure = failure
  }
}
