import ConfabDomain
import DequeModule
import OrderedCollections
import Primitives

/// A message that somebody wants to change.
struct MessageKey: Hashable, Sendable {
  var channel: ChannelID
  var sequence: UInt64
}

/// A wish about one message, to be decided when the journal has told about it.
struct Change: Sendable {
  enum Command: Sendable {
    case edit(EditMessage)
    case delete(DeleteMessage)
    case react(ReactToMessage)
  }

  var caller: Caller
  var command: Command
}

// Editing, deleting and reacting: the hub keeps no texts, so each asks the journal first. The changes
// of one message wait for each other, or an edit could bring back what a deletion took away.
extension Hub {
  /// Only channels that may be written to are asked about.
  mutating func change(
    _ caller: Caller, _ channel: ChannelReference, _ sequence: UInt64, _ command: Change.Command
  ) throws(Rejection) {
    try requireJournal()
    let id = try state.writable(channel, by: try actor(caller)).id
    let key = MessageKey(channel: id, sequence: sequence)
    let isFirst = changes[key] == nil
    changes[key, default: []].append(Change(caller: caller, command: command))
    if isFirst { askFacts(key) }
  }

  private mutating func askFacts(_ key: MessageKey) {
    let ticket = ask(.change(key))
    hold(.lookUp(ticket, .facts(key.channel, sequence: key.sequence)))
  }

  mutating func decideChange(_ key: MessageKey, _ facts: MessageFacts?) {
    // Another server changed the message after these facts were read.
    if staleChanges.remove(key) != nil { return askFacts(key) }
    guard let change = takeChange(key) else { return }
    finishing(change.caller) { (hub: inout Hub) throws(Rejection) in
      try hub.decide(change, key, facts)
    }
    if changes[key] != nil { askFacts(key) }
  }

  mutating func refuseChange(_ key: MessageKey) {
    staleChanges.remove(key)
    guard let change = takeChange(key) else { return }
    refuse(change.caller, Self.journalUnreadable)
    if changes[key] != nil { askFacts(key) }
  }

  private mutating func takeChange(_ key: MessageKey) -> Change? {
    let first = changes[key]?.popFirst()
    if changes[key]?.isEmpty == true { changes[key] = nil }
    return first
  }

  private mutating func decide(
    _ change: Change, _ key: MessageKey, _ facts: MessageFacts?
  ) throws(Rejection) {
    let actor = try actor(change.caller)
    let what: String
    // By number: the name may have become another room's while the journal was asked.
    let channel = ChannelReference.id(key.channel)
    switch change.command {
    case .edit(var command):
      (command.channel, command.facts, what) = (channel, facts, "edited a message")
      try execute(command, by: actor)
    case .delete(var command):
      (command.channel, command.facts, what) = (channel, facts, "deleted a message")
      try execute(command, by: actor)
    case .react(var command):
      (command.channel, command.facts, what) = (channel, facts, "reacted to a message")
      try execute(command, by: actor)
    }
    reply(change.caller, .done)
    log(change.caller, what, String(key.sequence))
  }
}
