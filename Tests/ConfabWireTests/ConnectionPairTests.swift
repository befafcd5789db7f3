import ConfabDomain
import ConfabWire
import Primitives
import Testing

/// Both halves against each other, over streams that deliver bytes in pieces of any size.
@Suite struct ConnectionPairTests {
  @Test(arguments: 1...60) func everyRequestGetsItsOneAnswer(seed: UInt64) throws {
    var pair = ConnectionPair(seed: seed, requests: 300)
    try pair.run()
    #expect(pair.client.phase == .ready)
    #expect(pair.answers == pair.asked)
    #expect(pair.asked.count == 300)
    #expect(pair.heard == Array(1...pair.told))
    #expect(pair.mostOutstanding <= WireLimits.outstandingRequestsMax)
  }

  @Test func anOlderClientTalksToANewerServerAndTheOtherWayRound() throws {
    for (client, server, version) in [(1...1, 1...2, 1), (1...4, 1...1, 1), (2...4, 1...3, 3)]
      as [(ClosedRange<UInt32>, ClosedRange<UInt32>, UInt32)]
    {
      var pair = ConnectionPair(seed: 1, requests: 5, clientSpeaks: client, serverSpeaks: server)
      try pair.run()
      #expect(pair.client.version == version)
      #expect(pair.answers.count == 5)
    }
  }
}

/// Two machines, the bytes between them, and shells that do the least.
private struct ConnectionPair {
  var client: ClientConnection
  var server: ServerConnection
  var random: SeededRandom
  var toServer: [UInt8] = []
  var toClient: [UInt8] = []
  var serverDecoder = FrameDecoder(bytesMax: WireLimits.preSignInBytesMax)
  var clientDecoder = FrameDecoder()

  var requestsLeft: Int
  var asked: Set<UInt64> = []
  var answers: Set<UInt64> = []
  /// Requests at the server without an answer.
  var pending: [UInt64] = []
  var isPaused = false
  var mostOutstanding = 0
  var told: UInt64 = 0
  var heard: [UInt64] = []

  init(
    seed: UInt64, requests: Int, clientSpeaks: ClosedRange<UInt32> = 1...1,
    serverSpeaks: ClosedRange<UInt32> = 1...1
  ) {
    random = SeededRandom(seed: seed)
    requestsLeft = requests
    let hasDevice = random.chance(0.5)
    client = ClientConnection(
      client: "test 1",
      credentials: Credentials(
        .password(name: "ann", password: "correct horse"),
        device: hasDevice ? Sample.keys : nil), versions: clientSpeaks)
    server = Sample.server(versions: serverSpeaks)
  }

  mutating func run() throws {
    try perform(client.connected())
    var steps = 0
    while !isFinished, steps < 100_000 {
      steps += 1
      switch Int.random(in: 0..<5, using: &random) {
      case 0: try deliverToServer()
      case 1: try deliverToClient()
      case 2: try ask()
      case 3: try answer()
      default: try tell()
      }
    }
  }

  var isFinished: Bool {
    requestsLeft == 0 && answers.count == asked.count && toClient.isEmpty && toServer.isEmpty
  }

  mutating func deliverToServer() throws {
    guard !isPaused else { return }
    let count = min(toServer.count, Int.random(in: 0...200, using: &random))
    serverDecoder.append(toServer.prefix(count))
    toServer.removeFirst(count)
    try drainServer()
  }

  mutating func drainServer() throws {
    while !isPaused, let payload = try serverDecoder.next() {
      for action in try server.receive(payload, at: Sample.noon) { try perform(action) }
      serverDecoder.bytesMax = server.frameBytesMax
      mostOutstanding = max(mostOutstanding, server.outstandingRequests)
    }
  }

  mutating func deliverToClient() throws {
    let count = min(toClient.count, Int.random(in: 0...200, using: &random))
    clientDecoder.append(toClient.prefix(count))
    toClient.removeFirst(count)
    while let payload = try clientDecoder.next() { try perform(client.receive(payload)) }
  }

  mutating func ask() throws {
    guard client.phase == .ready, requestsLeft > 0 else { return }
    for _ in 0..<min(requestsLeft, Int.random(in: 1...40, using: &random)) {
      guard client.outstandingRequests < WireLimits.outstandingRequestsMax else { return }
      let (request, frame) = try client.request(.who(WireWho()))
      asked.insert(request)
      requestsLeft -= 1
      try FrameEncoder.append(frame, to: &toServer)
    }
  }

  mutating func answer() throws {
    guard let index = pending.indices.randomElement(using: &random) else { return }
    let request = pending.remove(at: index)
    try FrameEncoder.append(.done(request), to: &toClient)
    for action in server.answered(request: request) { try perform(action) }
    try drainServer()
  }

  mutating func tell() throws {
    guard server.phase == .ready else { return }
    told += 1
    var event = WireEvent()
    event.position = told
    try FrameEncoder.append(.push(.event(event)), to: &toClient)
  }

  mutating func perform(_ action: ServerConnection.Action) throws {
    switch action {
    case .send(let frame): try FrameEncoder.append(frame, to: &toClient)
    case .signIn(let request, _):
      // The first try is refused, so that trying again is tried too.
      let actions =
        request == 2
        ? server.signInRefused(request: request, Rejection(.credentialsWrong, "No."))
        : server.signedIn(request: request, reply: Sample.signedIn)
      for action in actions { try perform(action) }
    case .request(let request, _): pending.append(request)
    case .pauseReading: isPaused = true
    case .resumeReading: isPaused = false
    }
  }

  mutating func perform(_ actions: [ClientConnection.Action]) throws {
    for action in actions {
      switch action {
      case .send(let frame): try FrameEncoder.append(frame, to: &toServer)
      case .sign(let challenge):
        #expect(challenge == Sample.challenge)
        try perform(client.signed(Sample.proof))
      case .signInRefused: try perform(client.signIn(Sample.password))
      case .reply(let request, _):
        #expect(answers.insert(request).inserted)
      case .push(.event(let event)): heard.append(event.position)
      case .welcomed, .signedIn: break
      case .refused, .push, .closed: Issue.record("unexpected \(action)")
      }
    }
  }
}
