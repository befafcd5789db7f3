import ArgumentParser
import ConfabJournal
import ConfabNetwork
import Foundation
import Logging

struct BenchVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Put honest load on a server and say what it did.",
    subcommands: [BenchChat.self, BenchHistory.self, BenchTransfer.self, BenchMeeting.self])
}

struct BenchChat: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "Many clients in the lobby, some of whom talk.",
    discussion: """
      Starts a server of its own with a throw-away folder, unless --data names the folder of one \
      that runs on this machine. Clients sign in with session tokens, so that password hashing is \
      not what is measured.

        confab bench chat --clients 1000 --senders 10 --rate 50 --seconds 10
        confab bench chat --clients 1000 --senders 10              as fast as the server takes them
        confab bench chat --acks --senders 64                      acknowledged messages a second
        confab bench chat --idle --clients 10000                   memory of idle clients
        confab bench chat --nodes 2 --journal nats://n1,n2,n3      servers of one place
        confab bench chat --accounts 30000                         in a place of 30,000 accounts
      """)

  @Option(help: "Clients in the lobby.") var clients = 100
  @Option(help: "How many of them talk.") var senders = 10
  @Option(help: "Messages a second from all senders together; 0 is as fast as they are taken.")
  var rate = 0.0
  @Option(help: "How long to talk.") var seconds = 5.0
  @Option(help: "Bytes of each text.") var bytes = 100
  @Option(
    help: """
      Unacknowledged messages of each sender when there is no rate; 16 by default, and 1 with --acks.
      """)
  var window: Int?
  @Flag(help: "Nobody listens; measures acknowledgements.") var acks = false
  @Flag(help: "Nobody talks; measures what idle clients cost.") var idle = false
  @Option(help: "Accounts that the place has besides, each with a device and a session.")
  var accounts = 0
  @Option(help: "Start so many servers of one place, among which the clients are divided.")
  var nodes = 1
  @Option(help: "The NATS servers that keep the place's journal; sqlite by default.")
  var journal: String?
  @Option(help: "The data folder of a server that runs on this machine.") var data: String?
  @Option(help: "With --data: where that server listens.") var server = "127.0.0.1:4747"
  @Option(help: "With --data: its process id, to measure its CPU time and memory.") var pid: Int32?
  @Option(help: "Where to put the throw-away folder's disk probe; the folder itself by default.")
  var probe: String?
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard clients > 0, senders > 0, seconds > 0, rate >= 0, window ?? 1 > 0 else {
      throw ValidationError("Counts and times must be positive.")
    }
    guard (ChatLoadPlan.textBytesMin...8192).contains(bytes) else {
      throw ValidationError("--bytes is from \(ChatLoadPlan.textBytesMin) to 8192.")
    }
    guard (0...99_000).contains(accounts), accounts == 0 || data == nil else {
      throw ValidationError("--accounts is up to 99000, and not for a server that runs already.")
    }
    guard !(acks && idle) else { throw ValidationError("Choose one of --acks and --idle.") }
    guard HostPort(server) != nil else { throw ValidationError("--server is HOST:PORT.") }
    guard (1...16).contains(nodes), nodes == 1 || journal != nil, journal == nil || data == nil
    else { throw ValidationError("--nodes is 1 to 16, and more than 1 need --journal nats://…") }
  }

  func run() async throws {
    ServeProcess.raiseFileLimit()
    let bench = try await openServer()
    defer { bench.end() }
    let others = try await openOthers()
    defer { for other in others { other.end() } }
    let plan = plan
    // A few accounts carry all connections: limits are for each account.
    let sessions = try await bench.sessions(count: min(64, plan.senders))
    var servers = [ChatLoad.Server(address: bench.address, pin: sessions.pin)]
    for other in others {
      servers.append(.init(address: other.address, pin: try await other.pin()))
    }
    let load = try await ChatLoad(plan, servers: servers, pid: bench.pid)
    var report = try await load.run(tokens: sessions.tokens)
    if acks {
      report.diskSyncMedianMilliseconds = DiskSync.medianMilliseconds(in: probe ?? bench.data)
    }
    try report.write(asJSON: json)
    guard report.delivered >= report.expected else { throw ExitCode(1) }
  }

  private var plan: ChatLoadPlan {
    var plan = ChatLoadPlan()
    plan.kind = idle ? .idle : acks ? .acknowledgements : .fanOut
    plan.clients = acks ? senders : max(clients, senders)
    plan.senders = senders
    plan.rate = rate
    plan.seconds = seconds
    plan.bytes = bytes
    plan.window = window ?? (acks ? 1 : ChatLoadPlan.fanOutWindow)
    return plan
  }

  private func openServer() async throws -> BenchServer {
    guard let data, let address = HostPort(server) else {
      let server = try await BenchServer.launch(journal: placeJournal)
      guard accounts > 0 else { return server }
      server.stop()
      try crowd(server.data)
      return try await BenchServer.launch(data: server.data, journal: placeJournal)
    }
    return .running(data: data, address: address, pid: pid)
  }

  private func crowd(_ folder: String) throws {
    let choice = try JournalChoice(
      placeJournal ?? "sqlite", option: "--journal", credentials: nil, authorities: nil)
    let journal = try choice.open(in: folder, logger: Logger(label: "confab bench"))
    try Crowd(accounts: accounts).join(journal)
    try journal.close()
  }

  private func openOthers() async throws -> [BenchServer] {
    var others: [BenchServer] = []
    for number in 1..<nodes {
      others.append(try await BenchServer.launch(journal: placeJournal, number: number))
    }
    return others
  }

  /// A new place each time.
  private var placeJournal: String? { journal.map { "\($0)/bench-\(getpid())" } }
}
