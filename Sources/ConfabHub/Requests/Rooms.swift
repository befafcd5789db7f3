import ConfabDomain
import OrderedCollections
import Primitives

// Making, filling and ending rooms.
extension Hub {
  mutating func routeRooms(_ request: Request, _ caller: Caller) throws(Rejection) {
    let actor = try actor(caller)
    switch request {
    case .createRoom(let name, let members, let isPublic):
      let command = CreateRoom(name: name, members: members, isPublic: isPublic)
      let made = try execute(command, by: actor)
      replyRoom(caller, made.first?.event.body.channel, "made a room")
    case .createClassicRoom(let members):
      let command = CreateClassicRoom(
        members: members, active: Set(activeAccounts))
      let made = try execute(command, by: actor)
      let existing = made.isEmpty ? command.existing(in: state, by: actor)?.id : nil
      replyRoom(caller, made.first?.event.body.channel ?? existing, "made a classic room")
    case .joinRoom(let channel):
      try change(caller, JoinRoom(channel: channel), channel, "joined a room")
    case .leaveRoom(let channel):
      try change(caller, LeaveRoom(channel: channel), channel, "left a room")
    case .inviteMembers(let channel, let members):
      let command = InviteMembers(channel: channel, members: members)
      try change(caller, command, channel, "invited \(members.joined(separator: ", "))")
    case .removeMember(let channel, let member):
      let command = RemoveMember(channel: channel, member: member)
      try change(caller, command, channel, "removed \(member)")
    case .renameRoom(let channel, let name):
      try change(caller, RenameRoom(channel: channel, name: name), channel, "renamed a room")
    case .closeRoom(let channel):
      try change(caller, CloseRoom(channel: channel), channel, "closed a room")
    default: break
    }
  }

  private mutating func change(
    _ caller: Caller, _ command: some Command, _ reference: ChannelReference, _ what: String
  ) throws(Rejection) {
    let actor = try actor(caller)
    // Looked up before: afterwards the name may be another's, or nobody's.
    guard case .channel(let found) = try state.target(reference, for: actor) else {
      throw Rejection(.notARoom, "The lobby and direct messages always stay as they are.")
    }
    let id = found.id
    try execute(command, by: actor)
    replyRoom(caller, id, what)
  }

  private mutating func replyRoom(_ caller: Caller, _ id: ChannelID?, _ what: String) {
    guard let id, let channel = state.channels[id] else { return reply(caller, .done) }
    let reader = connections[caller.connection]?.account
    let view = view(of: channel, for: reader)
    reply(caller, .channel(view))
    log(caller, what, view.label)
  }

  /// A channel as one person sees it; nil for the operator, who sees no texts.
  func view(of channel: Channel, for reader: AccountID?) -> ChannelView {
    let membership = reader.flatMap { channel.members[$0] }
    let visibility =
      reader.flatMap { state.accounts[$0] }.flatMap { channel.visibility(for: $0) } ?? .everything
    let read = max(membership?.readThrough ?? channel.sequence, visibility.afterSequence)
    return ChannelView(
      id: channel.id, label: state.label(of: channel, for: reader), kind: channel.kind,
      number: channel.number, owner: state.name(of: channel.owner),
      members: channel.members.count, sequence: channel.sequence, position: channel.position,
      visibleAfterPosition: visibility.afterPosition, readThrough: read,
      unread: channel.unread(after: read),
      mentions: membership?.mentions.count ?? 0, isJoined: membership != nil,
      isClosed: channel.isClosed, at: channel.lastMessageAt)
  }
}
