import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Signing in")
struct SignInTests {
  @Test("a password opens a session, its token goes on with it on another connection")
  func passwordAndToken() throws {
    let harness = HubHarness()
    let first = try #require(harness.trySignIn("ANN", "password").signedIn)
    #expect(first.name == "ann")
    #expect(first.role == .owner)
    let token = try #require(first.token)
    #expect(token.bytes.count == 32)
    #expect(harness.store.state.sessions[first.session]?.tokenHash != token.bytes)
    let hash = try #require(harness.store.state.sessions[first.session]).tokenHash
    let second = harness.ask(Self.token(hash), on: harness.connect()).signedIn
    #expect(second?.session == first.session)
    #expect(second?.token == nil)
  }

  static func token(_ hash: [UInt8]) -> Request {
    .signIn(SignInAttempt(method: .token(hash: hash), device: nil, proof: nil))
  }

  @Test("wrong names, passwords and tokens are refused; only the token's refusal differs")
  func refusals() {
    let harness = HubHarness()
    #expect(harness.trySignIn("ann").code == .credentialsWrong)
    #expect(harness.trySignIn("nobody").code == .credentialsWrong)
    #expect(harness.trySignIn("no body\u{0}").code == .credentialsWrong)
    #expect(
      harness.trySignIn("bob", String(repeating: "x", count: 2000)).code == .credentialsWrong)
    #expect(harness.checks.isEmpty)
    #expect(harness.ask(Self.token([1, 2, 3]), on: harness.connect()).code == .sessionUnknown)
  }

  @Test("requests before signing in are out of order, and so is signing in twice")
  func order() {
    let harness = HubHarness()
    let stranger = harness.connect()
    #expect(harness.ask(.who(after: ""), on: stranger).code == .requestOutOfOrder)
    #expect(harness.ask(.signOut, on: stranger).code == .requestOutOfOrder)
    let ann = harness.signedIn("ann")
    #expect(harness.ask(HubHarness.attempt("ann"), on: ann).code == .requestOutOfOrder)
    let both = harness.connect()
    let one = harness.begin(HubHarness.attempt("ann"), on: both)
    let two = harness.begin(HubHarness.attempt("bob"), on: both)
    harness.settle()
    #expect(harness.answer(to: one, on: both).signedIn != nil)
    #expect(harness.answer(to: two, on: both).code == .requestOutOfOrder)
    #expect(harness.store.state.sessions.count == 2)
  }

  @Test("a disabled account is told so only with its right password")
  func disabled() {
    let harness = HubHarness()
    let ann = harness.signedIn("ann")
    #expect(harness.ask(.setAccount(name: "bob", .disable), on: ann).isDone)
    #expect(harness.trySignIn("bob").code == .credentialsWrong)
    #expect(harness.trySignIn("bob", "password").code == .accountDisabled)
    #expect(harness.ask(.setAccount(name: "bob", .enable), on: ann).isDone)
    #expect(harness.trySignIn("bob", "password").signedIn != nil)
  }

  @Test("too many at once are asked to come back, and nothing is counted")
  func busy() {
    let harness = HubHarness()
    for _ in 0..<5 {
      let connection = harness.connect()
      let request = harness.begin(HubHarness.attempt("ann", "wrong one"), on: connection)
      harness.answerCheck(.busy)
      let answer = harness.answer(to: request, on: connection)
      #expect(answer.code == .signInBusy)
      #expect(answer.rejection?.retryAfter != nil)
    }
    #expect(harness.trySignIn("ann", "password").signedIn != nil)
  }

  @Test("a new device is told to the person's other connections, with where it came from")
  func newDevice() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    let keys = HubHarness.keys(1)
    #expect(
      harness.trySignIn("ann", "password", from: "198.51.100.7", device: keys).signedIn != nil)
    guard case .deviceSeen(keys, let address)? = harness.notices(ann).last else {
      Issue.record("nothing was told")
      return
    }
    #expect(address == "198.51.100.7")
    // Known from now on.
    harness.trySignIn("ann", "password", device: keys)
    #expect(harness.notices(ann).count == 1)
    #expect(harness.store.state.devices.count == 1)
  }

  @Test("a known device with another key than before is stopped")
  func changedKey() {
    let harness = HubHarness()
    var keys = HubHarness.keys(1)
    harness.trySignIn("ann", "password", device: keys)
    keys.agreement[0] ^= 1
    #expect(harness.trySignIn("ann", "password", device: keys).code == .deviceKeyChanged)
  }

  @Test("keys without a proof make no device")
  func noProof() {
    let harness = HubHarness()
    let attempt = SignInAttempt(
      method: .password(name: "ann", HubHarness.password), device: HubHarness.keys(1), proof: nil)
    #expect(harness.ask(.signIn(attempt), on: harness.connect()).signedIn != nil)
    #expect(harness.store.state.devices.isEmpty)
  }

  @Test("the oldest of too many sessions is ended")
  func tooManySessions() throws {
    let harness = HubHarness()
    let oldest = harness.signedIn("ann")
    for _ in 1..<Limits.sessionsPerAccountMax { _ = harness.signedIn("ann") }
    #expect(harness.isOpen(oldest))
    _ = harness.signedIn("ann")
    #expect(harness.store.state.sessions.count == Limits.sessionsPerAccountMax)
    #expect(!harness.isOpen(oldest))
    #expect(harness.farewell(oldest)?.code == .sessionUnknown)
  }

  @Test("who hangs up before the answer opens no session")
  func hangsUp() {
    let harness = HubHarness()
    let connection = harness.connect()
    harness.begin(HubHarness.attempt("ann"), on: connection)
    harness.disconnect(connection)
    harness.settle()
    #expect(harness.store.state.sessions.isEmpty)
  }

  @Test("no secret prints itself")
  func secrets() {
    let request = HubHarness.attempt("ann", "open sesame")
    #expect(!"\(request)".contains("sesame"))
    #expect("\(HubHarness.password)" == "(secret)")
    #expect(String(reflecting: HubHarness.password) == "(secret)")
  }
}

@Suite("Making an account")
struct RegistrationTests {
  private func register(
    _ harness: HubHarness, _ name: String, _ password: String = "password", secret: [UInt8] = []
  ) -> Answer {
    let method = SignInAttempt.Method.invitation(
      secretHash: secret, name: name, Secret(Array(password.utf8)))
    return harness.ask(
      .signIn(SignInAttempt(method: method, device: nil, proof: nil)), on: harness.connect())
  }

  /// The hash of the secret of a new invitation.
  private func invite(_ harness: HubHarness, uses: UInt32 = 1) -> [UInt8] {
    let ann = harness.signedIn("ann")
    let answer = harness.ask(.createInvitation(uses: uses, expiresIn: nil), on: ann)
    guard case .invitation(let secret, _)? = answer.reply, secret.bytes.count == 16 else {
      preconditionFailure("no invitation")
    }
    return harness.store.state.invitations.values.last?.secretHash ?? []
  }

  @Test("an invitation makes an account and signs in")
  func invited() {
    let harness = HubHarness()
    let secret = invite(harness)
    #expect(register(harness, "eve", secret: secret).signedIn?.name == "eve")
    #expect(harness.trySignIn("eve", "password").signedIn != nil)
    #expect(register(harness, "zoe", secret: secret).code == .invitationInvalid)
  }

  @Test("two at the same instant with an invitation for one: one of them gets in")
  func race() {
    let harness = HubHarness()
    let secret = invite(harness)
    let connections = [harness.connect(), harness.connect()]
    let requests = zip(connections, ["eve", "zoe"]).map { connection, name in
      harness.begin(
        .signIn(
          SignInAttempt(
            method: .invitation(secretHash: secret, name: name, HubHarness.password), device: nil,
            proof: nil)), on: connection)
    }
    harness.settle()
    #expect(harness.answer(to: requests[0], on: connections[0]).signedIn?.name == "eve")
    #expect(harness.answer(to: requests[1], on: connections[1]).code == .invitationInvalid)
    #expect(harness.store.state.accounts.count == 5)
  }

  @Test("a name twice at the same instant is one account")
  func sameName() {
    var options = HubOptions()
    options.registration = .open
    let harness = HubHarness(options: options)
    let connections = [harness.connect(), harness.connect()]
    let requests = zip(connections, ["eve", "EVE"]).map { connection, name in
      harness.begin(
        .signIn(
          SignInAttempt(
            method: .invitation(secretHash: [], name: name, HubHarness.password), device: nil,
            proof: nil)), on: connection)
    }
    harness.settle()
    #expect(harness.answer(to: requests[0], on: connections[0]).signedIn != nil)
    #expect(harness.answer(to: requests[1], on: connections[1]).code == .nameTaken)
  }

  @Test(
    "what the server's choice of registration allows",
    arguments: [
      (HubOptions.Registration.invite, Rejection.Code.registrationClosed, nil),
      (.open, nil, nil), (.closed, .registrationClosed, .registrationClosed),
    ] as [(HubOptions.Registration, Rejection.Code?, Rejection.Code?)])
  func choice(
    _ registration: HubOptions.Registration, _ without: Rejection.Code?, _ with: Rejection.Code?
  ) {
    var options = HubOptions()
    options.registration = registration
    let harness = HubHarness(options: options)
    let secret = invite(harness)
    #expect(register(harness, "eve").code == without)
    #expect(register(harness, "zoe", secret: secret).code == with)
  }

  @Test("guessing secrets is limited for each address")
  func guessing() {
    var options = HubOptions()
    options.addressFailuresPerMinuteMax = 3
    let harness = HubHarness(options: options)
    for _ in 0..<3 {
      #expect(register(harness, "eve", secret: [1]).code == .invitationInvalid)
    }
    #expect(register(harness, "eve", secret: [1]).code == .addressLimited)
  }

  @Test("unfit names and passwords are refused before anything is hashed")
  func unfit() {
    var options = HubOptions()
    options.registration = .open
    let harness = HubHarness(options: options)
    #expect(register(harness, "eve", "short").code == .passwordUnfit)
    #expect(
      register(harness, "eve", String(repeating: "x", count: 10_000_000)).code == .passwordUnfit)
    #expect(register(harness, "e\u{202E}ve").code == .nameInvalid)
    #expect(register(harness, "Ann").code == .nameTaken)
    let connection = harness.connect()
    let request = harness.begin(
      .signIn(
        SignInAttempt(
          method: .invitation(secretHash: [], name: "eve", HubHarness.password), device: nil,
          proof: nil)), on: connection)
    harness.refuseHashing()
    #expect(harness.answer(to: request, on: connection).code == .signInBusy)
  }
}
