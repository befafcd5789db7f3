package import ConfabTerminal
package import ConfabWire
import Primitives

// What the wire says, in the words of the screen.

extension ChannelSummary {
  package init(_ info: WireChannelInfo) {
    self.init(
      key: info.label, kind: Kind(info.kind), unread: Int(clamping: info.unread),
      mentions: Int(clamping: info.mentions), readThrough: Int(clamping: info.readThrough),
      isClosed: info.closed)
  }
}

extension ChannelSummary.Kind {
  package init(_ kind: WireChannelKind) {
    switch kind {
    case .lobby: self = .lobby
    case .public: self = .publicRoom
    case .direct: self = .direct
    case .private, .unspecified, .UNRECOGNIZED: self = .privateRoom
    }
  }
}

extension ChatMessage {
  package init(_ message: WireMessage, account: String) {
    self.init(
      sequence: Int(clamping: message.sequence), from: message.from,
      at: WallTime(millisecondsSinceEpoch: message.at), text: message.text,
      isEdited: message.editedAt > 0, isDeleted: message.deleted,
      replyTo: message.replyTo == 0 ? nil : Int(clamping: message.replyTo),
      reactions: message.reactions.map { Reaction($0, account: account) })
  }
}

extension Reaction {
  package init(_ reaction: WireReaction, account: String) {
    self.init(
      emoji: reaction.emoji, count: Int(reaction.count),
      isMine: reaction.names.contains(account))
  }
}

extension ConfabTerminal.SearchHit {
  package init(_ hit: WireSearchHit) {
    self.init(
      channel: hit.label, sequence: Int(clamping: hit.message.sequence), from: hit.message.from,
      at: WallTime(millisecondsSinceEpoch: hit.message.at),
      snippet: hit.pieces.map { Piece($0.text, isMatch: $0.isMatch) })
  }
}
