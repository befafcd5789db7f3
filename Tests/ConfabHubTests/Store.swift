import ConfabDomain
import ConfabHub
import Primitives

/// What is on the harness's disk: the state, and of messages what the hub asks about.
struct Store {
  private(set) var state = PlaceState()
  private(set) var events: [StampedEvent] = []
  private var facts: [Place: MessageFacts] = [:]
  private var stored: [MessageID: StoredMessage] = [:]

  private struct Place: Hashable {
    var channel: ChannelID
    var sequence: UInt64
  }

  mutating func take(_ body: Event.Body, at time: WallTime) {
    var ahead = state
    take(ahead.apply(Event(at: time, by: nil, body: body)))
  }

  mutating func take(_ stamped: StampedEvent) {
    precondition(stamped.entry == state.entry + 1, "entries follow each other with no gap")
    precondition(state.apply(stamped.event) == stamped, "the hub and the journal count alike")
    events.append(stamped)
    view(stamped)
  }

  private mutating func view(_ stamped: StampedEvent) {
    switch stamped.event.body {
    case .messagePosted(let channel, let message):
      guard let sequence = stamped.sequence, let position = stamped.position else { return }
      facts[Place(channel: channel, sequence: sequence)] = MessageFacts(
        author: message.author, isDeleted: false, reactions: [])
      precondition(stored[message.id] == nil, "stored twice")
      stored[message.id] = StoredMessage(
        channel: channel, author: message.author, sequence: sequence, position: position,
        at: stamped.event.at)
    case .messageEdited(let channel, let sequence, _):
      precondition(facts[Place(channel: channel, sequence: sequence)]?.isDeleted == false)
    case .messageDeleted(let channel, let sequence):
      facts[Place(channel: channel, sequence: sequence)]?.isDeleted = true
    case .reactionAdded(let channel, let sequence, let emoji):
      facts[Place(channel: channel, sequence: sequence)]?.reactions.append(
        MessageRecord.Reaction(emoji: emoji, accounts: stamped.event.by.map { [$0] } ?? []))
    case .reactionRemoved(let channel, let sequence, let emoji):
      facts[Place(channel: channel, sequence: sequence)]?.reactions.removeAll {
        $0.emoji == emoji && $0.accounts == stamped.event.by.map { [$0] } ?? []
      }
    default: break
    }
  }

  func answer(_ lookUp: LookUp) -> LookUpAnswer {
    switch lookUp {
    case .facts(let channel, let sequence):
      .facts(facts[Place(channel: channel, sequence: sequence)])
    case .stored(let id): .stored(stored[id])
    }
  }
}
