import ArgumentParser
import ConfabClient
import ConfabWire
import Foundation
import Primitives

struct Meet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Meet with sound and picture in the browser, and follow the meeting here.",
    discussion: """
      Prints the meeting's page with a code that signs your browser in, once and within a minute, and
      opens it where there is a desktop. Then it shows who comes and goes, until Ctrl-C. Whoever hosts
      the meeting types what to do:

        admit NAME|all   refuse NAME|all   mute NAME   stop NAME   lower NAME   remove NAME
        lock   unlock    waiting guests|everybody|nobody   who   end   quit

      With --play it takes part itself and shows a recording, as others show a screen, until that ends: \
      pictures in VP8, sound in Opus, in WebM or IVF. Nothing is encoded anew: who comes later waits for \
      the next key frame, so record one every two seconds or so.

        confab meet '#plans'
        confab meet '#plans' --link                     only the page, for elsewhere
        confab meet '#plans' --play talk.webm
        echo 'admit all' | confab meet '#plans' --json
      """)

  private static let waitingLinesMax = 64

  @Flag(help: "Print the page and end.") var link = false
  @Flag(help: "Open no browser.") var noBrowser = false
  @Option(help: "Show this recording in the meeting: FILE.webm or FILE.ivf.", completion: .file())
  var play: String?
  @Flag(help: "Show it again and again.") var loop = false
  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  @Argument(help: "'#room' or @name.") var channel: ChannelArgument

  func validate() throws {
    guard play == nil || !link else { throw ValidationError("Either --link or --play.") }
    guard play != nil || !loop else { throw ValidationError("--loop goes with --play.") }
  }

  func run() async throws {
    let current = try client.currentServer()
    let presenter = try play.map {
      try RecordingPresenter(
        $0, loops: loop, in: channel.reference, current.dialer, json: output.json)
    }
    if presenter == nil { try await printLink(current) }
    if link { return }
    let board = MeetingBoard(channel.reference, json: output.json)
    let dialer = current.dialer
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await Self.follow(board, dialer)
      }
      group.addTask {
        let lines = BoundedQueue<String>(countMax: Self.waitingLinesMax)
        StandardInputLines.read(into: lines) { $0 }
        _ = await board.ready.next()
        while let line = await lines.next() {
          if await !board.perform(line) { return }
        }
        // The end of the input is no wish to leave: a script may have said all that it had to say.
        while true { try await Task.sleep(for: .seconds(3_600)) }
      }
      if let presenter {
        group.addTask { try await presenter.run() }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// At whichever server holds the meeting.
  private static func follow(_ board: MeetingBoard, _ dialer: Dialer) async throws {
    var dialer = dialer
    while true {
      do {
        var follower = Follower(dialer, presence: false)
        return try await follower.run { try await board.handle($0) }
      } catch let elsewhere as MeetingElsewhere {
        dialer = dialer.beginning(at: elsewhere.server)
      }
    }
  }

  private func printLink(_ current: CurrentServer) async throws {
    let connection = try await current.dialer.dial()
    let standing = try await connection.watchMeeting(channel.reference)
    let code = try await connection.signInCode(forMeetingIn: channel.reference)
    let infos = try await connection.channels(notJoined: false)
    await connection.close()
    guard let info = infos.first(where: { $0.id == standing.info.channel }) else {
      throw UsageError("You are not in \(channel.name) any more.")
    }
    // Where this program reaches the server a browser beside it does too.
    let address = code.hasServer ? code.webAddress : "https://\(connection.destination)"
    let page = MeetingLink(info, at: address, code)
    if output.json {
      var object = JSONObject(event: "link")
      object.add("channel", info.label)
      object.add("link", page.personal)
      object.add("shared", page.shared)
      object.add("expires", code.expiresAt.rfc3339)
      Output.line(object)
    } else {
      Output.line(page.personal)
      Output.note(
        "For your browser, once and within a minute. Others with an account use \(page.shared)")
    }
    guard !noBrowser, !link, !output.json, Output.isTerminal else { return }
    if Browser.open(page.personal) { Output.note("Opened in the browser.") }
  }
}
