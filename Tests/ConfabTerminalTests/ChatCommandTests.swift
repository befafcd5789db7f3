import ConfabTerminal
import Primitives
import Testing

@Suite struct ChatCommandTests {
  @Test(
    arguments: [
      ("hello", .say("hello")), ("//slash", .say("/slash")), (" OUT now", .say("OUT now")),
      ("out", .say("out")), ("OUTSIDE", .say("OUTSIDE")), ("two\nlines", .say("two\nlines")),
      ("/broadcast  dinner  is ready", .broadcast("dinner  is ready")),
      ("/who", .who), ("/WHO ", .who), ("/unread", .unread), ("/quit", .quit),
      ("/help", .help(about: nil)), ("/help edit", .help(about: "edit")),
      ("/create team", .create(room: "#team", members: [], isPublic: false)),
      (
        "/create #team bob @carol --public",
        .create(room: "#team", members: ["@bob", "@carol"], isPublic: true)
      ),
      ("/join team", .join(room: "#team")),
      ("/invite @bob carol #team", .invite(people: ["@bob", "@carol"], room: "#team")),
      ("/msg bob", .message(person: "@bob", text: nil)),
      ("/msg @bob hi there", .message(person: "@bob", text: "hi there")),
      ("/edit 12 new  text", .edit(sequence: 12, text: "new  text")),
      ("/delete #12", .delete(sequence: 12)), ("/reply 3 yes", .reply(sequence: 3, text: "yes")),
      ("/react 3 👍", .react(sequence: 3, emoji: "👍")),
      ("/history", .history(count: ChatLimits.historyPageMessages)),
      ("/history 50", .history(count: 50)),
      ("/search two words", .search(words: "two words", room: nil)),
      ("/search --in team bread", .search(words: "bread", room: "#team")),
      ("/search bread --in @bob", .search(words: "bread", room: "@bob")),
      ("/send-file a.txt", .sendFile(paths: ["a.txt"], to: nil)),
      ("/send-file a.txt b/ @bob", .sendFile(paths: ["a.txt", "b/"], to: "@bob")),
      ("/send-file #team a.txt", .sendFile(paths: ["a.txt"], to: "#team")),
      (
        "/send-file 'my file' my\\ own \"#1\"",
        .sendFile(paths: ["my file", "my own", "#1"], to: nil)
      ),
      ("/accept", .accept(number: nil)), ("/accept 2", .accept(number: 2)),
      ("/decline 3", .decline(number: 3)), ("/cancel 1", .cancelTransfer(number: 1)),
      ("/transfers", .transfers), ("/receive-into", .receiveInto(folder: nil)),
      ("/receive-into '~/my files'", .receiveInto(folder: "~/my files")),
      ("/meet", .meet(room: nil)), ("/leave #team", .leave(room: "#team")),
      ("/rename crew", .rename(name: "crew")), ("/close", .close(room: nil)),
      ("/members", .members(room: nil)),
      ("BCM hello  all", .classic(.broadcast("hello  all"))), ("ATU", .classic(.activeUsers)),
      ("SRB bob carol", .classic(.separateRoom(names: ["bob", "carol"]))),
      ("SRM 1 hello all", .classic(.roomMessage(room: "1", text: "hello all"))),
      (
        "RDM b 1 Jun 2022 21:30:04",
        .classic(
          .readMessages(
            .broadcasts,
            since: CivilDate(year: 2022, month: 6, day: 1, hour: 21, minute: 30, second: 4)
              .wallTime()))
      ),
      ("UPD bob lecture1.mp4", .classic(.upload(to: "bob", file: "lecture1.mp4"))),
      ("OUT", .classic(.signOut)),
    ] as [(String, ChatCommand)]) func parses(line: String, command: ChatCommand) throws
  {
    #expect(try ChatCommand.parse(line) == command)
  }

  @Test(arguments: [
    ("/serach x", "/search"), ("/hepl", "/help"), ("/brodcast x", "/broadcast"),
    ("/zzzzzzz", "/help lists them all"), ("/", "/help lists them all"),
    ("/broadcast", "text is missing"), ("/who now", "\"now\" is too much"),
    ("/send-file", "path is missing"), ("/send-file @bob", "path is missing"),
    ("/send-file a @bob #team", "Only one"), ("/send-file 'a", "quote is not closed"),
    ("/accept x", "not a number"), ("/receive-into a b", "One folder"),
    ("/create", "name is missing"), ("/create bad/name", "cannot be a name"),
    ("/create \(String(repeating: "x", count: 33))", "cannot be a name"),
    ("/join @bob", "is a person"), ("/msg #team", "is a room"), ("/invite #a #b @x", "one room"),
    ("/invite #a", "name is missing"), ("/edit x y", "not a number"),
    ("/edit -1 y", "not a number"),
    ("/edit 0 y", "not a number"), ("/edit 99999999999999999999 y", "not a number"),
    ("/edit 1", "text is missing"), ("/delete 1 2", "too much"), ("/react 1", "emoji is missing"),
    ("/history 100000", "t most"), ("/search", "words"), ("/search --in", "room is missing"),
    ("/send-file", "path is missing"),
    ("BCM", "missing"), ("BCM ", "missing"), ("BCM  x", "more than one blank"),
    ("ATU x", "othing may follow"), ("ATU ", "othing may follow"),
    ("OUT of milk", "begin with a blank"),
    ("SRB", "missing"), ("SRB a  b", "one blank"), ("SRB a ", "one blank"),
    ("SRM 1", "message is missing"), ("SRM  1 x", "more than one blank"),
    ("SRM 1  x", "more than one blank"), ("RDM b", "time is missing"),
    ("RDM x 1 Jun 2022 21:30:04", "b for the lobby"), ("RDM b yesterday", "not a time"),
    ("UPD bob", "file is missing"), ("UPD bob a b", "\"b\" is too much"),
  ]) func refuses(line: String, words: String) {
    do throws(CommandError) {
      let command = try ChatCommand.parse(line)
      Issue.record("parsed as \(command)")
    } catch {
      #expect(error.description.contains(words), "\(error)")
    }
  }

  @Test func timeIsInTheZoneOfTheReader() throws {
    let here = try ChatCommand.parse("RDM s 1 Jun 2022 21:30:04") { _ in 7200 }
    let there = try ChatCommand.parse("RDM s 2022-06-01T19:30:04Z") { _ in 7200 }
    #expect(here == there)
  }

  @Test func everyCommandHasHelpAndParses() {
    for entry in CommandList.modern + CommandList.classic {
      #expect(ChatHelp.lines(about: entry.name) != nil)
      do throws(CommandError) {
        let command = try ChatCommand.parse(entry.name)
        if case .say = command { Issue.record("\(entry.name) is only said") }
      } catch {
        #expect(error.description.contains("Usage: \(entry.usage)"))
      }
    }
  }

  @Test(arguments: UInt64(1)...50) func neverTraps(seed: UInt64) {
    var chance = Chance(seed: seed)
    for _ in 0..<200 {
      let start = chance.pick(
        CommandList.modern.map { $0.name + " " } + CommandList.classic.map { $0.name + " " }
          + ["", "/", "//"])
      do throws(CommandError) {
        _ = try ChatCommand.parse(start + chance.text())
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }
}
