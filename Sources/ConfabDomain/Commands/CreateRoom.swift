import OrderedCollections
package import Primitives

/// Makes a room with a name; members may be away.
package struct CreateRoom: Command {
  package var name: String
  package var members: [String]
  package var isPublic: Bool

  package init(name: String, members: [String], isPublic: Bool) {
    self.name = name
    self.members = members
    self.isPublic = isPublic
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let owner = try state.person(actor)
    try owner.requireMember()
    let name = try Name.room(name)
    guard state.room(named: name) == nil else {
      throw Rejection(.nameTaken, "There is a room #\(name) already. Choose another name.")
    }
    try state.requirePlaceForRoom()
    let others = try state.accounts(typed: members).map(\.id).filter { $0 != owner.id }
    try state.requirePlaceForMembers(others.count + 1)
    return [
      .channelCreated(
        NewChannel(
          id: state.nextChannel, kind: isPublic ? .publicRoom : .privateRoom, name: name,
          isClassic: false, owner: owner.id, members: [owner.id] + others))
    ]
  }
}

/// The classic SRB: a private room of people who are all active, and the same set of people is one
/// room. Without a change when that room is there already.
package struct CreateClassicRoom: Command {
  package var members: [String]
  package var active: Set<AccountID>

  package init(members: [String], active: Set<AccountID>) {
    self.members = members
    self.active = active
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let owner = try state.person(actor)
    try owner.requireMember()
    let all = try everybody(in: state, owner)
    guard existing(in: state, by: actor) == nil else { return [] }
    try state.requirePlaceForRoom()
    try state.requirePlaceForMembers(all.count)
    return [
      .channelCreated(
        NewChannel(
          id: state.nextChannel, kind: .privateRoom, name: try freeName(in: state),
          isClassic: true, owner: owner.id, members: all))
    ]
  }

  /// The open classic room of exactly these people, if there is one.
  package func existing(in state: PlaceState, by actor: Actor) -> Channel? {
    guard let owner = try? state.person(actor), let all = try? everybody(in: state, owner) else {
      return nil
    }
    let wanted = Set(all)
    return state.channels.values.first {
      $0.isClassic && !$0.isClosed && $0.members.count == wanted.count
        && wanted.isSubset(of: Set($0.members.keys))
    }
  }

  private func everybody(in state: PlaceState, _ owner: Account) throws(Rejection) -> [AccountID] {
    var found: OrderedSet<AccountID> = [owner.id]
    var unknown: [String] = []
    var away: [String] = []
    for text in members {
      guard let account = state.account(named: try .person(text)), account.role != .guest else {
        unknown.append(text)
        continue
      }
      if account.id != owner.id, !active.contains(account.id) { away.append(text) }
      found.append(account.id)
    }
    guard unknown.isEmpty, away.isEmpty else { throw refusal(unknown: unknown, away: away) }
    guard found.count > 1 else {
      throw Rejection(.roomNeedsOthers, "A room needs somebody besides yourself.")
    }
    return Array(found)
  }

  private func refusal(unknown: [String], away: [String]) -> Rejection {
    var reasons: [String] = []
    if !unknown.isEmpty { reasons.append("unknown: \(unknown.joined(separator: ", "))") }
    if !away.isEmpty { reasons.append("not active: \(away.joined(separator: ", "))") }
    return Rejection(
      unknown.isEmpty ? .accountNotActive : .accountUnknown,
      "The room was not made. \(reasons.joined(separator: "; ")).")
  }

  private func freeName(in state: PlaceState) throws(Rejection) -> Name {
    var text = "room-\(state.nextRoomNumber)"
    // Somebody may have given that name to a room of their own.
    while state.room(named: try Name(text)) != nil { text += "-1" }
    return try Name(text)
  }
}

extension PlaceState {
  func requirePlaceForRoom() throws(Rejection) {
    guard roomsByName.count < Limits.roomsMax else {
      throw Rejection(
        .placeFull, "This server holds at most \(Limits.roomsMax) open rooms. Close one first.")
    }
  }

  func requirePlaceForMembers(_ count: Int) throws(Rejection) {
    guard count <= Limits.roomMembersMax else {
      throw Rejection(.placeFull, "A room holds at most \(Limits.roomMembersMax) people.")
    }
  }
}
