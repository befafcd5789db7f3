package import ConfabDomain
package import Primitives

/// The server's half of a connection: what a peer may say when, and what to do about it.
///
///     awaitingHello ──Hello──▶ awaitingSignIn ──SignIn──▶ signingIn ──signedIn──▶ ready
///           │                        ▲                        │
///           │                        └────signInRefused───────┘
///           └──Hello on the operator's socket──▶ ready          any ──violation──▶ closing
///
/// Law of use: hand each payload to `receive` and perform the actions in order. After `pauseReading`
/// hand in no more payloads until `resumeReading`. It pauses while it is found out who the peer is, so
/// that requests may come right behind SignIn, and while too many requests wait. After a `ProtocolViolation` send its `farewell`
/// and close. Each `.signIn` is answered by `signedIn` or `signInRefused`, and each `.request` by a
/// frame with its number, followed by `answered`.
package struct ServerConnection: Sendable {
  package enum Authority: Sendable, Equatable {
    /// Somebody on the network, who must sign in.
    case network
    /// The admin socket, which only the data folder's owner can open: nobody needs to sign in.
    case `operator`
  }

  package enum Phase: String, Sendable, Equatable, CaseIterable {
    /// Nothing was said yet, and Hello must come first.
    case awaitingHello
    /// The version is agreed on, and we do not know who this is.
    case awaitingSignIn
    /// The shell checks a password or a token; the person waits.
    case signingIn
    /// Requests are served.
    case ready
    /// The peer broke the rules, and nothing that it says counts any more.
    case closing
  }

  package enum Action: Sendable, Equatable {
    case send(WireServerFrame)
    /// Check who this is and call `signedIn` or `signInRefused`.
    case signIn(request: UInt64, WireSignIn)
    /// Serve this and call `answered`.
    case request(request: UInt64, body: WireClientFrame.OneOf_Body)
    /// Take nothing more from the peer, not even from what was read already.
    case pauseReading
    case resumeReading
  }

  private enum State: Sendable {
    case awaitingHello(AwaitingHello)
    case awaitingSignIn(AwaitingSignIn)
    case signingIn(SigningIn)
    case ready(Ready)
    case closing
  }

  private let server: String
  private let place: [UInt8]
  /// Random bytes of this connection, for `DeviceProof`.
  package let challenge: [UInt8]
  private let authority: Authority
  private let encoding: FrameEncoding
  private let versions: ClosedRange<UInt32>
  private var state: State

  /// - Parameters:
  ///   - encoding: how the peer spells its payloads.
  ///   - versions: what this server speaks; tests stand in for other releases with it.
  package init(
    server: String, place: [UInt8], challenge: [UInt8], authority: Authority,
    encoding: FrameEncoding = .native, versions: ClosedRange<UInt32> = WireVersion.supported
  ) {
    self.server = server
    self.place = place
    self.challenge = challenge
    self.authority = authority
    self.encoding = encoding
    self.versions = versions
    state = .awaitingHello(AwaitingHello())
  }
}

// What the shell may ask.
extension ServerConnection {
  package var phase: Phase {
    switch state {
    case .awaitingHello: .awaitingHello
    case .awaitingSignIn: .awaitingSignIn
    case .signingIn: .signingIn
    case .ready: .ready
    case .closing: .closing
    }
  }

  /// What Hello said; nil before.
  package var greeting: Greeting? {
    switch state {
    case .awaitingHello, .closing: nil
    case .awaitingSignIn(let state): state.greeting
    case .signingIn(let state): state.greeting
    case .ready(let state): state.greeting
    }
  }

  /// The longest payload to take now: `FrameDecoder.bytesMax` follows this after each `receive`.
  package var frameBytesMax: Int {
    switch state {
    case .awaitingHello(let state): state.bytesLeft
    case .awaitingSignIn(let state): state.bytesLeft
    case .signingIn(let state): state.bytesLeft
    case .ready: WireLimits.frameBytesMax
    case .closing: 0
    }
  }

  package var outstandingRequests: Int {
    guard case .ready(let ready) = state else { return 0 }
    return ready.outstanding.count
  }
}

// What happens to the connection.
extension ServerConnection {
  /// A whole frame came.
  package mutating func receive(
    _ payload: [UInt8], at time: WallTime
  ) throws(ProtocolViolation) -> [Action] {
    do throws(ProtocolViolation) {
      try spend(payload.count)
      guard phase != .closing else { return [] }
      return try handle(WireClientFrame.decode(payload, as: encoding), at: time)
    } catch {
      state = .closing
      throw error
    }
  }

  /// The shell found out who this is.
  package mutating func signedIn(request: UInt64, reply: WireSignedIn) -> [Action] {
    guard case .signingIn(let signingIn) = state, signingIn.request == request else { return [] }
    state = .ready(Ready(from: signingIn))
    return [.send(.reply(to: request, .signedIn(reply))), .resumeReading]
  }

  /// The peer may try again on this connection.
  package mutating func signInRefused(request: UInt64, _ rejection: Rejection) -> [Action] {
    guard case .signingIn(let signingIn) = state, signingIn.request == request else { return [] }
    state = .awaitingSignIn(AwaitingSignIn(from: signingIn))
    return [.send(.refusal(of: request, rejection)), .resumeReading]
  }

  /// A request has its answer.
  package mutating func answered(request: UInt64) -> [Action] {
    guard case .ready(var ready) = state else { return [] }
    let known = ready.outstanding.remove(request)
    assert(known, "request \(request) was answered twice, or never asked")
    let resumes = ready.isPaused && ready.outstanding.count <= WireLimits.outstandingRequestsLow
    if resumes { ready.isPaused = false }
    state = .ready(ready)
    return resumes ? [.resumeReading] : []
  }

  /// `WireLimits.signInSecondsMax` have passed since the peer connected.
  ///
  /// - Throws: when it has not signed in. A check that is under way is our time and not the peer's.
  package mutating func signInTimeIsUp() throws(ProtocolViolation) {
    switch state {
    case .signingIn, .ready, .closing: return
    case .awaitingHello, .awaitingSignIn: state = .closing
    }
    throw ProtocolViolation(
      .signInTimeout,
      "Nobody signed in within \(WireLimits.signInSecondsMax) seconds. Connect and try again.")
  }
}

// The rules.
extension ServerConnection {
  private mutating func handle(
    _ frame: WireClientFrame, at time: WallTime
  ) throws(ProtocolViolation) -> [Action] {
    let request = frame.request
    guard request != 0 else {
      throw ProtocolViolation(.malformedFrame, "A request needs a number that is not 0.")
    }
    guard let body = frame.body else {
      return refuse(
        request, .requestUnknown,
        "This server does not know the request. It may be older than your program.")
    }
    switch body {
    case .hello(let hello): return try greet(hello, request: request, at: time)
    case .signIn(let signIn): return beginSignIn(signIn, request: request)
    case .ping: return [.send(.done(request))]
    default: return take(body, request: request)
    }
  }

  private mutating func greet(
    _ hello: WireHello, request: UInt64, at time: WallTime
  ) throws(ProtocolViolation) -> [Action] {
    guard case .awaitingHello(let awaitingHello) = state else {
      return refuse(request, .requestOutOfOrder, "Hello is said once, at the beginning.")
    }
    guard hello.versionMin >= 1, hello.versionMin <= hello.versionMax else {
      throw ProtocolViolation(
        .requestInvalid, "Hello must name a range of versions, from 1.", request: request)
    }
    let theirs = hello.versionMin...hello.versionMax
    guard let version = WireVersion.negotiate(versions, with: theirs) else {
      throw ProtocolViolation(
        .versionUnsupported,
        "This server speaks versions \(versions.lowerBound) to \(versions.upperBound), your "
          + "program \(theirs.lowerBound) to \(theirs.upperBound). Upgrade the older of the two.",
        request: request)
    }
    let greeting = Greeting(version: version, client: hello.client)
    switch authority {
    case .network:
      state = .awaitingSignIn(AwaitingSignIn(from: awaitingHello, greeting: greeting))
    case .operator:
      state = .ready(Ready(operatorFrom: awaitingHello, greeting: greeting))
    }
    return [.send(.reply(to: request, .welcome(welcome(version: version, at: time))))]
  }

  private func welcome(version: UInt32, at time: WallTime) -> WireWelcome {
    WireWelcome(
      version: version, server: server, place: place, challenge: challenge, at: time)
  }

  private mutating func beginSignIn(_ signIn: WireSignIn, request: UInt64) -> [Action] {
    guard case .awaitingSignIn(let awaitingSignIn) = state else {
      let message =
        switch phase {
        case .awaitingHello: "Say Hello before signing in."
        case .signingIn: "Wait for the answer to the first SignIn."
        default: "This connection is signed in. Connect again to be somebody else."
        }
      return refuse(request, .requestOutOfOrder, message)
    }
    if let problem = signIn.problem { return refuse(request, .requestInvalid, problem) }
    state = .signingIn(SigningIn(from: awaitingSignIn, request: request))
    return [.pauseReading, .signIn(request: request, signIn)]
  }

  private mutating func take(
    _ body: WireClientFrame.OneOf_Body, request: UInt64
  ) -> [Action] {
    guard case .ready(var ready) = state else {
      return refuse(
        request, .requestOutOfOrder,
        phase == .awaitingHello ? "Say Hello first." : "Sign in first.")
    }
    assert(!ready.isPaused, "a payload was handed in while reading is paused")
    guard ready.outstanding.insert(request) else {
      return refuse(
        request, .requestInvalid, "Request \(request) is still being answered. Count on.")
    }
    let pauses = ready.outstanding.count >= WireLimits.outstandingRequestsMax
    if pauses { ready.isPaused = true }
    state = .ready(ready)
    return pauses
      ? [.request(request: request, body: body), .pauseReading]
      : [.request(request: request, body: body)]
  }

  private func refuse(
    _ request: UInt64, _ code: Rejection.Code, _ message: String
  ) -> [Action] {
    [.send(.refusal(of: request, Rejection(code, message)))]
  }

  /// Counts what a stranger has sent.
  private mutating func spend(_ bytes: Int) throws(ProtocolViolation) {
    guard phase != .ready, phase != .closing else { return }
    guard bytes <= frameBytesMax else {
      throw ProtocolViolation(
        .signInTimeout,
        "More than \(WireLimits.preSignInBytesMax) bytes came without signing in.")
    }
    switch state {
    case .awaitingHello(var inner):
      inner.bytesLeft -= bytes
      state = .awaitingHello(inner)
    case .awaitingSignIn(var inner):
      inner.bytesLeft -= bytes
      state = .awaitingSignIn(inner)
    case .signingIn(var inner):
      inner.bytesLeft -= bytes
      state = .signingIn(inner)
    case .ready, .closing: break
    }
  }
}
