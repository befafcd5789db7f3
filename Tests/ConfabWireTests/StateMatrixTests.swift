import ConfabDomain
import ConfabWire
import GoldenFiles
import SwiftProtobuf
import Testing

// What each half of a connection does in each state with each input, as text that a person reviews.

@Suite struct StateMatrixTests {
  @Test func server() throws {
    var lines = ["state × input → state: actions", ""]
    for (state, connection) in try ServerMatrix.states() {
      for (input, perform) in ServerMatrix.inputs {
        var connection = connection
        let outcome = ServerMatrix.outcome { try perform(&connection) }
        lines.append("\(state) × \(input) → \(connection.phase): \(outcome)")
      }
      lines.append("")
    }
    try GoldenFile("Tests/ConfabWireTests/Golden/server-connection.txt")
      .expect(lines.joined(separator: "\n"))
  }

  @Test func client() throws {
    var lines = ["state × input → state: actions", ""]
    for (state, connection) in try ClientMatrix.states() {
      for (input, perform) in ClientMatrix.inputs {
        var connection = connection
        let outcome = ClientMatrix.outcome { try perform(&connection) }
        lines.append("\(state) × \(input) → \(connection.phase): \(outcome)")
      }
      lines.append("")
    }
    try GoldenFile("Tests/ConfabWireTests/Golden/client-connection.txt")
      .expect(lines.joined(separator: "\n"))
  }
}

private enum ServerMatrix {
  static func states() throws -> [(String, ServerConnection)] {
    let fresh = Sample.server()
    var greeted = fresh
    _ = try greeted.receive(Sample.hello(), at: Sample.noon)
    var signingIn = greeted
    _ = try signingIn.receive(Sample.signIn(), at: Sample.noon)
    let ready = try Sample.readyServer()
    var busy = ready
    _ = try busy.receive(Sample.payload(9, .who(WireWho())), at: Sample.noon)
    let operatorFresh = Sample.server(.operator)
    var operatorReady = operatorFresh
    _ = try operatorReady.receive(Sample.hello(), at: Sample.noon)
    var closing = fresh
    _ = try? closing.receive([0xFF], at: Sample.noon)
    return [
      ("awaitingHello", fresh), ("awaitingSignIn", greeted), ("signingIn 2", signingIn),
      ("ready", ready), ("ready, 9 outstanding", busy), ("operator awaitingHello", operatorFresh),
      ("operator ready", operatorReady), ("closing", closing),
    ]
  }

  typealias Input = @Sendable (inout ServerConnection) throws -> [ServerConnection.Action]
  static let inputs: [(String, Input)] = [
    ("Hello 1…1", { try $0.receive(Sample.hello(20), at: Sample.noon) }),
    ("Hello 2…3", { try $0.receive(Sample.hello(20, 2...3), at: Sample.noon) }),
    ("Hello 0…0", { try $0.receive(Sample.hello(20, 0...0), at: Sample.noon) }),
    ("SignIn", { try $0.receive(Sample.signIn(20), at: Sample.noon) }),
    (
      "SignIn without method",
      { try $0.receive(Sample.payload(20, .signIn(WireSignIn())), at: Sample.noon) }
    ),
    ("Ping", { try $0.receive(Sample.payload(20, .ping(WirePing())), at: Sample.noon) }),
    ("Who", { try $0.receive(Sample.payload(20, .who(WireWho())), at: Sample.noon) }),
    ("Who numbered 9", { try $0.receive(Sample.payload(9, .who(WireWho())), at: Sample.noon) }),
    ("Who numbered 0", { try $0.receive(Sample.payload(0, .who(WireWho())), at: Sample.noon) }),
    ("unknown body", { try $0.receive(Sample.payload(20, nil), at: Sample.noon) }),
    ("no message", { try $0.receive([0xFF, 0xFF], at: Sample.noon) }),
    ("empty payload", { try $0.receive([], at: Sample.noon) }),
    ("8 KiB", { try $0.receive([UInt8](repeating: 0, count: 8_193), at: Sample.noon) }),
    ("signedIn 2", { $0.signedIn(request: 2, reply: Sample.signedIn) }),
    ("signedIn 3", { $0.signedIn(request: 3, reply: Sample.signedIn) }),
    ("signInRefused 2", { $0.signInRefused(request: 2, Rejection(.credentialsWrong, "")) }),
    (
      "sign-in time is up",
      {
        try $0.signInTimeIsUp()
        return []
      }
    ),
  ]

  static func outcome(_ perform: () throws -> [ServerConnection.Action]) -> String {
    do {
      let actions = try perform().map { action in
        switch action {
        case .send(let frame): "send \(frame.summary)"
        case .signIn(let request, _): "signIn \(request)"
        case .request(let request, let body): "request \(request) \(caseName(body))"
        case .pauseReading: "pauseReading"
        case .resumeReading: "resumeReading"
        }
      }
      return actions.isEmpty ? "nothing" : actions.joined(separator: ", ")
    } catch let violation as ProtocolViolation {
      return "violation \(violation.code), farewell \(violation.farewell.summary)"
    } catch {
      return "unexpected \(error)"
    }
  }
}

private enum ClientMatrix {
  static func states() throws -> [(String, ClientConnection)] {
    let idle = ClientConnection(client: "test 1", credentials: Sample.password)
    var awaitingWelcome = idle
    _ = awaitingWelcome.connected()
    let token = Credentials(.token([UInt8](repeating: 4, count: 32)), device: Sample.keys)
    var withToken = ClientConnection(client: "test 1", credentials: token)
    _ = withToken.connected()
    let withDevice = Credentials(Sample.password.method, device: Sample.keys)
    var awaitingProof = ClientConnection(client: "test 1", credentials: withDevice)
    _ = awaitingProof.connected()
    _ = try awaitingProof.receive(welcome(1))
    var awaitingSignedIn = awaitingWelcome
    _ = try awaitingSignedIn.receive(welcome(1))
    var awaitingCredentials = awaitingSignedIn
    _ = try awaitingCredentials.receive(refusal(2, .credentialsWrong))
    var ready = awaitingSignedIn
    _ = try ready.receive(signedIn(2))
    _ = try ready.request(.who(WireWho()))
    var operatorWaiting = ClientConnection(client: "test 1", credentials: nil)
    _ = operatorWaiting.connected()
    var closed = ready
    _ = try closed.receive(push(.goodbye(WireGoodbye(Rejection(.serverStopping, "")))))
    return [
      ("idle", idle), ("awaitingWelcome 1", awaitingWelcome),
      ("awaitingWelcome 1, SignIn 2", withToken), ("awaitingProof", awaitingProof),
      ("awaitingSignedIn 2", awaitingSignedIn), ("awaitingCredentials", awaitingCredentials),
      ("ready, 3 outstanding", ready), ("operator awaitingWelcome 1", operatorWaiting),
      ("closed", closed),
    ]
  }

  typealias Input = @Sendable (inout ClientConnection) throws -> [ClientConnection.Action]
  static let inputs: [(String, Input)] = [
    ("connected", { $0.connected() }),
    ("Welcome to 1", { try $0.receive(welcome(1)) }),
    ("Welcome to 1 with version 2", { try $0.receive(welcome(1, version: 2)) }),
    ("Welcome to 1 without place", { try $0.receive(welcome(1, place: [])) }),
    ("Refusal of 1", { try $0.receive(refusal(1, .versionUnsupported)) }),
    ("signed", { $0.signed(Sample.proof) }),
    ("SignedIn to 2", { try $0.receive(signedIn(2)) }),
    ("Refusal of 2", { try $0.receive(refusal(2, .accountLocked)) }),
    ("signIn", { $0.signIn(Sample.password) }),
    ("request", { [.send(try $0.request(.ping(WirePing())).frame)] }),
    ("Done to 3", { try $0.receive(Sample.payload(WireServerFrame.done(3))) }),
    ("Refusal of 3", { try $0.receive(refusal(3, .channelUnknown)) }),
    ("unknown answer to 3", { try $0.receive(Sample.payload(unknown(replyTo: 3))) }),
    ("Done to 99", { try $0.receive(Sample.payload(WireServerFrame.done(99))) }),
    ("Done to 0", { try $0.receive(push(.done(WireDone()))) }),
    ("Event", { try $0.receive(push(.event(WireEvent()))) }),
    (
      "Event as answer to 3",
      { try $0.receive(Sample.payload(WireServerFrame.reply(to: 3, .event(WireEvent())))) }
    ),
    ("unknown news", { try $0.receive(Sample.payload(unknown(replyTo: 0))) }),
    ("Goodbye", { try $0.receive(push(.goodbye(WireGoodbye(Rejection(.serverStopping, ""))))) }),
    ("no message", { try $0.receive([0xFF, 0xFF]) }),
  ]

  static func welcome(
    _ request: UInt64, version: UInt32 = 1, place: [UInt8] = Sample.place
  ) -> [UInt8] {
    let welcome = WireWelcome(
      version: version, server: "confab test", place: place, challenge: Sample.challenge,
      at: Sample.noon)
    return Sample.payload(WireServerFrame.reply(to: request, .welcome(welcome)))
  }

  static func signedIn(_ request: UInt64) -> [UInt8] {
    Sample.payload(WireServerFrame.reply(to: request, .signedIn(Sample.signedIn)))
  }

  static func refusal(_ request: UInt64, _ code: Rejection.Code) -> [UInt8] {
    Sample.payload(WireServerFrame.refusal(of: request, Rejection(code, "")))
  }

  static func push(_ body: WireServerFrame.OneOf_Body) -> [UInt8] {
    Sample.payload(WireServerFrame.push(body))
  }

  static func unknown(replyTo: UInt64) -> WireServerFrame {
    .with { $0.replyTo = replyTo }
  }

  static func outcome(_ perform: () throws -> [ClientConnection.Action]) -> String {
    do {
      let actions = try perform().map { action in
        switch action {
        case .send(let frame): "send \(frame.request) \(frame.body.map(caseName) ?? "nothing")"
        case .welcomed: "welcomed"
        case .sign: "sign"
        case .signedIn: "signedIn"
        case .signInRefused(let rejection): "signInRefused \(rejection.code)"
        case .reply(let request, let body): "reply \(request) \(caseName(body))"
        case .refused(let request, let rejection): "refused \(request) \(rejection.code)"
        case .push(let body): "push \(caseName(body))"
        case .closed(let rejection): "closed \(rejection.code)"
        }
      }
      return actions.isEmpty ? "nothing" : actions.joined(separator: ", ")
    } catch let violation as ProtocolViolation {
      return "violation \(violation.code)"
    } catch let rejection as Rejection {
      return "rejected \(rejection.code)"
    } catch {
      return "unexpected \(error)"
    }
  }
}

extension WireServerFrame {
  fileprivate var summary: String {
    let code =
      switch body {
      case .refusal(let refusal): " \(refusal.code)"
      case .goodbye(let goodbye): " \(goodbye.reason.code)"
      default: ""
      }
    return "\(replyTo) \(body.map(caseName) ?? "nothing")\(code)"
  }
}

/// The name of an enum's case without its values.
private func caseName(_ value: Any) -> String {
  Mirror(reflecting: value).children.first?.label ?? "\(value)"
}
