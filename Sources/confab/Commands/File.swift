import ArgumentParser
import ConfabClient
import ConfabTransfer
import ConfabWire
import Foundation

struct File: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hand files from device to device.",
    discussion: """
      The files go straight from one device to the other, encrypted between the two; the server only
      introduces them, and forwards what cannot go directly. Whatever interrupts a transfer, the same
      two commands again go on where it was.

        ann$ confab file send lecture.mp4 @bob
        bob$ confab file receive
      """, subcommands: [FileSend.self, FileReceive.self, FileList.self, FileForget.self])
}

struct FileSend: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send", abstract: "Offer files or folders, and send them to who takes them.",
    discussion: """
      Waits until the other side takes the files, or everybody in the room has answered.

        confab file send talk.mp4 slides/ @bob
        confab file send photos '#plans' --rate 20Mbit
      """)

  @Option(help: "At most so fast: 20Mbit, 1.5Gbit, 500kbit.")
  var rate: RateArgument?

  @Option(help: "Files whose names other systems cannot store: skip, respell or refuse.")
  var names = UnfitNames.skip

  @Flag(help: "Only over the server's relay: nobody else learns this device's addresses.")
  var relayOnly = false

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  @Argument(help: "Files and folders, then @name or '#room'.", completion: .file())
  var arguments: [String]

  func run() async throws {
    guard arguments.count >= 2, let last = arguments.last, let to = ChannelArgument(argument: last),
      to.hasMark
    else { throw UsageError("Name the files first, and at the end @name or '#room'.") }
    let current = try client.currentServer()
    let tree: SourceTree
    do {
      tree = try SourceWalk.find(Array(arguments.dropLast()), unfit: names)
    } catch let error as FileFailure {
      throw UsageError(error.text)
    } catch {
      throw UsageError("\(error)")
    }
    tell(of: tree)
    guard (1...Int(OfferLimits.filesMax)).contains(tree.manifest.fileCount) else {
      throw UsageError(
        tree.manifest.fileCount == 0
          ? "There is no file in what you named." : "These are more files than one offer holds.")
    }
    let parties = try TransferParties(current)
    let display = TransferDisplay(.sending, json: output.json)
    let name = TransferOffer.Summary(of: tree.manifest).name
    let rateLimit = rate.map { $0.rate.bitsPerSecond / 8 }
    // Beside the connecting, which is longer.
    let making = Task {
      try await FileSender(
        tree, to: to, rateLimit: rateLimit, isRelayOnly: relayOnly, parties: parties,
        engine: try TransferEngine.start()
      ) { await display.show($0, name, isForOne: to.name.hasPrefix("@")) }
    }
    let dialer = current.dialer
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        var follower = Follower(filesOver: dialer, receives: false) {
          try await making.value.offer(over: $0)
        }
        try await follower.run { happening in
          if case .lost(let reason, _) = happening {
            await display.note("\(reason) Trying again…")
          }
          try await making.value.handle(happening)
        }
      }
      let sender = try await making.value
      group.addTask { for await _ in sender.end { return } }
      group.addTask {
        let number = try await Interrupts.first()
        await sender.stop()
        Interrupts.end(number)
      }
      try await group.next()
      await sender.finish()
      group.cancelAll()
    }
    if let trouble = try await making.value.trouble { throw trouble }
    let missed = tree.skipped.count { $0.isMissed }
    if missed > 0 { throw FilesMissed(count: missed) }
  }

  /// What does not go, or not as it is called here.
  private func tell(of tree: SourceTree) {
    for skipped in tree.skipped {
      guard output.json else {
        Output.failure("\(skipped.path) is not sent. \(skipped.reason)")
        continue
      }
      var object = JSONObject(event: "skipped")
      object.add("path", skipped.path)
      object.add("reason", skipped.reason)
      object.add("missed", skipped.isMissed)
      Output.line(object)
    }
    for respelled in tree.respelled {
      guard output.json else {
        Output.note("\(respelled.path) is sent as \(respelled.name)".escapedLine)
        continue
      }
      var object = JSONObject(event: "respelled")
      object.add("path", respelled.path)
      object.add("name", respelled.name)
      Output.line(object)
    }
  }
}

extension UnfitNames: ExpressibleByArgument {}

/// All that was offered has arrived, and that was not all that was named.
struct FilesMissed: Error, CustomStringConvertible {
  let count: Int

  var description: String {
    count == 1
      ? "One file or folder was left out, as said above."
      : "\(count) files and folders were left out, as said above."
  }
}

struct FileReceive: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receive", abstract: "Take files that others offer.",
    discussion: """
      Each offer is shown, and taken when you say yes. A file of ann's is saved as ann_NAME, and never
      over one that is there.

        confab file receive --into ~/Downloads
        confab file receive --from @ann --yes --once
        confab file receive --stdout --from @ann | mpv -
      """)

  @Option(help: "Only what this person offers.") var from: PersonArgument?
  @Option(help: "The folder to save in.", completion: .directory) var into = "."
  @Flag(help: "Take everything without asking.") var yes = false
  @Flag(help: "End after one complete transfer.") var once = false
  @Flag(help: "Write one file to standard output while it arrives.") var stdout = false
  @Flag(help: "Read all again that an earlier attempt left, and not a sample of it.")
  var verify = false
  @Flag(help: "Only over the server's relay: nobody else learns this device's addresses.")
  var relayOnly = false

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func run() async throws {
    guard yes || stdout || isatty(STDIN_FILENO) == 1 else {
      throw UsageError("Nobody can be asked here: say --yes to take what comes.")
    }
    guard !(stdout && output.json) else {
      throw UsageError("--stdout is for the file: leave --json away.")
    }
    let current = try client.currentServer()
    var wishes = FileReceiver.Wishes(
      from: from?.name, destination: .folder(try folder()), takesAll: yes || stdout,
      once: once || stdout, rechecks: verify, isRelayOnly: relayOnly)
    if stdout {
      wishes.destination = .stream(
        descriptor: STDOUT_FILENO, scratch: FileManager.default.temporaryDirectory.path)
    }
    if !stdout { tellOfOldParts(current.profile) }
    let receiver = try await FileReceiver(
      wishes, json: output.json, parties: TransferParties(current))
    let dialer = current.dialer
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        var follower = Follower(filesOver: dialer, receives: true)
        try await follower.run { await receiver.handle($0) }
      }
      group.addTask { for await result in receiver.end { return try result.get() } }
      group.addTask {
        let number = try await Interrupts.first()
        await receiver.stop()
        Interrupts.end(number)
      }
      try await group.next()
      group.cancelAll()
    }
  }

  /// Nobody may ever ask for them again, and they are hidden.
  private func tellOfOldParts(_ profile: Profile) {
    let old = UnfinishedParts.find(profile, also: into).filter {
      UnfinishedParts.age(of: $0) >= .seconds(UnfinishedParts.oldSeconds)
    }
    guard !old.isEmpty else { return }
    let size = TransferText.size(old.reduce(0) { $0 + $1.bytesOnDisk })
    Output.note(
      "\(size) of transfers that were broken off a week ago or earlier are still here: "
        + "confab file list --unfinished")
  }

  private func folder() throws -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: into, isDirectory: &isFolder), isFolder.boolValue
    else {
      throw UsageError("\(into) is not a folder. Make it first, or name another with --into.")
    }
    return into
  }
}

struct RateArgument: ExpressibleByArgument {
  let rate: BitRate

  init?(argument: String) {
    guard let rate = BitRate(argument), rate.bitsPerSecond > 0 else { return nil }
    self.rate = rate
  }
}
