import OrderedCollections
package import Primitives

/// Notes that somebody has seen a channel through a message.
package struct MarkRead: Command {
  package var channel: ChannelReference
  package var sequence: UInt64

  package init(channel: ChannelReference, sequence: UInt64) {
    self.channel = channel
    self.sequence = sequence
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let person = try state.person(actor)
    let (channel, _) = try state.readable(channel, by: actor)
    let through = min(sequence, channel.sequence)
    guard let membership = channel.members[person.id], membership.readThrough < through else {
      return []
    }
    return [.readMarked(channel.id, person.id, through: through)]
  }
}
