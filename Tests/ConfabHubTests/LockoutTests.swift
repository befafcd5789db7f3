import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Lockout")
struct LockoutTests {
  /// Enough wrong passwords for a lockout; returns the last answer.
  @discardableResult
  private func lock(_ harness: HubHarness, _ name: String = "bob", times: Int = 3) -> Answer {
    var last = Answer()
    for _ in 0..<times { last = harness.trySignIn(name) }
    return last
  }

  @Test(
    "three failures in a row lock for 10 s, from any address and for the right password",
    arguments: ["bob", "nobody"])
  func locks(_ name: String) {
    let harness = HubHarness()
    #expect(harness.trySignIn(name).code == .credentialsWrong)
    #expect(harness.trySignIn(name).code == .credentialsWrong)
    let third = harness.trySignIn(name)
    #expect(third.code == .accountLocked)
    #expect(third.rejection?.retryAfter == .seconds(10))
    let right = harness.trySignIn(name, "password", from: "198.51.100.7")
    #expect(right.code == .accountLocked)
    // In other letters it is the same name.
    #expect(harness.trySignIn(name.uppercased()).code == .accountLocked)
    harness.wait(.milliseconds(9_999))
    #expect(harness.trySignIn(name, "password").code == .accountLocked)
    harness.wait(.milliseconds(1))
    let after = harness.trySignIn(name, "password")
    #expect(name == "bob" ? after.signedIn != nil : after.code == .credentialsWrong)
  }

  @Test("names that are nobody's answer word for word like those that are somebody's")
  func unknownNames() {
    let harness = HubHarness()
    for step in 0..<40 {
      let known = harness.trySignIn("bob", from: "192.0.2.\(step)")
      let unknown = harness.trySignIn("nobody", from: "192.0.2.\(step)")
      #expect(known.rejection == unknown.rejection, "step \(step)")
      #expect(known.rejection != nil)
      harness.wait(.seconds(step % 7))
    }
  }

  @Test("trying during a lockout neither prolongs nor resets it")
  func trying() {
    let harness = HubHarness()
    lock(harness)
    for _ in 0..<9 {
      harness.wait(.seconds(1))
      #expect(harness.trySignIn("bob").code == .accountLocked)
    }
    harness.wait(.seconds(1))
    #expect(harness.trySignIn("bob", "password").signedIn != nil)
  }

  @Test("failures in a row: a success between them begins the count anew")
  func success() {
    let harness = HubHarness()
    for _ in 0..<3 {
      lock(harness, times: 2)
      #expect(harness.trySignIn("bob", "password").signedIn != nil)
    }
    // Also when the success is a new device's.
    lock(harness, times: 2)
    #expect(harness.trySignIn("bob", "password", device: HubHarness.keys(1)).signedIn != nil)
    #expect(harness.trySignIn("bob").code == .credentialsWrong)
  }

  @Test(
    "the second within an hour lasts twice as long, up to five minutes",
    arguments: ["bob", "nobody"])
  func doubling(_ name: String) {
    var options = HubOptions()
    options.addressFailuresPerMinuteMax = 1000
    let harness = HubHarness(options: options)
    for seconds in [10, 20, 40, 80, 160, 300, 300] {
      #expect(lock(harness, name).rejection?.retryAfter == .seconds(seconds))
      harness.wait(.seconds(seconds))
    }
    harness.wait(.seconds(3600))
    #expect(lock(harness, name).rejection?.retryAfter == .seconds(10))
  }

  @Test("it survives a restart")
  func restart() {
    let harness = HubHarness()
    lock(harness)
    harness.restart()
    #expect(harness.trySignIn("bob", "password").code == .accountLocked)
    harness.wait(.seconds(10))
    #expect(harness.trySignIn("bob", "password").signedIn != nil)
  }

  @Test("so do two failures")
  func restartBetween() {
    let harness = HubHarness()
    lock(harness, times: 2)
    harness.restart()
    #expect(harness.trySignIn("bob").code == .accountLocked)
  }

  @Test("the operator's number and time are heeded", arguments: [1, 5, 20])
  func options(_ count: Int) {
    var options = HubOptions()
    options.failedSignInsMax = count
    options.lockout = .seconds(30)
    let harness = HubHarness(options: options)
    if count > 1 { #expect(lock(harness, times: count - 1).code == .credentialsWrong) }
    #expect(harness.trySignIn("bob").rejection?.retryAfter == .seconds(30))
  }

  @Test("a device that signed in before is not locked out by strangers, nor they by it")
  func knownDevice() {
    let harness = HubHarness()
    let keys = HubHarness.keys(1)
    #expect(harness.trySignIn("bob", "password", device: keys).signedIn != nil)
    lock(harness)
    #expect(harness.trySignIn("bob", "password").code == .accountLocked)
    #expect(harness.trySignIn("bob", "password", device: keys).signedIn != nil)
    // Its own failures lock it alone.
    harness.wait(.seconds(10))
    for _ in 0..<2 { harness.trySignIn("bob", device: keys) }
    #expect(harness.trySignIn("bob", device: keys).code == .accountLocked)
    #expect(harness.trySignIn("bob", "password", device: keys).code == .accountLocked)
    #expect(harness.trySignIn("bob", "password").signedIn != nil)
  }

  @Test("to claim a device without its key opens nothing and counts only for the address")
  func falseProof() {
    let harness = HubHarness()
    let keys = HubHarness.keys(1)
    #expect(harness.trySignIn("bob", "password", device: keys).signedIn != nil)
    for _ in 0..<10 {
      let answer = harness.trySignIn(
        "bob", "password", from: "198.51.100.7", device: keys, signature: [0])
      #expect(answer.code == .credentialsWrong)
    }
    #expect(harness.trySignIn("bob", "password", device: keys).signedIn != nil)
    #expect(harness.trySignIn("bob", "password").signedIn != nil)
  }

  @Test("500 wrong passwords at once are three guesses", arguments: ["bob", "nobody"])
  func parallel(_ name: String) {
    let harness = HubHarness()
    let connections = (0..<500).map { harness.connect(from: "192.0.2.\($0 % 250)") }
    let requests = connections.map { connection in
      harness.begin(HubHarness.attempt(name, "wrong one"), on: connection)
    }
    var guesses = 0
    while !harness.checks.isEmpty {
      #expect(harness.checks.count == 1)
      guesses += harness.checks.count
      harness.answerPasswords()
    }
    harness.settle()
    #expect(guesses == 3)
    let codes = zip(requests, connections).map { harness.answer(to: $0, on: $1).code }
    #expect(codes.allSatisfy { $0 != nil })
    #expect(codes.count { $0 == .credentialsWrong } == 2)
    #expect(harness.hub.sizes.attempts == 0)
    #expect(harness.hub.sizes.questions == 0)
  }

  @Test("a line of attempts is no longer than its limit, whoever hangs up")
  func line() {
    let harness = HubHarness()
    for number in 0..<2000 {
      let connection = harness.connect(from: "192.0.2.\(number % 250)")
      harness.begin(HubHarness.attempt("bob", "wrong one"), on: connection)
      #expect(harness.hub.sizes.attempts <= HubLimits.attemptsInLineMax)
      if number % 2 == 0 { harness.disconnect(connection) }
    }
    harness.settle()
    #expect(harness.hub.sizes.attempts == 0)
  }

  @Test("one address has 60 failures a minute, whatever the names; successes do not count")
  func address() {
    let harness = HubHarness()
    for number in 0..<60 {
      #expect(harness.trySignIn("ann", "password").signedIn != nil)
      #expect(harness.trySignIn("name-\(number)").code == .credentialsWrong)
    }
    let refused = harness.trySignIn("bob", "password")
    #expect(refused.code == .addressLimited)
    #expect(refused.rejection?.retryAfter == .seconds(60))
    #expect(harness.trySignIn("bob", "password", from: "192.0.2.2").signedIn != nil)
    harness.wait(.seconds(60))
    #expect(harness.trySignIn("bob", "password").signedIn != nil)
  }

  @Test("a flood of one network is checked few at a time, and ends with its failures")
  func flood() {
    let harness = HubHarness()
    let connections = (0..<290).map { _ in harness.connect(from: "192.0.2.1") }
    for (number, connection) in connections.enumerated() {
      harness.begin(HubHarness.attempt("name-\(number)", "wrong one"), on: connection)
    }
    #expect(harness.checks.count == HubLimits.checksPerNetworkMax)
    let ann = harness.connect(from: "198.51.100.7")
    harness.begin(HubHarness.attempt("ann"), on: ann)
    // Hers is not behind theirs.
    #expect(harness.checks.count == HubLimits.checksPerNetworkMax + 1)
    var guesses = 0
    while !harness.checks.isEmpty {
      #expect(harness.checks.count <= HubLimits.checksPerNetworkMax + 1)
      guesses += harness.checks.count
      harness.answerPasswords()
    }
    harness.settle()
    #expect(guesses < 60 + HubLimits.checksPerNetworkMax + 1)
    #expect(harness.hub.sizes.attempts == 0)
    #expect(harness.trySignIn("bob", "password", from: "192.0.2.1").code == .addressLimited)
  }

  @Test("who waits for a check and hangs up costs none")
  func hangingUpInLine() {
    let harness = HubHarness()
    let connections = (0..<50).map { _ in harness.connect(from: "192.0.2.1") }
    for (number, connection) in connections.enumerated() {
      harness.begin(HubHarness.attempt("name-\(number)", "wrong one"), on: connection)
    }
    for connection in connections { harness.disconnect(connection) }
    var guesses = 0
    while !harness.checks.isEmpty {
      guesses += harness.checks.count
      harness.answerPasswords()
    }
    #expect(guesses == HubLimits.checksPerNetworkMax)
    #expect(harness.trySignIn("bob", "password", from: "192.0.2.1").signedIn != nil)
  }

  @Test("a session goes on where strangers have used up their failures")
  func sessionsBesideStrangers() throws {
    let harness = HubHarness()
    _ = harness.signedIn("ann")
    let hash = try #require(harness.store.state.sessions.values.last).tokenHash
    for number in 0..<60 { harness.trySignIn("name-\(number)") }
    #expect(harness.trySignIn("bob", "password").code == .addressLimited)
    func goOn(_ hash: [UInt8]) -> Answer {
      harness.ask(
        .signIn(SignInAttempt(method: .token(hash: hash), device: nil, proof: nil)),
        on: harness.connect())
    }
    #expect(goOn(hash).signedIn?.name == "ann")
    // An unknown token is a stranger's.
    #expect(goOn([1]).code == .addressLimited)
  }

  @Test("who hangs up before the answer has failed all the same")
  func hangingUp() {
    var options = HubOptions()
    options.addressFailuresPerMinuteMax = 2
    let harness = HubHarness(options: options)
    for number in 0..<2 {
      let connection = harness.connect()
      harness.begin(HubHarness.attempt("name-\(number)", "wrong one"), on: connection)
      harness.disconnect(connection)
      harness.settle()
    }
    #expect(harness.trySignIn("bob", "password").code == .addressLimited)
  }

  @Test(
    "addresses of one customer count as one",
    arguments: [
      ("2001:db8:1:2::5", "2001:db8:1:2:a:b:c:d", true),
      ("2001:db8:1::5", "2001:db8:1:0:a:b:c:d", true),
      ("2001:db8::1", "2001:DB8:0:0:1::", true),
      ("2001:db8:1:2::5", "2001:db8:1:3::5", false),
      ("fe80::1%eth0", "fe80::2%eth1", true),
      ("192.0.2.1", "192.0.2.2", false),
      ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
      ("::ffff:192.0.2.1", "192.0.2.1", true),
      ("::1", "::2", true),
    ])
  func networks(_ one: String, _ other: String, _ same: Bool) {
    var options = HubOptions()
    options.addressFailuresPerMinuteMax = 1
    let harness = HubHarness(options: options)
    harness.trySignIn("nobody", from: one)
    let answer = harness.trySignIn("bob", "password", from: other)
    #expect(same ? answer.code == .addressLimited : answer.signedIn != nil)
  }

  @Test("a clock that is set back by a year locks nobody for a year")
  func clock() {
    let harness = HubHarness()
    lock(harness)
    harness.now.wall = harness.now.wall - .seconds(365 * 24 * 3600)
    #expect(harness.trySignIn("bob", "password").signedIn != nil)
  }

  @Test("the log says who failed and from where, also of those who hung up, and warns of a lockout")
  func log() {
    let harness = HubHarness()
    for name in ["bob", "nobody", "bob", "bob"] {
      let connection = harness.connect(from: "198.51.100.7")
      harness.begin(HubHarness.attempt(name, "wrong one"), on: connection)
      harness.disconnect(connection)
      harness.settle()
    }
    let lines = harness.log.filter { $0.what != "was refused" }
    #expect(
      lines.map { "\($0.level) \($0.who) \($0.what) \($0.detail)" } == [
        "info bob failed to sign in ", "info  failed to sign in unknown name",
        "info bob failed to sign in ", "info bob failed to sign in ", "warning bob was locked out ",
      ])
    #expect(harness.log.allSatisfy { $0.address == "198.51.100.7" })
  }

  @Test("a device's lockout is shown to owners as well")
  func lockedDevice() {
    let harness = HubHarness()
    let ann = harness.signedIn("ann")
    let keys = HubHarness.keys(1)
    #expect(harness.trySignIn("bob", "password", device: keys).signedIn != nil)
    for _ in 0..<3 { harness.trySignIn("bob", device: keys) }
    #expect(
      harness.ask(.listAccounts(after: "a"), on: ann).accounts?[1].lockedUntil
        == harness.now.wall + .seconds(10))
  }

  @Test("an owner unlocks")
  func unlock() {
    let harness = HubHarness()
    let ann = harness.signedIn("ann")
    lock(harness)
    #expect(harness.ask(.listAccounts(after: "a"), on: ann).accounts?[1].lockedUntil != nil)
    #expect(harness.ask(.setAccount(name: "bob", .unlock), on: ann).isDone)
    #expect(harness.ask(.listAccounts(after: "a"), on: ann).accounts?[1].lockedUntil == nil)
    #expect(harness.trySignIn("bob", "password").signedIn != nil)
  }

  @Test(
    "failures and lockouts stand in the journal, with the address and neither password nor unknown name"
  )
  func audit() {
    let harness = HubHarness()
    lock(harness)
    harness.trySignIn("nobody", "open sesame")
    let failures = harness.store.events.compactMap { stamped in
      if case .signInFailed(let failure) = stamped.event.body { failure } else { nil }
    }
    #expect(failures.map(\.name) == ["bob", "bob", "bob", ""])
    #expect(failures.allSatisfy { $0.address == "192.0.2.1" })
    #expect(failures.last?.account == nil)
  }
}
