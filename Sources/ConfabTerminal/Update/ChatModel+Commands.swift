import Primitives

extension ChatModel {
  /// Enter: a line that cannot be carried out stays in the input, to be mended. The next letter takes the
  /// place of a command, for whoever goes on without looking; the arrow brings it back.
  mutating func enter() -> [ChatIntent] {
    let line = input.text
    guard line.contains(where: { !$0.isWhitespace }) else {
      scrollToNewest()
      return []
    }
    history.stopBrowsing()
    do {
      let command = try ChatCommand.parse(line, offsetSeconds: zone.offsetShowing)
      // Carrying it out may show another channel with a draft of its own.
      _ = input.take()
      guard let intents = perform(command) else {
        input.replace(with: line)
        keepRefused(line)
        return []
      }
      history.add(line)
      return intents
    } catch {
      tell(.error, error.description)
      keepRefused(line)
      return []
    }
  }

  private mutating func keepRefused(_ line: String) {
    if case .say? = try? ChatCommand.parse(line, offsetSeconds: zone.offsetShowing) { return }
    history.add(line)
    isInputRefused = true
  }

  /// - Returns: nil when it cannot be carried out, which has been told.
  private mutating func perform(_ command: ChatCommand) -> [ChatIntent]? {
    switch command {
    case .say(let text): return send(text, to: currentKey)
    case .reply(let sequence, let text): return send(text, to: currentKey, replyTo: sequence)
    case .message(let person, let text):
      let shown = show(person)
      guard let text else { return shown }
      guard let sent = send(text, to: person) else {
        // The conversation is open by now: the words alone are left to be mended.
        input.replace(with: text)
        return shown
      }
      return shown + sent
    case .edit(let sequence, let text):
      guard isOwn(sequence), fits(text) else { return nil }
      return [.edit(channel: currentKey, sequence: sequence, text: text)]
    case .delete(let sequence):
      guard isOwn(sequence) else { return nil }
      return [.delete(channel: currentKey, sequence: sequence)]
    case .react(let sequence, let emoji):
      return [.react(channel: currentKey, sequence: sequence, emoji: emoji)]
    case .history(let count): return loadOlder(count: count)
    case .unread: tellUnread()
    case .help(let name): return help(about: name)
    case .quit: return leave(.quit)
    case .classic(.signOut): return leave(.signOut)
    default: return [.command(command, channel: currentKey)]
    }
    return []
  }

  /// The server decides about a message that is not known here.
  private mutating func isOwn(_ sequence: Int) -> Bool {
    guard let message = current?.timeline.message(sequence) else { return true }
    if message.isDeleted {
      tell(.error, "Message \(sequence) is deleted already.")
      return false
    }
    if message.from == account { return true }
    tell(.error, "Message \(sequence) is from \(message.from); only they can change it.")
    return false
  }

  private mutating func fits(_ text: String) -> Bool {
    if text.utf8.count <= ChatLimits.messageBytesMax { return true }
    tell(.error, "This text is too long: \(ChatLimits.messageBytesMax) bytes is the most.")
    return false
  }

  private mutating func tellUnread() {
    let unread = unreadChannels
    guard !unread.isEmpty else { return tell(.information, "Nothing is unread.") }
    let lines = unread.map { summary in
      let mentions = summary.mentions > 0 ? ", \(summary.mentions) with your name" : ""
      return StyledLine("\(summary.key)  \(summary.unread) unread\(mentions)")
    }
    add(Notice(.output, lines: lines), to: nil)
  }

  private mutating func help(about name: String?) -> [ChatIntent]? {
    guard let name else {
      overlay = Overlay(title: "Help", lines: ChatHelp.commands + ChatHelp.keys)
      return []
    }
    guard let lines = ChatHelp.lines(about: name) else {
      tell(.error, "There is no command \(name). /help lists them all.")
      return nil
    }
    add(Notice(.output, lines: lines), to: nil)
    return []
  }
}
