import OrderedCollections
package import Primitives

/// Says something in a channel; the first message to a person makes the channel of the two.
package struct SendMessage: Command {
  package var channel: ChannelReference
  package var id: MessageID
  package var text: String
  package var replyTo: UInt64?

  package init(channel: ChannelReference, id: MessageID, text: String, replyTo: UInt64?) {
    self.channel = channel
    self.id = id
    self.text = text
    self.replyTo = replyTo
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let author = try state.person(actor)
    try MessageText.check(text)
    switch try state.target(channel, for: actor) {
    case .channel(let found):
      let channel = try state.requireWritable(found, channel, by: actor)
      let visible = channel.visibility(for: author)?.afterSequence ?? 0
      if let replyTo, replyTo <= visible || replyTo > channel.sequence {
        throw Rejection(.messageUnknown, "There is no message \(replyTo) to answer here.")
      }
      return [post(in: channel.id, by: author.id, mentions: mentions(in: channel, state))]
    case .newDirect(let other):
      guard replyTo == nil else {
        throw Rejection(.messageUnknown, "There is no message to answer here yet.")
      }
      let direct = NewChannel(
        id: state.nextChannel, kind: .direct, name: nil, isClassic: false, owner: nil,
        members: author.id == other ? [author.id] : [author.id, other])
      return [.channelCreated(direct), post(in: direct.id, by: author.id, mentions: [])]
    }
  }

  private func post(
    in channel: ChannelID, by author: AccountID, mentions: [AccountID]
  ) -> Event.Body {
    .messagePosted(
      channel,
      NewMessage(id: id, author: author, text: text, replyTo: replyTo, mentions: mentions))
  }

  private func mentions(in channel: Channel, _ state: PlaceState) -> [AccountID] {
    MessageText.mentionedNames(in: text).compactMap { name in
      state.account(named: name).flatMap { channel.members[$0.id] == nil ? nil : $0.id }
    }
  }
}

/// The rules for what a message may say.
package enum MessageText {
  package static func check(_ text: String) throws(Rejection) {
    guard text.utf8.count <= Limits.messageBytesMax else {
      throw Rejection(
        .messageTooLong,
        "A message has at most \(Limits.messageBytesMax) bytes; this one has \(text.utf8.count).")
    }
    // Scalars, not characters: the check runs for each message.
    guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      throw Rejection(.messageEmpty, "A message needs some text.")
    }
  }

  /// The names behind an `@` that begins a word, each once, in order.
  package static func mentionedNames(in text: String) -> [Name] {
    guard text.utf8.contains(UInt8(ascii: "@")) else { return [] }
    var names: [Name] = []
    var previousEndsWord = true
    var rest = text.utf8[...]
    while let byte = rest.first, names.count < Limits.mentionsPerMessageMax {
      rest.removeFirst()
      if byte == UInt8(ascii: "@"), previousEndsWord {
        // A full stop or a hyphen after a name ends the sentence, not the name.
        var word = rest.prefix { isNameByte($0) }
        rest = rest.dropFirst(word.count)
        while let last = word.last, last == 45 || last == 46 { word = word.dropLast() }
        if let name = try? Name(String(decoding: word, as: UTF8.self)), !names.contains(name) {
          names.append(name)
        }
      }
      previousEndsWord = !isNameByte(byte)
    }
    return names
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, 45, 46, 95: true
    default: false
    }
  }
}
