package import Primitives

/// What stands in a channel from top to bottom: messages in order of their sequence, the program's
/// notices where they appeared, own unsent messages at the end.
package struct Timeline: Hashable, Sendable {
  package struct Entry: Hashable, Sendable, Identifiable {
    /// Never used twice in a channel; a position on show names it.
    package let id: Int
    package var content: Content
  }

  package enum Content: Hashable, Sendable {
    case message(ChatMessage)
    case unsent(UnsentMessage)
    case notice(Notice, at: WallTime)
  }

  package private(set) var entries: [Entry] = []
  /// The server has messages before the first one here.
  package var hasOlder = true
  private var nextID = 0

  package init() {}

  package var firstSequence: Int? { entries.lazy.compactMap(\.sequence).first }
  package var lastSequence: Int? { entries.lazy.reversed().compactMap(\.sequence).first }

  package func message(_ sequence: Int) -> ChatMessage? {
    guard let index = index(of: sequence), case .message(let message) = entries[index].content
    else { return nil }
    return message
  }

  package func index(ofEntry id: Int) -> Int? {
    entries.firstIndex { $0.id == id }
  }

  // MARK: Changes

  /// Puts a message in its place, or in the place of what is known of it.
  package mutating func insert(_ message: ChatMessage) {
    if let index = index(of: message.sequence) {
      entries[index].content = .message(message)
      return
    }
    // Nearly always it is the newest: the search begins at the end.
    let before = entries.lastIndex { ($0.sequence ?? .max) < message.sequence }
    let isNewest = message.sequence > (lastSequence ?? 0)
    let index = isNewest ? firstUnsent : (before ?? -1) + 1
    entries.insert(entry(.message(message)), at: index)
  }

  /// Older messages, in any order; those that are here already are replaced.
  package mutating func insertPage(_ page: [ChatMessage]) {
    for message in page.sorted(by: { $0.sequence > $1.sequence }) {
      guard let first = firstSequence, message.sequence < first else {
        insert(message)
        continue
      }
      // Notices before the first message are older news than the page.
      let index = entries.firstIndex { $0.sequence != nil } ?? 0
      entries.insert(entry(.message(message)), at: index)
    }
  }

  package mutating func change(_ sequence: Int, _ body: (inout ChatMessage) -> Void) {
    guard let index = index(of: sequence), case .message(var message) = entries[index].content
    else { return }
    body(&message)
    entries[index].content = .message(message)
  }

  package mutating func add(_ notice: Notice, at time: WallTime) {
    entries.insert(entry(.notice(notice, at: time)), at: firstUnsent)
  }

  package mutating func add(_ unsent: UnsentMessage) {
    entries.append(entry(.unsent(unsent)))
  }

  package mutating func removeUnsent(_ localID: Int) -> UnsentMessage? {
    guard let index = index(ofUnsent: localID), case .unsent(let unsent) = entries[index].content
    else { return nil }
    entries.remove(at: index)
    return unsent
  }

  package mutating func failUnsent(_ localID: Int, reason: String) {
    guard let index = index(ofUnsent: localID), case .unsent(var unsent) = entries[index].content
    else { return }
    unsent.failure = reason
    entries[index].content = .unsent(unsent)
  }

  /// Drops the oldest entries; what the server has can be asked for again.
  package mutating func trim(to count: Int) {
    guard entries.count > count else { return }
    let dropped = entries.prefix(entries.count - count)
    if dropped.contains(where: { $0.sequence != nil }) { hasOlder = true }
    entries.removeFirst(dropped.count)
  }

  /// Forgets all messages that the server has: what is known has no end next to what comes.
  package mutating func removeMessages() {
    entries.removeAll { $0.sequence != nil }
    hasOlder = true
  }

  package var unsentCount: Int { entries.count - firstUnsent }

  // MARK: Where things are

  private mutating func entry(_ content: Content) -> Entry {
    defer { nextID += 1 }
    return Entry(id: nextID, content: content)
  }

  private var firstUnsent: Int {
    (entries.lastIndex { !$0.isUnsent } ?? -1) + 1
  }

  private func index(of sequence: Int) -> Int? {
    entries.lastIndex { $0.sequence == sequence }
  }

  private func index(ofUnsent localID: Int) -> Int? {
    entries.lastIndex { entry in
      if case .unsent(let unsent) = entry.content { unsent.localID == localID } else { false }
    }
  }
}

extension Timeline.Entry {
  package var sequence: Int? {
    if case .message(let message) = content { message.sequence } else { nil }
  }

  var isUnsent: Bool {
    if case .unsent = content { true } else { false }
  }

  /// When it was said.
  var at: WallTime {
    switch content {
    case .message(let message): message.at
    case .unsent(let unsent): unsent.at
    case .notice(_, let time): time
    }
  }
}
