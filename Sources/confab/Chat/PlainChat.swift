import ArgumentParser
import ConfabClient
import ConfabTerminal
import ConfabWire
import Glibc
import Primitives

/// The chat line by line: what is typed or piped in, and what happens, into `PlainModel`.
struct PlainChat {
  private enum Input: Sendable {
    case event(ChatEvent)
    /// The gate opens when the line has been taken in.
    case line(String, taken: BoundedQueue<Void>)
    case endOfLines
    /// All that was sent has its answer.
    case delivered
    case outOfPatience
  }

  /// How long a server that cannot be reached is tried, at the beginning and at the end.
  private static let patience: Duration = .seconds(30)
  private static let inputsMax = 1_024
  /// Lines read ahead of what is sent.
  private static let linesMax = 256

  private let session: ChatSession
  private let inputs: BoundedQueue<Input>
  private var model: PlainModel
  private var unreachable: String?

  /// - Parameter connect: keeps the session connected until it is cancelled.
  static func run(
    _ current: CurrentServer, channel: String, outbox: Outbox, into folder: String,
    connect: @escaping @Sendable (ChatSession) async -> Void
  ) async throws {
    let inputs = BoundedQueue<Input>(countMax: inputsMax)
    let emit: ChatSession.Emit = { await inputs.push(.event($0)) }
    let account = current.server.account
    let session = ChatSession(
      account: account, outbox: outbox, opening: channel.isRoomNumber ? channel : nil,
      files: ChatFiles(
        account: account, parties: try TransferParties(current), folder: folder, emit: emit),
      emit: emit)
    let model = PlainModel(
      account: current.server.account, channel: channel.isRoomNumber ? "#lobby" : channel,
      zone: LocalTime.zone, asksBeforeLeaving: isatty(STDIN_FILENO) == 1)
    var chat = PlainChat(session: session, inputs: inputs, model: model)
    let connecting = Task { await connect(session) }
    defer {
      connecting.cancel()
      inputs.finish()
    }
    if try await chat.run() == .signOut { try await session.signOut(from: current) }
    await session.finish()
    await session.stop()
  }

  private init(session: ChatSession, inputs: BoundedQueue<Input>, model: PlainModel) {
    self.session = session
    self.inputs = inputs
    self.model = model
  }

  private enum Ending {
    case quit
    case signOut
  }

  private mutating func run() async throws -> Ending {
    await session.tellUnsent()
    giveUpLater()
    var isReading = false
    while let input = await inputs.next() {
      switch input {
      case .event(.connection(.refused)):
        throw await session.end ?? CancellationError()
      case .event(let event):
        for intent in model.update(event, at: LocalTime.now) { session.perform(intent) }
        if case .channels = event, !isReading {
          isReading = true
          readLines()
        }
      case .line(let line, let taken):
        for intent in model.enter(line) {
          if intent == .quit { return try await finish(.quit) }
          if intent == .signOut { return try await finish(.signOut) }
          session.perform(intent)
        }
        taken.offer(())
      case .endOfLines: waitForDelivery()
      case .delivered: return try await finish(.quit)
      case .outOfPatience:
        let waits = await session.undeliveredCount
        guard !model.hasChannels || waits > 0 else { continue }
        throw ConnectionError.unreachable(
          "The server cannot be reached."
            + (waits > 0 ? " What is not sent waits for the next confab chat." : ""))
      }
      write()
    }
    return .quit
  }

  private mutating func finish(_ ending: Ending) async throws -> Ending {
    await session.settle()
    write()
    for line in model.takeUnheard() { Output.line(line) }
    // A person has read what went wrong; a script reads the status.
    if ending == .quit, let failure = model.failure, isatty(STDIN_FILENO) != 1 {
      throw ExitCode((failure == .usage ? ExitStatus.usage : .refused).rawValue)
    }
    return ending
  }

  private mutating func write() {
    for line in model.takeLines() {
      switch line {
      case .output(let text): Output.line(text)
      case .error(let text): Output.failure(text)
      case .remark(let text): Output.note(text)
      }
    }
  }

  // MARK: Tasks

  /// One line after the other: a command sees what the lines before it did.
  private func readLines() {
    let lines = BoundedQueue<String>(countMax: Self.linesMax)
    StandardInputLines.read(into: lines) { $0 }
    Task { [inputs, session] in
      while let line = await lines.next() {
        if line.isCommand { await session.delivered() }
        let taken = BoundedQueue<Void>(countMax: 1)
        await inputs.push(.line(line, taken: taken))
        _ = await taken.next()
        await session.settle()
      }
      await inputs.push(.endOfLines)
    }
  }

  private func waitForDelivery() {
    giveUpLater()
    Task { [inputs, session] in
      await session.settle()
      await session.delivered()
      await session.filesFinished()
      await inputs.push(.delivered)
    }
  }

  private func giveUpLater() {
    Task { [inputs] in
      try await Task.sleep(for: Self.patience)
      await inputs.push(.outOfPatience)
    }
  }
}

extension String {
  fileprivate var isCommand: Bool {
    guard case .say? = try? ChatCommand.parse(self) else { return true }
    return false
  }
}
