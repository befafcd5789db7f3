import ConfabDomain
import ConfabTerminal
import ConfabWire
import Primitives

// The commands of the system that Confab grew from. The replies' words are ours, their facts are not.
extension ChatSession {
  func perform(_ command: ClassicCommand) async throws {
    switch command {
    case .broadcast(let text): await send(text, to: "#lobby", for: .classicBroadcast)
    case .roomMessage(let room, let text):
      let key = room.hasPrefix("#") ? room : "#" + room
      await send(text, to: key, for: .classicRoom)
    case .activeUsers: try await tellActiveUsers()
    case .separateRoom(let names): try await makeSeparateRoom(names)
    case .readMessages(.broadcasts, let since):
      let lines = try await classicLines(of: "#lobby", since: since)
      await answer(lines.isEmpty ? [StyledLine("no new message")] : lines)
    case .readMessages(.separateRooms, let since): try await readRooms(since: since)
    case .upload(let person, _): try await upload(command, to: person.withoutMark)
    case .signOut: break
    }
  }

  private func upload(_ command: ClassicCommand, to person: String) async throws {
    let isActive = try await online.activePeople().contains {
      $0.name.lowercased() == person.lowercased()
    }
    guard isActive else { return await answer(.error, "\(person) is offline") }
    await performOnFiles(.classic(command), in: "@" + person)
  }

  private func tellActiveUsers() async throws {
    let others = try await online.activePeople().filter { $0.name != account }
    let lines = others.map { person in
      StyledLine(
        "\(person.name), \(person.address), active since \(LocalTime.classicText(person.since))")
    }
    await answer(lines.isEmpty ? [StyledLine("no other active user")] : lines)
  }

  private func makeSeparateRoom(_ names: [String]) async throws {
    let known = Set(book.rooms.map(\.id))
    var create = WireCreateClassicRoom()
    create.members = names.map { $0.hasPrefix("@") ? String($0.dropFirst()) : $0 }
    let room = try await online.room(.createClassicRoom(create))
    let members = try await online.members(
      of: book.reference(room.label), atMost: ChatLimits.noticeLinesMax)
    let people = members.map(\.name).joined(separator: ", ")
    await show(room)
    await answer(
      .information,
      known.contains(room.id)
        ? "A separate room (ID: \(room.number)) is already there for these users: \(people)"
        : "Separate chat room has been created, room ID: \(room.number), "
          + "users in this room: \(people)")
  }

  private func readRooms(since: WallTime) async throws {
    var lines: [StyledLine] = []
    for room in book.rooms {
      let messages = try await classicLines(of: room.label, since: since)
      guard !messages.isEmpty else { continue }
      lines.append(StyledLine("\(room.label.dropFirst()):", style: .strong))
      lines += messages
    }
    await answer(lines.isEmpty ? [StyledLine("no new message")] : lines)
  }

  /// `#1; Yoda: hello there at 1 Jun 2022 21:30:04`
  private func classicLines(of key: String, since: WallTime) async throws -> [StyledLine] {
    var request = WireReadMessages()
    request.channel = book.reference(key)
    request.sinceSecond = since.millisecondsSinceEpoch
    var lines: [StyledLine] = []
    while true {
      let page = try await online.messages(request)
      for message in page.messages where !message.deleted {
        let time = LocalTime.classicText(message.at)
        lines.append(
          StyledLine("#\(message.sequence); \(message.from): \(message.text.oneLine) at \(time)"))
      }
      guard page.more, lines.count < ChatLimits.noticeLinesMax, let last = page.messages.last
      else { return lines }
      request.sinceSequence = last.sequence
    }
  }
}

extension String {
  /// A text of several lines on one.
  var oneLine: String {
    split(whereSeparator: \.isNewline).joined(separator: " / ")
  }
}
