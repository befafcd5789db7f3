package import OrderedCollections
package import Primitives

/// Lobby, room or direct messages: one thing with different rules of membership.
package struct Channel: Sendable, Codable, Equatable {
  package enum Kind: String, Sendable, Codable {
    /// Everybody is a member; there is one.
    case lobby
    /// Anybody may join and read everything.
    case publicRoom
    /// By invitation; each member sees what came after joining.
    case privateRoom
    /// Two people, for ever.
    case direct
  }

  package let id: ChannelID
  package let kind: Kind
  /// Nil for direct messages.
  package var name: Name?
  /// 1, 2, 3… for rooms; nil for the lobby and direct messages.
  package let number: UInt64?
  package let isClassic: Bool
  package var owner: AccountID?
  package var members: OrderedDictionary<AccountID, Membership> = [:]
  /// The number of messages so far, and so the newest one's.
  package var sequence: UInt64 = 0
  /// The number of events so far.
  package var position: UInt64 = 0
  /// The time of the newest event: no later one is earlier.
  package var lastEventAt: WallTime
  /// The time of the newest message, or of the channel's making.
  package var lastMessageAt: WallTime
  package var isClosed = false
  package var waitingRoom = WaitingRoom.guests
  /// The one that goes on, if any.
  package var meeting: Meeting?
  /// Messages that were deleted, ascending, the newest `Limits.deletionsMax`: nobody has to read them.
  package private(set) var deletions: [UInt64] = []

  /// How many messages there still are to read for who has read this far.
  package func unread(after readThrough: UInt64) -> UInt64 {
    guard readThrough < sequence else { return 0 }
    let gone = deletions.reversed().prefix { $0 > readThrough }.count
    return sequence - readThrough - UInt64(gone)
  }

  mutating func delete(_ sequence: UInt64) {
    guard sequence >= 1, sequence <= self.sequence, !deletions.contains(sequence) else { return }
    let index = deletions.lastIndex { $0 < sequence }.map { $0 + 1 } ?? 0
    deletions.insert(sequence, at: index)
    if deletions.count > Limits.deletionsMax { deletions.removeFirst() }
    // By place: the lobby may have a hundred thousand members.
    for index in members.values.indices where !members.values[index].mentions.isEmpty {
      members.values[index].forget(sequence)
    }
  }

  package var isRoom: Bool { kind == .publicRoom || kind == .privateRoom }

  /// Whether the channel may be read by everybody, members or not.
  package var isOpenToAll: Bool { kind == .lobby || kind == .publicRoom }

  /// What somebody may see: everything after this position and sequence. Nil for nothing. A guest sees
  /// of any channel only what came after they did.
  package func visibility(for reader: Account) -> Visibility? {
    if isOpenToAll, reader.role != .guest { return .everything }
    return members[reader.id]?.visibility
  }
}

/// The part of a channel that a reader may see begins after this.
package struct Visibility: Sendable, Codable, Hashable {
  package var afterPosition: UInt64
  package var afterSequence: UInt64

  package init(afterPosition: UInt64, afterSequence: UInt64) {
    self.afterPosition = afterPosition
    self.afterSequence = afterSequence
  }

  package static let everything = Visibility(afterPosition: 0, afterSequence: 0)
}

package struct Membership: Sendable, Codable, Equatable {
  package var visibility: Visibility
  /// The newest message that the person has seen.
  package var readThrough: UInt64
  /// Unread messages that mention the person, ascending, the newest `Limits.unreadMentionsMax`.
  package var mentions: [UInt64] = []

  mutating func mention(_ sequence: UInt64) {
    if mentions.count == Limits.unreadMentionsMax { mentions.removeFirst() }
    mentions.append(sequence)
  }

  mutating func forget(_ sequence: UInt64) {
    if let index = mentions.firstIndex(of: sequence) { mentions.remove(at: index) }
  }

  mutating func markRead(through sequence: UInt64) {
    readThrough = max(readThrough, sequence)
    mentions.removeAll { $0 <= readThrough }
  }
}

/// Two people in either order.
package struct Pair: Hashable, Sendable, Codable {
  package let lower: AccountID
  package let higher: AccountID

  package init(_ a: AccountID, _ b: AccountID) {
    lower = min(a, b)
    higher = max(a, b)
  }
}
