import ArgumentParser
import ConfabClient
import ConfabWire

struct Room: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make rooms, and decide who is in them.",
    discussion: """
      Examples:
        confab room create plans @bob @cleo
        confab room create garden --public
        confab room invite plans @dora

      A private room shows each member what was said since they joined. Rooms also have numbers.
      """,
    subcommands: [
      Create.self, List.self, Join.self, Members.self, Invite.self, Remove.self, Leave.self,
      Rename.self, Close.self,
    ])

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a room; private unless --public.")

    @Argument(help: "The room's name.") var name: String
    @Argument(help: "@member…, besides yourself.") var members: [PersonArgument] = []
    @Flag(help: "Everybody may find, read and join it.") var `public` = false
    @OptionGroup var output: JSONOption
    @OptionGroup var client: ClientOptions

    func run() async throws {
      var create = WireCreateRoom()
      create.name = name.hasPrefix("#") ? String(name.dropFirst()) : name
      create.members = members.map(\.name)
      create.public = `public`
      let connection = try await client.connect()
      guard case .channelInfo(let room) = try await connection.request(.createRoom(create)) else {
        throw connection.wrongAnswer
      }
      if output.json {
        Output.line(room.json(event: "room"))
      } else {
        Output.line("made \(room.label.escapedLine), room \(room.number)")
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List your rooms, and the public ones that you may join.")

    @OptionGroup var output: JSONOption
    @OptionGroup var client: ClientOptions

    func run() async throws {
      let rooms = try await client.connect().channels(notJoined: true)
      rooms.print(json: output.json)
    }
  }

  struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Join a public room.")

    @Argument(help: "The room.") var room: RoomArgument
    @OptionGroup var client: ClientOptions

    func run() async throws {
      var join = WireJoinRoom()
      join.channel = room.reference
      _ = try await client.connect().request(.joinRoom(join))
    }
  }

  struct Members: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "See who is in a room.")

    @Argument(help: "The room.") var room: RoomArgument
    @OptionGroup var output: JSONOption
    @OptionGroup var client: ClientOptions

    func run() async throws {
      var table = Table()
      for member in try await client.connect().members(of: room.reference) {
        if output.json {
          var object = JSONObject(event: "member")
          object.add("channel", room.name)
          object.add("name", member.name)
          object.add("owner", member.owner)
          object.add("active", member.active)
          Output.line(object)
        } else {
          table.add(member.name, member.owner ? "owner" : "", member.active ? "active" : "")
        }
      }
      table.print()
    }
  }

  struct Invite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Let people into a room.")

    @Argument(help: "The room.") var room: RoomArgument
    @Argument(help: "@name…") var people: [PersonArgument]
    @OptionGroup var client: ClientOptions

    func run() async throws {
      var invite = WireInviteMembers()
      invite.channel = room.reference
      invite.members = people.map(\.name)
      _ = try await client.connect().request(.inviteMembers(invite))
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put somebody out of a room of yours.")

    @Argument(help: "The room.") var room: RoomArgument
    @Argument(help: "@name") var person: PersonArgument
    @OptionGroup var client: ClientOptions

    func run() async throws {
      var remove = WireRemoveMember()
      remove.channel = room.reference
      remove.member = person.name
      _ = try await client.connect().request(.removeMember(remove))
    }
  }

  struct Leave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Leave a room.")

    @Argument(help: "The room.") var room: RoomArgument
    @OptionGroup var client: ClientOptions

    func run() async throws {
      var leave = WireLeaveRoom()
      leave.channel = room.reference
      _ = try await client.connect().request(.leaveRoom(leave))
    }
  }

  struct Rename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give a room of yours another name.")

    @Argument(help: "The room.") var room: RoomArgument
    @Argument(help: "The new name.") var name: RoomArgument
    @OptionGroup var client: ClientOptions

    func run() async throws {
      var rename = WireRenameRoom()
      rename.channel = room.reference
      rename.name = name.bareName
      _ = try await client.connect().request(.renameRoom(rename))
    }
  }

  struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Close a room of yours. It stays readable.")

    @Argument(help: "The room.") var room: RoomArgument
    @OptionGroup var client: ClientOptions

    func run() async throws {
      var close = WireCloseRoom()
      close.channel = room.reference
      _ = try await client.connect().request(.closeRoom(close))
    }
  }
}

extension [WireChannelInfo] {
  func print(json: Bool) {
    var table = Table()
    for room in self {
      if json {
        Output.line(room.json(event: "room"))
      } else {
        table.add(
          room.label, room.number > 0 ? "room \(room.number)" : "",
          room.closed ? "closed" : room.kindName, UInt64(room.members).counted("member"),
          room.sequence.counted("message"), room.joined ? "" : "not joined")
      }
    }
    table.print()
  }
}
