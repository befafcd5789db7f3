package import Primitives

package struct RenameRoom: Command {
  package var channel: ChannelReference
  package var name: String

  package init(channel: ChannelReference, name: String) {
    self.channel = channel
    self.name = name
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let room = try state.ownedRoom(channel, by: actor)
    let name = try Name.room(name)
    if let holder = state.room(named: name), holder.id != room.id {
      throw Rejection(.nameTaken, "There is a room #\(name) already. Choose another name.")
    }
    return room.name?.text == name.text ? [] : [.roomRenamed(room.id, name)]
  }
}

/// Ends a room: nothing new is said in it, its members may still read it.
package struct CloseRoom: Command {
  package var channel: ChannelReference

  package init(channel: ChannelReference) { self.channel = channel }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let room = try state.ownedRoom(channel, by: actor)
    return state.closing(of: room, at: time)
  }
}
