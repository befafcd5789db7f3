import ConfabDomain
import OrderedCollections
import Primitives

// What other servers of the place have decided. It is durable, so that whoever hears it hears it at
// once.
extension Hub {
  /// - Parameter newest: the state after the events.
  mutating func arrived(_ events: [StampedEvent], after newest: PlaceState) {
    let events = events.drop { $0.entry <= state.entry }
    guard !events.isEmpty else { return }
    for event in events where state.apply(event.event) != event {
      // Something between was not told here; what it led to is known all the same.
      state = newest
      break
    }
    durableEntry = state.entry
    for event in events {
      note(event)
      if case .meetingStarted(let channel, _) = event.event.body {
        // It is held where it was started.
        hold(.tell(channel, event))
        meetings.addNews(of: channel, at: now.monotonic)
      } else {
        holdConsequences(of: event)
      }
    }
    readEarlyMessages()
  }

  /// What the hub remembers of events besides their consequences.
  private mutating func note(_ stamped: StampedEvent) {
    switch stamped.event.body {
    case .messagePosted(let channel, let message):
      guard let sequence = stamped.sequence, let position = stamped.position else { return }
      recentMessages.insert(
        message.id,
        StoredMessage(
          channel: channel, author: message.author, sequence: sequence, position: position,
          at: stamped.event.at), entry: stamped.entry)
    case .messageEdited(let channel, let sequence, _), .messageDeleted(let channel, let sequence),
      .reactionAdded(let channel, let sequence, _), .reactionRemoved(let channel, let sequence, _):
      let key = MessageKey(channel: channel, sequence: sequence)
      if changes[key] != nil { staleChanges.append(key) }
    case .fileOffered(let new):
      // Its sender went to another server, or begins anew there: that one tells everybody.
      if let ours = files.open[new.id], ours.from == stamped.event.by { handOver(ours) }
      if let copy = offersElsewhere.open[new.id], copy.from == stamped.event.by,
        copy.entry < stamped.entry
      {
        offersElsewhere.setAdrift(new.id, at: now.monotonic)
      }
    default: break
    }
  }
}
