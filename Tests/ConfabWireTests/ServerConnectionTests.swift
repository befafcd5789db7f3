import ConfabDomain
import ConfabWire
import Testing

@Suite struct ServerConnectionTests {
  @Test func welcomesWithTheHighestCommonVersion() throws {
    for (client, server, expected) in [
      (1...1, 1...3, 1), (1...2, 1...3, 2), (2...5, 1...3, 3), (1...1, 1...1, 1), (2...9, 2...2, 2),
    ] as [(ClosedRange<UInt32>, ClosedRange<UInt32>, UInt32)] {
      var connection = Sample.server(versions: server)
      let actions = try connection.receive(Sample.hello(1, client), at: Sample.noon)
      guard case .send(let frame) = actions.first else {
        Issue.record("no answer to \(client)")
        continue
      }
      #expect(frame.replyTo == 1)
      #expect(frame.welcome.version == expected)
      #expect(connection.phase == .awaitingSignIn)
      #expect(connection.greeting?.version == expected)
    }
  }

  @Test func refusesAVersionThatItDoesNotSpeakAndCloses() throws {
    var connection = Sample.server(versions: 2...3)
    let violation = #expect(throws: ProtocolViolation.self) {
      try connection.receive(Sample.hello(5, 1...1), at: Sample.noon)
    }
    #expect(violation?.code == .versionUnsupported)
    #expect(violation?.farewell.replyTo == 5)
    #expect(violation?.farewell.refusal.code == 1003)
    #expect(connection.phase == .closing)
    #expect(try connection.receive(Sample.hello(), at: Sample.noon).isEmpty)
  }

  @Test func signsInAndServes() throws {
    var connection = try Sample.readyServer()
    #expect(connection.phase == .ready)
    let actions = try connection.receive(Sample.payload(3, .who(WireWho())), at: Sample.noon)
    #expect(actions == [.request(request: 3, body: .who(WireWho()))])
    #expect(connection.outstandingRequests == 1)
    #expect(connection.answered(request: 3).isEmpty)
    #expect(connection.outstandingRequests == 0)
  }

  @Test func operatorIsReadyAfterHello() throws {
    var connection = Sample.server(.operator)
    _ = try connection.receive(Sample.hello(), at: Sample.noon)
    #expect(connection.phase == .ready)
  }

  @Test func aRefusedSignInMayBeTriedAgainUntilTheBytesAreSpent() throws {
    var connection = Sample.server()
    _ = try connection.receive(Sample.hello(), at: Sample.noon)
    var tries = 0
    let violation = #expect(throws: ProtocolViolation.self) {
      while tries < 10_000 {
        let request = UInt64(tries + 2)
        _ = try connection.receive(Sample.signIn(request), at: Sample.noon)
        _ = connection.signInRefused(request: request, Rejection(.credentialsWrong, "No."))
        tries += 1
      }
    }
    #expect(violation?.code == .signInTimeout)
    #expect(tries > 10)
  }

  @Test func unknownRequestIsRefusedAndTheConnectionGoesOn() throws {
    var connection = try Sample.readyServer()
    // Field 1000, a message of one byte: a body of some later version.
    let unknown = Sample.payload(7, nil) + [0xC2, 0x3E, 0x01, 0x00]
    let actions = try connection.receive(unknown, at: Sample.noon)
    guard case .send(let frame) = actions.first else {
      Issue.record("no answer")
      return
    }
    #expect(frame.replyTo == 7)
    #expect(frame.refusal.code == Rejection.Code.requestUnknown.rawValue)
    #expect(connection.phase == .ready)
  }

  @Test func requestZeroIsAViolation() throws {
    var connection = try Sample.readyServer()
    let violation = #expect(throws: ProtocolViolation.self) {
      try connection.receive(Sample.payload(0, .who(WireWho())), at: Sample.noon)
    }
    #expect(violation?.code == .malformedFrame)
    #expect(violation?.farewell.goodbye.reason.code == 1001)
  }

  @Test func pausesReadingAtTheLimitAndResumesAtTheLowMark() throws {
    var connection = try Sample.readyServer()
    let first = UInt64(10)
    let max = UInt64(WireLimits.outstandingRequestsMax)
    for request in first..<first + max {
      let actions = try connection.receive(
        Sample.payload(request, .who(WireWho())), at: Sample.noon)
      #expect(actions.contains(.pauseReading) == (request == first + max - 1))
    }
    let low = UInt64(WireLimits.outstandingRequestsLow)
    for request in first..<first + max {
      let resumes = connection.answered(request: request) == [.resumeReading]
      #expect(resumes == (first + max - 1 - request == low))
    }
  }

  @Test func numberInUseIsRefused() throws {
    var connection = try Sample.readyServer()
    _ = try connection.receive(Sample.payload(3, .who(WireWho())), at: Sample.noon)
    let actions = try connection.receive(Sample.payload(3, .who(WireWho())), at: Sample.noon)
    guard case .send(let frame) = actions.first else {
      Issue.record("no answer")
      return
    }
    #expect(frame.refusal.code == Rejection.Code.requestInvalid.rawValue)
  }

  @Test func timeIsUpOnlyForWhoHasNotTried() throws {
    var silent = Sample.server()
    #expect(throws: ProtocolViolation.self) { try silent.signInTimeIsUp() }
    #expect(silent.phase == .closing)
    var trying = Sample.server()
    _ = try trying.receive(Sample.hello(), at: Sample.noon)
    _ = try trying.receive(Sample.signIn(), at: Sample.noon)
    try trying.signInTimeIsUp()
    #expect(trying.phase == .signingIn)
  }
}
