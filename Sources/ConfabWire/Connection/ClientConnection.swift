package import ConfabDomain

/// The client's half of a connection, the mirror of `ServerConnection`.
///
///     idle ──connected──▶ awaitingWelcome ──Welcome──▶ awaitingProof ──signed──▶ awaitingSignedIn
///                               │ └──a token, or no device──────────────────────▶   │   │
///                               │                     awaitingCredentials ◀─Refusal─┘   │SignedIn
///                               └──the operator's socket──▶ ready ◀─────────────────────┘
///     any ──Goodbye, Hello refused, violation──▶ closed
///
/// Law of use: call `connected` once, hand each payload to `receive`, perform the actions in order.
/// After a `ProtocolViolation` close the connection; there is nobody worth telling.
package struct ClientConnection: Sendable {
  package enum Phase: String, Sendable, Equatable, CaseIterable {
    /// Not connected yet.
    case idle
    /// Hello is sent.
    case awaitingWelcome
    /// The shell signs the challenge with the device's key.
    case awaitingProof
    /// SignIn is sent.
    case awaitingSignedIn
    /// The server refused; it lets us try again with something else.
    case awaitingCredentials
    /// Requests may be sent.
    case ready
    /// The server ended the connection, or broke the rules.
    case closed
  }

  package enum Action: Sendable, Equatable {
    case send(WireClientFrame)
    /// The server's identity and limits. On the operator's socket requests may follow at once.
    case welcomed(WireWelcome)
    /// Sign `DeviceProof.message(challenge:)` with the device's identity key and call `signed`.
    case sign(challenge: [UInt8])
    case signedIn(WireSignedIn)
    /// Call `signIn` with other credentials, or close.
    case signInRefused(Rejection)
    case reply(request: UInt64, WireServerFrame.OneOf_Body)
    case refused(request: UInt64, Rejection)
    /// The server says something of its own accord.
    case push(WireServerFrame.OneOf_Body)
    /// The server ends the connection, for this reason.
    case closed(Rejection)
  }

  private enum State: Sendable {
    case idle(Idle)
    case awaitingWelcome(AwaitingWelcome)
    case awaitingProof(AwaitingProof)
    case awaitingSignedIn(AwaitingSignedIn)
    case awaitingCredentials(AwaitingCredentials)
    case ready(Ready)
    case closed
  }

  private let client: String
  private let versions: ClosedRange<UInt32>
  private var state: State
  private var nextRequest: UInt64 = 1

  /// - Parameters:
  ///   - client: program and release, for the server's log.
  ///   - credentials: nil on the operator's socket, where there is no signing in.
  ///   - versions: what this client speaks; tests stand in for other releases with it.
  package init(
    client: String, credentials: Credentials?,
    versions: ClosedRange<UInt32> = WireVersion.supported
  ) {
    self.client = client
    self.versions = versions
    state = .idle(Idle(credentials: credentials))
  }
}

// What the shell may ask.
extension ClientConnection {
  package var phase: Phase {
    switch state {
    case .idle: .idle
    case .awaitingWelcome: .awaitingWelcome
    case .awaitingProof: .awaitingProof
    case .awaitingSignedIn: .awaitingSignedIn
    case .awaitingCredentials: .awaitingCredentials
    case .ready: .ready
    case .closed: .closed
    }
  }

  /// The version that both sides speak; nil before Welcome and after the end.
  package var version: UInt32? {
    switch state {
    case .idle, .awaitingWelcome, .closed: nil
    case .awaitingProof(let state): state.session.version
    case .awaitingSignedIn(let state): state.session.version
    case .awaitingCredentials(let state): state.session.version
    case .ready(let state): state.version
    }
  }

  package var outstandingRequests: Int {
    switch state {
    case .awaitingWelcome(let state): state.outstanding.count
    case .awaitingSignedIn(let state): state.outstanding.count
    case .awaitingCredentials(let state): state.outstanding.count
    case .ready(let state): state.outstanding.count
    case .idle, .awaitingProof, .closed: 0
    }
  }

  /// Whether `request` may be called: once SignIn is sent, for whoever does not want to wait for its
  /// answer.
  package var takesRequests: Bool {
    switch state {
    case .awaitingWelcome(let state): state.signIn != nil
    case .awaitingSignedIn, .ready: true
    case .idle, .awaitingProof, .awaitingCredentials, .closed: false
    }
  }
}

// What happens to the connection.
extension ClientConnection {
  /// The connection stands (after TLS and its checks); the client speaks first. A token needs nothing
  /// that Welcome brings, so SignIn follows at once.
  package mutating func connected() -> [Action] {
    guard case .idle(let idle) = state else { return [] }
    let request = countRequest()
    var awaitingWelcome = AwaitingWelcome(from: idle, request: request)
    var actions = [
      Action.send(.request(request, .hello(WireHello(versions: versions, client: client))))
    ]
    if case .token? = idle.credentials?.method, var credentials = idle.credentials {
      // The session knows its device.
      credentials.device = nil
      let signIn = countRequest()
      awaitingWelcome.signIn = signIn
      actions.append(.send(.request(signIn, .signIn(WireSignIn(credentials, proof: [])))))
    }
    state = .awaitingWelcome(awaitingWelcome)
    return actions
  }

  /// A whole frame came.
  package mutating func receive(_ payload: [UInt8]) throws(ProtocolViolation) -> [Action] {
    guard phase != .closed else { return [] }
    do throws(ProtocolViolation) {
      return try handle(WireServerFrame.decode(payload))
    } catch {
      state = .closed
      throw error
    }
  }

  /// The shell made the device's signature over the challenge.
  package mutating func signed(_ proof: [UInt8]) -> [Action] {
    guard case .awaitingProof(let awaitingProof) = state else { return [] }
    let request = countRequest()
    state = .awaitingSignedIn(AwaitingSignedIn(from: awaitingProof, request: request))
    let signIn = WireSignIn(awaitingProof.credentials, proof: proof)
    return [.send(.request(request, .signIn(signIn)))]
  }

  /// Tries again after `signInRefused`.
  package mutating func signIn(_ credentials: Credentials) -> [Action] {
    guard case .awaitingCredentials(let old) = state else { return [] }
    return beginSignIn(credentials, old.session, old.outstanding)
  }

  /// Numbers a request. Its reply comes as `.reply` or `.refused` with the same number.
  ///
  /// - Throws: unless `takesRequests`, and when the server would stop reading because too many requests
  ///   wait.
  package mutating func request(
    _ body: WireClientFrame.OneOf_Body
  ) throws(Rejection) -> (request: UInt64, frame: WireClientFrame) {
    guard outstandingRequests < WireLimits.outstandingRequestsMax else {
      throw Rejection(.rateLimited, "Too many requests wait for their answers. Wait for some.")
    }
    switch state {
    case .awaitingWelcome(var awaitingWelcome) where awaitingWelcome.signIn != nil:
      _ = awaitingWelcome.outstanding.insert(nextRequest)
      state = .awaitingWelcome(awaitingWelcome)
    case .awaitingSignedIn(var awaitingSignedIn):
      _ = awaitingSignedIn.outstanding.insert(nextRequest)
      state = .awaitingSignedIn(awaitingSignedIn)
    case .ready(var ready):
      _ = ready.outstanding.insert(nextRequest)
      state = .ready(ready)
    case .idle, .awaitingWelcome, .awaitingProof, .awaitingCredentials, .closed:
      throw Rejection(.requestOutOfOrder, "There is no connection that is signed in.")
    }
    let request = countRequest()
    return (request, .request(request, body))
  }
}

// The rules.
extension ClientConnection {
  private mutating func handle(_ frame: WireServerFrame) throws(ProtocolViolation) -> [Action] {
    if frame.replyTo == 0 { return try handlePush(frame.body) }
    if let body = frame.body, body.isPush {
      throw ProtocolViolation(
        .malformedFrame, "The server answered request \(frame.replyTo) with what is no answer.")
    }
    switch state {
    case .awaitingWelcome(let old) where old.request == frame.replyTo:
      return try handleWelcome(frame.body, old)
    case .awaitingSignedIn(let old) where old.request == frame.replyTo:
      return try handleSignedIn(frame.body, old)
    case .ready(var ready) where ready.outstanding.remove(frame.replyTo):
      state = .ready(ready)
      return [answer(frame.body, request: frame.replyTo)]
    case .awaitingCredentials(var old) where old.outstanding.remove(frame.replyTo):
      state = .awaitingCredentials(old)
      return [answer(frame.body, request: frame.replyTo)]
    default:
      throw ProtocolViolation(
        .requestOutOfOrder,
        "The server answered request \(frame.replyTo), which does not wait for an answer.")
    }
  }

  private mutating func handlePush(
    _ body: WireServerFrame.OneOf_Body?
  ) throws(ProtocolViolation) -> [Action] {
    // From a newer server: something that this client cannot miss, because it does not know it.
    guard let body else { return [] }
    guard body.isPush else {
      throw ProtocolViolation(.malformedFrame, "The server sent an answer without its request.")
    }
    if case .goodbye(let goodbye) = body {
      state = .closed
      return [.closed(Rejection(goodbye.reason))]
    }
    guard case .ready = state else {
      throw ProtocolViolation(.requestOutOfOrder, "The server told news before signing in.")
    }
    return [.push(body)]
  }

  private mutating func handleWelcome(
    _ body: WireServerFrame.OneOf_Body?, _ old: AwaitingWelcome
  ) throws(ProtocolViolation) -> [Action] {
    if case .refusal(let refusal) = body {
      state = .closed
      return [.closed(Rejection(refusal))]
    }
    guard case .welcome(let welcome) = body else {
      throw ProtocolViolation(.requestOutOfOrder, "The server did not answer Hello with Welcome.")
    }
    guard versions.contains(welcome.version) else {
      throw ProtocolViolation(
        .versionUnsupported,
        "The server chose version \(welcome.version), which this program does not speak.")
    }
    if let problem = welcome.problem { throw ProtocolViolation(.malformedFrame, problem) }
    guard let credentials = old.credentials else {
      state = .ready(Ready(operatorFrom: old, version: welcome.version))
      return [.welcomed(welcome)]
    }
    let session = Session(version: welcome.version, challenge: Array(welcome.challenge))
    if let signIn = old.signIn {
      state = .awaitingSignedIn(AwaitingSignedIn(from: old, session: session, request: signIn))
      return [.welcomed(welcome)]
    }
    return [.welcomed(welcome)] + beginSignIn(credentials, session, OutstandingRequests())
  }

  private mutating func handleSignedIn(
    _ body: WireServerFrame.OneOf_Body?, _ old: AwaitingSignedIn
  ) throws(ProtocolViolation) -> [Action] {
    switch body {
    case .signedIn(let signedIn):
      state = .ready(Ready(from: old))
      return [.signedIn(signedIn)]
    case .refusal(let refusal):
      state = .awaitingCredentials(AwaitingCredentials(from: old))
      return [.signInRefused(Rejection(refusal))]
    default:
      throw ProtocolViolation(.requestOutOfOrder, "The server did not answer SignIn.")
    }
  }

  private mutating func beginSignIn(
    _ credentials: Credentials, _ session: Session, _ outstanding: OutstandingRequests
  ) -> [Action] {
    let awaitingProof = AwaitingProof(
      session: session, credentials: credentials, outstanding: outstanding)
    state = .awaitingProof(awaitingProof)
    // Without a device there is nothing to prove.
    return credentials.device == nil ? signed([]) : [.sign(challenge: session.challenge)]
  }

  private func answer(_ body: WireServerFrame.OneOf_Body?, request: UInt64) -> Action {
    switch body {
    case .refusal(let refusal): .refused(request: request, Rejection(refusal))
    case .some(let body): .reply(request: request, body)
    case nil:
      .refused(
        request: request,
        Rejection(
          .requestUnknown,
          "The server's answer is of a kind that this program does not know. Upgrade it."))
    }
  }

  private mutating func countRequest() -> UInt64 {
    defer { nextRequest += 1 }
    return nextRequest
  }
}
