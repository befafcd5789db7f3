import ConfabClient
import ConfabDomain
import ConfabTerminal
import ConfabWire

// What the screen intends, as requests.
extension ChatSession {
  /// People of one channel that are asked for; a screen shows fewer.
  private static let peopleMax = 1_000

  func carryOut(_ intent: ChatIntent) async throws {
    switch intent {
    case .open(let key): try await open(key)
    case .loadOlder(let key, let before, let count):
      try await loadOlder(key, before: before, count: count)
    case .edit(let key, let sequence, let text):
      var edit = WireEdit()
      edit.channel = book.reference(key)
      edit.sequence = UInt64(clamping: sequence)
      edit.text = text
      _ = try await online.request(.edit(edit))
    case .delete(let key, let sequence):
      var delete = WireDelete()
      delete.channel = book.reference(key)
      delete.sequence = UInt64(clamping: sequence)
      _ = try await online.request(.delete(delete))
    case .react(let key, let sequence, let emoji): try await react(key, sequence, emoji)
    case .command(let command, let key): try await perform(command, in: key)
    case .send, .markRead, .listFiles, .ring, .quit, .signOut, .redraw: break
    }
  }

  /// The same emoji once more takes it back.
  private func react(_ key: String, _ sequence: Int, _ emoji: String) async throws {
    var react = WireReact()
    react.channel = book.reference(key)
    react.sequence = UInt64(clamping: sequence)
    react.emoji = emoji
    react.remove = book.reaction(emoji, on: sequence, in: key)?.isMine ?? false
    _ = try await online.request(.react(react))
  }

  // MARK: Pages

  private func open(_ key: String) async throws {
    // Without a connection there is nothing to say: with the next one the channel is opened again.
    guard let link else { return }
    do {
      let (messages, hasOlder) = try await newest(
        ChatLimits.historyPageMessages, of: key, before: nil, over: link)
      await emit(.page(channel: key, messages, hasOlder: hasOlder))
      try await tellPeople(of: key)
    } catch is ConnectionError {
    }
  }

  private func loadOlder(_ key: String, before: Int, count: Int) async throws {
    do {
      let (messages, hasOlder) = try await newest(count, of: key, before: before, over: online)
      await emit(.page(channel: key, messages, hasOlder: hasOlder))
    } catch {
      // The screen waits for a page, and may ask again.
      await emit(.page(channel: key, [], hasOlder: true))
      throw error
    }
  }

  /// The server fills its frames, so one page may take several.
  private func newest(
    _ count: Int, of key: String, before: Int?, over link: any ChatLink
  ) async throws -> (messages: [ChatMessage], hasOlder: Bool) {
    var request = WireReadMessages()
    request.channel = book.reference(key)
    if let before { request.beforeSequence = UInt64(clamping: before) }
    var messages: [ChatMessage] = []
    while true {
      request.limit = UInt32(clamping: count - messages.count)
      let page = try await link.messages(request)
      messages = book.took(page) + messages
      guard page.more, messages.count < count, let oldest = page.messages.first else {
        return (messages, page.more)
      }
      request.beforeSequence = oldest.sequence
    }
  }

  func people(of key: String) async throws -> [Person] {
    var names: [String]
    if key.hasPrefix("@") {
      // The conversation may not have begun: then the server has no list of who is in it.
      let other = String(key.dropFirst())
      names = other.lowercased() == account.lowercased() ? [account] : [account, other]
    } else {
      names = try await online.members(of: book.reference(key), atMost: Self.peopleMax).map(\.name)
    }
    if names.count > Self.peopleMax { names = Array(names.prefix(Self.peopleMax)) }
    return names.map { Person(name: $0, activeSince: book.activeSince($0)) }
  }
}
