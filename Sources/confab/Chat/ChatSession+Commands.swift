import ConfabDomain
import ConfabTerminal
import ConfabWire

// Commands that the screen cannot carry out by itself.
extension ChatSession {
  private static let searchHitsMax: UInt32 = 50

  func perform(_ command: ChatCommand, in key: String) async throws {
    switch command {
    case .broadcast(let text): await send(text, to: "#lobby", for: .broadcast(from: key))
    case .who: try await tellWho()
    case .search(let words, let room): try await search(words, in: room)
    case .create(let room, let members, let isPublic):
      try await create(room, members, isPublic: isPublic)
    case .join(let room):
      // Where one is already nothing needs to be asked, and going there works without a connection.
      if let known = book.info(named: room), known.joined {
        return await emit(.show(channel: known.label))
      }
      var join = WireJoinRoom()
      join.channel = book.reference(room)
      await show(try await online.room(.joinRoom(join)))
    case .invite(let people, let room): try await invite(people, to: room ?? key)
    case .members(let room): try await tellMembers(of: room ?? key)
    case .leave, .rename, .close: try await changeRoom(command, in: key)
    case .sendFile, .accept, .decline, .cancelTransfer, .transfers, .receiveInto:
      await performOnFiles(command, in: key)
    case .meet(let room): try await meet(in: room ?? key)
    case .classic(let classic): try await perform(classic)
    case .say, .message, .edit, .delete, .reply, .react, .history, .unread, .help, .quit: break
    }
  }

  func performOnFiles(_ command: ChatCommand, in key: String) async {
    guard let files else { return await answer(.error, "Files cannot be handed over here.") }
    await files.perform(command, in: key)
  }

  /// The room may be shown before the server's news of it is here.
  func show(_ room: WireChannelInfo) async {
    for event in book.made(room) { await emit(event) }
    await emit(.show(channel: room.label))
  }

  private func create(_ room: String, _ members: [String], isPublic: Bool) async throws {
    var create = WireCreateRoom()
    create.name = String(room.dropFirst())
    create.members = members.map { String($0.dropFirst()) }
    create.public = isPublic
    await show(try await online.room(.createRoom(create)))
  }

  private func invite(_ people: [String], to room: String) async throws {
    var invite = WireInviteMembers()
    invite.channel = book.reference(room)
    invite.members = people.map { String($0.dropFirst()) }
    let info = try await online.room(.inviteMembers(invite))
    await answer(.information, "\(people.joined(separator: ", ")) may now read \(info.label).")
  }

  private func changeRoom(_ command: ChatCommand, in key: String) async throws {
    switch command {
    case .leave(let room):
      var leave = WireLeaveRoom()
      leave.channel = book.reference(room ?? key)
      _ = try await online.room(.leaveRoom(leave))
    case .close(let room):
      var close = WireCloseRoom()
      close.channel = book.reference(room ?? key)
      _ = try await online.room(.closeRoom(close))
    case .rename(let name):
      var rename = WireRenameRoom()
      rename.channel = book.reference(key)
      rename.name = name
      _ = try await online.room(.renameRoom(rename))
    default: break
    }
  }

  // MARK: Answers

  private func tellWho() async throws {
    let people = try await online.activePeople()
    let width = people.map { DisplayWidth.of($0.name) }.max() ?? 0
    let lines = people.map { person in
      var line = StyledLine(person.name, style: .strong).fitted(to: width)
      line.append("  since \(LocalTime.text(person.since))  from \(person.address)")
      if person.name == account { line.append("  (you)") }
      return line
    }
    await answer(lines.isEmpty ? [StyledLine("Nobody is active.")] : lines)
  }

  private func tellMembers(of key: String) async throws {
    let members = try await online.members(
      of: book.reference(key), atMost: ChatLimits.noticeLinesMax)
    let width = members.map { DisplayWidth.of($0.name) }.max() ?? 0
    let lines = members.map { member in
      var line = StyledLine(member.name, style: .strong).fitted(to: width)
      line.append(member.active ? "  active" : "        ", style: .faint)
      if member.owner { line.append("  owner") }
      return line
    }
    let count = members.count == 1 ? "1 member" : "\(members.count) members"
    await answer([StyledLine("\(key), \(count):")] + lines)
  }

  private func search(_ words: String, in key: String?) async throws {
    var search = WireSearch()
    search.words = words
    if let key { search.channel = book.reference(key) }
    search.limit = Self.searchHitsMax
    guard case .searchHitList(let list) = try await online.request(.search(search)) else {
      throw ChatError.wrongAnswer
    }
    await emit(.searchResults(words: words, list.hits.map { ConfabTerminal.SearchHit($0) }))
  }
}
