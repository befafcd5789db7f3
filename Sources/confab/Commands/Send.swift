import ArgumentParser
import ConfabClient
import ConfabDomain
import ConfabWire

struct Send: AsyncParsableCommand, TakesText {
  static let argumentsBeforeText = 1

  static let configuration = CommandConfiguration(
    abstract: "Send a message to a room or a person.",
    discussion: """
      Examples:
        confab send '#plans' see you at eight
        confab send @bob hello
        tail -f build.log | confab send '#builds' -

      With - as the only text each line of standard input is a message. For each message that the
      server has made durable a line is printed: CHANNEL SEQUENCE TIME. Options come before the text
      or behind it; a text of words that look like them stands behind --.
      """)

  @Option(help: "The number of the message that this answers.")
  var replyTo: UInt64?

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  @Argument(help: "'#room' or @name.")
  var channel: ChannelArgument

  @Argument(help: "The text; its words are joined by one blank.")
  var text: [String] = []

  func run() async throws {
    try await Sending(client: client, json: output.json, replyTo: replyTo ?? 0)
      .run(text, to: channel.name)
  }
}

struct Broadcast: AsyncParsableCommand, TakesText {
  static let argumentsBeforeText = 0

  static let configuration = CommandConfiguration(
    abstract: "Tell everybody: send a message to the lobby.",
    discussion: """
      Example:
        confab broadcast the coffee is ready
      """)

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  @Argument(help: "The text; its words are joined by one blank.")
  var text: [String] = []

  func run() async throws {
    try await Sending(client: client, json: output.json).run(text, to: "#lobby")
  }
}

/// Sends messages and prints a line for each that is on the server's disk.
struct Sending {
  var client: ClientOptions
  var json = false
  var replyTo: UInt64 = 0

  /// How long a server that cannot be reached is tried.
  private static let patience: Duration = .seconds(30)
  /// Lines read ahead of what is sent.
  private static let linesMax = 256

  func run(_ words: [String], to channel: String) async throws {
    guard !words.isEmpty else {
      throw UsageError("The text is missing. Use - to send each line of standard input.")
    }
    let current = try client.currentServer()
    let drafts = BoundedQueue<Draft>(countMax: Self.linesMax)
    let replyTo = replyTo
    let draft = { @Sendable (text: String) in
      var generator = SystemRandomNumberGenerator()
      let now = LocalTime.now
      return Draft(
        id: MessageID(at: now, using: &generator), channel: channel, text: text, replyTo: replyTo,
        at: now)
    }
    if words == ["-"] {
      StandardInputLines.read(into: drafts, draft)
    } else {
      drafts.offer(draft(words.joined(separator: " ")))
      drafts.finish()
    }
    let dialer = current.dialer
    var sender = MessageSender(patience: Self.patience) {
      try await dialer.dial(patience: Self.patience)
    }
    var refusal: Rejection?
    var lines = 0
    try await sender.run(drafts) { draft, result in
      lines += 1
      switch result {
      case .success(let sent): report(sent, draft)
      case .failure(let rejection):
        // The lines after it may be better; the status tells of the first.
        if words == ["-"] { Output.failure("line \(lines): \(Failure(rejection).words ?? "")") }
        refusal = refusal ?? rejection
      }
    }
    if let refusal {
      if words == ["-"] { throw ExitCode(ExitStatus.refused.rawValue) }
      throw refusal
    }
  }

  private func report(_ sent: WireSent, _ draft: Draft) {
    guard json else {
      return Output.line("\(sent.label.escapedLine) \(sent.sequence) \(sent.at.rfc3339)")
    }
    var object = JSONObject(event: "sent")
    object.add("channel", sent.label)
    object.add("sequence", sent.sequence)
    object.add("id", draft.id.description)
    object.add("at", sent.at.rfc3339)
    Output.line(object)
  }
}
