import ConfabDomain
import DequeModule
import OrderedCollections
import Primitives

/// Whose failures an attempt counts for, and so what it waits in line for.
enum AttemptKey: Hashable, Sendable {
  case account(AccountID)
  /// A device that signed in before: strangers' failures do not lock it out.
  case device(DeviceID)
  case unknownName(String)
}

struct Attempt: Sendable {
  var caller: Caller
  var name: Name
  var password: Secret
  var device: DeviceKeys?
  var proof: DeviceProof?
}

// Signing in with a name and a password.
extension Hub {
  mutating func signIn(
    _ caller: Caller, name typed: String, _ password: Secret, _ attempt: SignInAttempt
  ) throws(Rejection) {
    try requireJournal()
    try requireUnlimited(caller)
    guard let name = try? Name.person(typed), password.bytes.count <= Limits.passwordBytesMax else {
      countAddressFailure(caller)
      throw Self.wrongCredentials
    }
    let account = accountWithPassword(name)
    let key = attemptKey(account, name, attempt)
    try requireUnlocked(key)
    guard (attempts[key]?.count ?? 0) < HubLimits.attemptsInLineMax else { throw Self.signInBusy }
    let queued = Attempt(
      caller: caller, name: name, password: password, device: attempt.device,
      proof: attempt.proof)
    let isFirst = attempts[key] == nil
    attempts[key, default: []].append(queued)
    if isFirst { checkNext(key) }
  }

  /// A guest has none, and is for this as good as nobody.
  private func accountWithPassword(_ name: Name) -> Account? {
    state.account(named: name).flatMap { $0.role == .guest ? nil : $0 }
  }

  private func attemptKey(
    _ account: Account?, _ name: Name, _ attempt: SignInAttempt
  ) -> AttemptKey {
    guard let account else { return .unknownName(name.folded) }
    if attempt.proof != nil, let keys = attempt.device,
      let device = state.device(identity: keys.identity, of: account.id)
    {
      return .device(device.id)
    }
    return .account(account.id)
  }

  /// Asks for the check of the attempt that is first in line. A loop, since hundreds behind the one
  /// that locked the account are refused together.
  private mutating func checkNext(_ key: AttemptKey) {
    while let attempt = attempts[key]?.first {
      // Who hung up gets no answer, and so no guess either.
      if connections[attempt.caller.connection] != nil {
        do throws(Rejection) {
          // Those before it may have been one too many.
          try requireUnlimited(attempt.caller)
          try requireUnlocked(key)
          let network = NetworkPrefix(of: attempt.caller.address)
          if checkLines.begin(network) { return askCheck(of: attempt, key) }
          guard checkLines.wait(key, network) else { throw Self.signInBusy }
          return
        } catch {
          refuse(attempt.caller, error)
        }
      }
      attempts[key]?.removeFirst()
    }
    attempts[key] = nil
  }

  /// Those who waited may have hung up, or been refused by what was found out meanwhile.
  private mutating func passTurn(of network: NetworkPrefix) {
    checkLines.end(network)
    while checkLines.hasTurn(network), let key = checkLines.next(network) { checkNext(key) }
  }

  private mutating func askCheck(of attempt: Attempt, _ key: AttemptKey) {
    let ticket = ask(.signIn(key))
    effects.append(
      .checkPassword(
        ticket,
        PasswordCheck(
          password: attempt.password, hash: accountWithPassword(attempt.name)?.password,
          proof: attempt.proof)))
  }

  mutating func passwordChecked(_ ticket: Ticket, _ verdict: PasswordVerdict) {
    switch questions.removeValue(forKey: ticket) {
    case .signIn(let key):
      guard let attempt = attempts[key]?.popFirst() else { break }
      finish(attempt, key, verdict)
      checkNext(key)
      passTurn(of: NetworkPrefix(of: attempt.caller.address))
    case .changePassword(let caller, let account, let new):
      checkedOldPassword(caller, account, new, verdict)
    default: break
    }
    flushAfterReply()
  }

  private mutating func finish(_ attempt: Attempt, _ key: AttemptKey, _ verdict: PasswordVerdict) {
    do throws(Rejection) {
      switch verdict {
      case .right:
        guard let account = accountWithPassword(attempt.name) else {
          throw Self.wrongCredentials
        }
        guard !account.isDisabled else {
          throw Rejection(
            .accountDisabled, "This account is disabled. Ask an owner of this server.")
        }
        // Keys without a proof may be anybody's: the session is then no device's.
        let device = attempt.proof == nil ? nil : attempt.device
        try openSession(for: account.id, attempt.caller, device: device)
      case .wrong:
        // A failure that cannot be written down is not told either, or guessing would be free.
        try requireJournal()
        throw failed(attempt, key)
      // A claim to be a known device that proves nothing says nothing about the password either.
      case .proofWrong:
        countAddressFailure(attempt.caller)
        throw Self.wrongCredentials
      case .busy: throw Self.signInBusy
      }
    } catch {
      refuse(attempt.caller, error)
    }
  }

  /// Counts a wrong password, locks when it was one too many, and says so.
  private mutating func failed(_ attempt: Attempt, _ key: AttemptKey) -> Rejection {
    let account = accountWithPassword(attempt.name)
    let lockout = countFailure(of: account, key, attempt.caller)
    return lockout.map { Self.locked(for: $0) } ?? Self.wrongCredentials
  }

  /// A name that is nobody's is kept nowhere: it may be a password that was typed in the wrong place.
  ///
  /// - Returns: the length of the lockout that this failure began, if it did.
  mutating func countFailure(
    of account: Account?, _ key: AttemptKey, _ caller: Caller
  ) -> Duration? {
    countAddressFailure(caller)
    var device: DeviceID?
    if case .device(let id) = key { device = id }
    commit(
      [
        .signInFailed(
          SignInFailure(
            account: account?.id, name: account?.name.text ?? "", device: device,
            address: caller.address))
      ], by: nil)
    logFailure(of: account, caller, "failed to sign in", .info)
    guard let account else {
      guard case .unknownName(let name) = key else { return nil }
      return throttle.countFailure(ofUnknown: name, at: now.wall)
    }
    guard let failures = failures(key), failures.inARow >= options.failedSignInsMax else {
      return nil
    }
    let lockout = failures.nextLockout(base: options.lockout, at: now.wall)
    commit([.accountLocked(account.id, device: device, until: now.wall + lockout)], by: nil)
    logFailure(of: account, caller, "was locked out", .warning)
    return lockout
  }

  private mutating func logFailure(
    of account: Account?, _ caller: Caller, _ what: String, _ level: LogLine.Level
  ) {
    hold(
      .log(
        LogLine(
          level: level, who: account?.name.text ?? "", what: what,
          detail: account == nil ? "unknown name" : "", address: caller.address)))
  }

  private func failures(_ key: AttemptKey) -> SignInFailures? {
    switch key {
    case .account(let id): state.accounts[id]?.failures
    case .device(let id): state.devices[id]?.failures
    case .unknownName(let name): throttle.failures(ofUnknown: name)
    }
  }

  /// Trying during a lockout neither prolongs nor ends it.
  func requireUnlocked(_ key: AttemptKey) throws(Rejection) {
    if let left = failures(key)?.lockoutLeft(at: now.wall) { throw Self.locked(for: left) }
  }

  func requireUnlimited(_ caller: Caller) throws(Rejection) {
    guard let wait = throttle.wait(for: caller.address, at: now.monotonic) else { return }
    throw Rejection(
      .addressLimited,
      "Too many failed attempts from this address. Try again in \(wait.inWords).",
      retryAfter: wait)
  }

  mutating func countAddressFailure(_ caller: Caller) {
    throttle.countFailure(of: caller.address, at: now.monotonic)
  }

  static let signInBusy = Rejection(
    .signInBusy, "Many people are signing in at this moment. Try again in a second.",
    retryAfter: .seconds(1))

  static let wrongCredentials = Rejection(
    .credentialsWrong, "The name or the password is wrong. Please try again.")

  static func locked(for wait: Duration) -> Rejection {
    Rejection(
      .accountLocked,
      "The account is locked after several failed attempts. Try again in \(wait.inWords).",
      retryAfter: wait)
  }
}

extension Duration {
  /// Whole seconds, rounded up: what a person is told to wait.
  var inWords: String {
    let seconds = max(1, (milliseconds + 999) / 1000)
    return seconds == 1 ? "1 second" : "\(seconds) seconds"
  }
}
