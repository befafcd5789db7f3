import ConfabDomain
import ConfabHub
import ConfabJournal
import ConfabWire
import OrderedCollections
import Primitives
import SwiftProtobuf

// What people want, and what fails.
extension Universe {
  func act(_ index: Int) throws {
    guard !isCalm else { return }
    plan(.acts(client: index), within: .milliseconds(200))
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<30: try say(index)
    case 30..<63: try change(index)
    case 63..<65: try signOut(index)
    default: try tendRooms(index)
    }
  }

  /// Also without a connection: the outbox keeps it.
  private func say(_ index: Int) throws {
    let rooms = clients[index].known.values.map(\.label)
    let people = Self.people.map { "@\($0)" }
    let channel =
      random.chance(0.4) ? "#lobby" : pick(random.chance(0.2) ? people : Array(rooms)) ?? "#lobby"
    guard clients[index].outbox.count < Self.draftsMax else { return }
    let id = MessageID(using: &random)
    let text = random.chance(0.1) ? "@bob \(id.low % 1000)" : "m\(id.low % 1000)"
    clients[index].outbox.append(Client.Draft(id: id, channel: channel, text: text))
    try flushOutbox(index)
  }

  /// Whoever hears no answer does not go on talking for ever.
  private static let draftsMax = 8

  private func change(_ index: Int) throws {
    let own = random.chance(0.6)
    let choices =
      own
      ? clients[index].ownMessages()
      : clients[index].messages().map { ($0.channel, $0.event.posted.sequence) }
    guard let (channel, sequence) = pick(choices) else { return }
    let reference = WireChannelRef.with { $0.id = channel.rawValue }
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1:
      let text = "edited \(random.next() % 1000)"
      try ask(
        .edit(.with { ($0.channel, $0.sequence, $0.text) = (reference, sequence, text) }),
        .edit(channel, sequence, text), index)
    case 2:
      try ask(
        .delete(.with { ($0.channel, $0.sequence) = (reference, sequence) }),
        .delete(channel, sequence), index)
    case 3:
      try ask(
        .markRead(.with { ($0.channel, $0.sequence) = (reference, sequence) }), .other, index)
    default:
      let react = WireReact.with {
        ($0.channel, $0.sequence, $0.emoji) = (reference, sequence, "+")
        $0.remove = random.chance(0.4)
      }
      try ask(.react(react), .other, index)
    }
  }

  private func tendRooms(_ index: Int) throws {
    let name = pick(["plans", "games"]) ?? "plans"
    let person = pick(Self.people) ?? "ann"
    let reference = WireChannelRef.with { $0.name = "#\(name)" }
    switch Int.random(in: 0..<14, using: &random) {
    case 0, 1:
      let isPublic = random.chance(0.3)
      try ask(
        .createRoom(.with { ($0.name, $0.members, $0.public) = (name, [person], isPublic) }),
        .room(name), index)
    case 2...6:
      try ask(
        .inviteMembers(.with { ($0.channel, $0.members) = (reference, [person]) }), .other, index)
    case 7...9:
      try ask(
        .removeMember(.with { ($0.channel, $0.member) = (reference, person) }), .other, index)
    case 10: try ask(.joinRoom(.with { $0.channel = reference }), .other, index)
    case 11: try ask(.leaveRoom(.with { $0.channel = reference }), .other, index)
    case 12:
      try ask(
        .renameRoom(.with { ($0.channel, $0.name) = (reference, name + "-2") }), .other, index)
    default: try ask(.closeRoom(.with { $0.channel = reference }), .other, index)
    }
  }

  private func signOut(_ index: Int) throws {
    try ask(.signOut(.init()), .other, index)
  }

  func fail() throws {
    guard let kind = pick(faults.kinds) else { return }
    trace.add("fault: \(kind)", UInt64(Faults.Kind.allCases.firstIndex(of: kind) ?? 0))
    switch kind {
    case .connectionLoss:
      guard let id = pick(Array(network.links.keys)) else { return }
      breakLink(id)
      // The server notices later, as it is with half-open connections; here at once.
      try dropSession(id)
    case .kill:
      if random.chance(0.3) { try stopServer(keptGroups: disk.unsynced.count) }
    case .powerCut:
      guard random.chance(0.3) else { return }
      try stopServer(keptGroups: Int.random(in: 0...disk.unsynced.count, using: &random))
    case .diskFull:
      guard !disk.isFull else { return }
      disk.isFull = true
      plan(.endsFullDisk, within: .seconds(1))
    case .syncFailure: break  // happens when a sync ends
    case .clockJump:
      let jump = Int64.random(in: -3_600_000...3_600_000, using: &random)
      now.wall = now.wall + .milliseconds(jump)
    case .slowReader:
      let index = Int.random(in: clients.indices, using: &random)
      clients[index].slowUntil = now.monotonic + chance(upTo: .seconds(2))
    case .clientRestart:
      let index = Int.random(in: clients.indices, using: &random)
      try hangUp(index)
      clients[index].restart()
      plan(.dials(client: index), within: .milliseconds(200))
    }
  }

  func calmDown() throws {
    isCalm = true
    disk.isFull = false
    try startServer()
    for index in clients.indices {
      clients[index].slowUntil = now.monotonic
      plan(.dials(client: index), after: .zero)
    }
  }
}
