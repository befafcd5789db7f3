import ConfabClient
import ConfabDomain
import ConfabWire
import Primitives
import Synchronization
import Testing

@Suite struct MessageSenderTests {
  private static func draft(_ number: Int) -> Draft {
    Draft(
      id: MessageID(high: 1, low: UInt64(number)), channel: "#lobby", text: "\(number)",
      at: WallTime(millisecondsSinceEpoch: 0))
  }

  /// Sends so many messages; what comes back is text and sequence, or text and the refusal's number.
  private func send(_ count: Int, to server: FakeServer) async throws -> [String] {
    let drafts = BoundedQueue<Draft>(countMax: count)
    for number in 1...count { drafts.offer(Self.draft(number)) }
    drafts.finish()
    let dialer = server.dialer
    var sender = MessageSender(patience: .seconds(60)) {
      try await dialer.dial(patience: .seconds(60))
    }
    var answers: [String] = []
    try await sender.run(drafts) { draft, result in
      switch result {
      case .success(let sent): answers.append("\(draft.text)=\(sent.sequence)")
      case .failure(let rejection): answers.append("\(draft.text)!\(rejection.code.rawValue)")
      }
    }
    return answers
  }

  private var inOrder: [String] { (1...300).map { "\($0)=\($0)" } }

  @Test func answersComeInTheOrderOfTheMessages() async throws {
    let channel = FakeChannel()
    let server = try await FakeServer { _, body in
      guard case .send(let send) = body else { return [] }
      return [channel.sent(send)]
    }
    #expect(try await send(300, to: server) == inOrder)
    #expect(server.sends.allSatisfy { !$0.send.retry })
    try await server.stop()
  }

  /// The connection ends after the hundredth message was stored and before its answer.
  @Test func whatLostItsAnswerIsSentAgainUnderTheSameID() async throws {
    let channel = FakeChannel()
    let server = try await FakeServer { connection, body in
      guard case .send(let send) = body else { return [] }
      let answer = channel.sent(send)
      return connection == 1 && send.text == "100" ? [.close] : [answer]
    }
    #expect(try await send(300, to: server) == inOrder)
    #expect(channel.count == 300)
    let first = try #require(server.sends.first { $0.connection == 2 })
    #expect(first.send.text == "100")
    #expect(first.send.retry)
    try await server.stop()
  }

  @Test func waitsWhenTheServerAsksForIt() async throws {
    let channel = FakeChannel()
    let refusals = Mutex(0)
    let server = try await FakeServer { _, body in
      guard case .send(let send) = body else { return [] }
      // From the fiftieth on nothing is taken until the fiftieth has come three times.
      let isRefused = refusals.withLock { refusals in
        if refusals >= 3 { return false }
        if send.text == "50" { refusals += 1 }
        return (Int(send.text) ?? 0) >= 50
      }
      return isRefused
        ? [.refuse(Rejection(.rateLimited, "Slowly.", retryAfter: .milliseconds(1)))]
        : [channel.sent(send)]
    }
    #expect(try await send(300, to: server) == inOrder)
    try await server.stop()
  }

  /// As a server does that keeps the order: behind a refused message it takes nothing until that comes
  /// again. Whatever was refused along with it need not wait, however long it was told to.
  @Test func whatWasSentBehindARefusedMessageFollowsItAtOnce() async throws {
    let channel = FakeChannel()
    let isHeldBack = Mutex(false)
    let server = try await FakeServer { _, body in
      guard case .send(let send) = body else { return [] }
      let wait: Duration? = isHeldBack.withLock { isHeldBack in
        if send.retry { isHeldBack = false }
        if isHeldBack { return .seconds(3600) }
        isHeldBack = send.text == "50" && !send.retry
        return isHeldBack ? .milliseconds(1) : nil
      }
      return [
        wait.map { .refuse(Rejection(.rateLimited, "Slowly.", retryAfter: $0)) }
          ?? channel.sent(send)
      ]
    }
    #expect(try await send(300, to: server) == inOrder)
    try await server.stop()
  }

  @Test func afterARefusalSeveralAreUnderWayAgain() async throws {
    let channel = FakeChannel()
    let hasRefused = Mutex(false)
    let server = try await FakeServer { _, body in
      guard case .send(let send) = body else { return [] }
      let isRefused = hasRefused.withLock { hasRefused in
        defer { hasRefused = hasRefused || send.text == "50" }
        return send.text == "50" && !hasRefused
      }
      return isRefused
        ? [.refuse(Rejection(.rateLimited, "Slowly.", retryAfter: .milliseconds(1)))]
        : [channel.sent(send)]
    }
    let drafts = BoundedQueue<Draft>(countMax: 300)
    for number in 1...300 { drafts.offer(Self.draft(number)) }
    drafts.finish()
    let dialer = server.dialer
    var sender = MessageSender(patience: .seconds(60)) { try await dialer.dial() }
    try await sender.run(drafts) { _, _ in }
    #expect(hasRefused.withLock { $0 })
    #expect(sender.window == MessageSender.windowMax)
    try await server.stop()
  }

  @Test func aRefusalIsTheAnswerOfOneMessage() async throws {
    let channel = FakeChannel()
    let server = try await FakeServer { _, body in
      guard case .send(let send) = body else { return [] }
      return send.text == "2" ? [.refuse(Rejection(.messageEmpty, "Empty."))] : [channel.sent(send)]
    }
    #expect(try await send(3, to: server) == ["1=1", "2!5001", "3=2"])
    try await server.stop()
  }

  @Test func givesUpWhenTheAnswerIsOfAnotherKind() async throws {
    let server = try await FakeServer { _, _ in [.reply(.done(WireDone()))] }
    await #expect(throws: ConnectionError.wrongAnswer) { _ = try await self.send(1, to: server) }
    #expect(server.sends.count == 1)
    try await server.stop()
  }

  @Test func givesUpWhenNobodyAnswers() async throws {
    let server = try await FakeServer { _, _ in [] }
    let dialer = server.dialer
    try await server.stop()
    await #expect(throws: ConnectionError.self) {
      _ = try await dialer.dial(patience: .milliseconds(10))
    }
  }
}
