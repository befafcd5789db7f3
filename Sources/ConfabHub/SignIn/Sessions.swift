import ConfabDomain
import Crypto
import OrderedCollections
import Primitives

// Sessions: opened by a password or an invitation, gone on with by a token, ended by signing out.
extension Hub {
  /// - Parameter isLate: whether what other servers stored was waited for.
  mutating func signIn(
    _ caller: Caller, _ attempt: SignInAttempt, isLate: Bool = false
  ) throws(Rejection) {
    if !isLate, isUnheard(attempt.method) { return try catchUp(caller, attempt) }
    guard let connection = connections[caller.connection], connection.account == nil,
      !connection.peer.isOperator
    else { throw Self.signedInAlready }
    switch attempt.method {
    case .token(let hash): try signIn(caller, tokenHash: hash)
    case .password(let name, let password):
      try signIn(caller, name: name, password, attempt)
    case .invitation(let secretHash, let name, let password):
      try register(
        caller, secretHash: secretHash, name: name, password,
        attempt.proof == nil ? nil : attempt.device)
    case .code(let hash): try signIn(caller, codeHash: hash)
    case .guest(let secretHash, let name):
      try signInGuest(caller, secretHash: secretHash, name: name)
    }
  }

  /// Whether it may be of a moment ago, and from another server of the place.
  private func isUnheard(_ method: SignInAttempt.Method) -> Bool {
    guard options.isShared else { return false }
    return switch method {
    case .token(let hash): state.session(tokenHash: hash) == nil
    case .invitation(let hash, _, _): !hash.isEmpty && state.invitationsBySecret[hash] == nil
    case .guest(let hash, _): state.invitationsBySecret[hash] == nil
    case .password, .code: false
    }
  }

  private mutating func catchUp(_ caller: Caller, _ attempt: SignInAttempt) throws(Rejection) {
    try requireUnlimited(caller)
    let waiting = questions.values.count { if case .catchUp = $0 { true } else { false } }
    guard waiting < HubLimits.catchUpsMax else { throw Self.signInBusy }
    effects.append(.catchUp(ask(.catchUp(caller, attempt))))
  }

  mutating func caughtUp(_ ticket: Ticket) {
    guard case .catchUp(let caller, let attempt)? = questions.removeValue(forKey: ticket),
      connections[caller.connection] != nil
    else { return }
    do throws(Rejection) {
      try signIn(caller, attempt, isLate: true)
    } catch {
      refuse(caller, error)
    }
    flushAfterReply()
  }

  private mutating func signIn(_ caller: Caller, tokenHash: [UInt8]) throws(Rejection) {
    // Nobody guesses a token, so those who have one do not wait for strangers' failures.
    guard let session = state.session(tokenHash: tokenHash),
      let account = state.accounts[session.account], !account.isDisabled
    else {
      try requireUnlimited(caller)
      countAddressFailure(caller)
      throw Rejection(.sessionUnknown, "This session has ended. Sign in again.")
    }
    try requirePlaceForConnection(caller, of: account.id)
    signOn(caller, account.id, session.id)
    reply(
      caller,
      .signedIn(
        SignedInView(
          account: account.id, name: account.name.text, role: account.role, session: session.id,
          token: nil, others: nodes.addresses)))
    log(caller, "signed in", "session \(session.id), by token")
  }

  private mutating func register(
    _ caller: Caller, secretHash: [UInt8], name: String, _ password: Secret, _ device: DeviceKeys?
  ) throws(Rejection) {
    try requireJournal()
    try requireUnlimited(caller)
    let admission = try admission(caller, secretHash)
    try PasswordRule.check(byteCount: password.bytes.count)
    _ = try AddAccount.precheck(name: name, in: state)
    guard registrations(from: caller) < HubLimits.registrationsPerNetworkMax else {
      throw Self.signInBusy
    }
    let ticket = ask(.register(caller, name: name, admission, device: device))
    effects.append(.hashPassword(ticket, password))
  }

  /// Whose passwords are being hashed.
  private func registrations(from caller: Caller) -> Int {
    let network = NetworkPrefix(of: caller.address)
    return questions.values.count {
      guard case .register(let other, _, _, _) = $0 else { return false }
      return NetworkPrefix(of: other.address) == network
    }
  }

  private mutating func admission(
    _ caller: Caller, _ secretHash: [UInt8]
  ) throws(Rejection) -> Admission {
    if let id = state.invitationsBySecret[secretHash], let invitation = state.invitations[id],
      state.isGood(invitation, at: now.wall), invitation.role != .guest,
      options.registration != .closed || invitation.role == .owner
    {
      return .byInvitation(id)
    }
    if options.registration == .open, secretHash.isEmpty { return .openRegistration }
    countAddressFailure(caller)
    if secretHash.isEmpty || options.registration == .closed {
      throw Rejection(
        .registrationClosed,
        options.registration == .closed
          ? "This server takes no new accounts. Ask an owner to make one for you."
          : "This server takes new people by invitation. Ask somebody there for a link.")
    }
    throw PlaceState.invitationRefusal
  }

  /// Opens a session with a new token and replies with it.
  mutating func openSession(
    for account: AccountID, _ caller: Caller, device keys: DeviceKeys?
  ) throws(Rejection) {
    guard connections[caller.connection] != nil else { return }
    try requireJournal()
    try requirePlaceForConnection(caller, of: account)
    var events: [Event.Body] = []
    let device = try device(keys, of: account, &events)
    let isNewDevice = !events.isEmpty
    let open = state.accounts[account]?.sessions ?? []
    if open.count >= Limits.sessionsPerAccountMax, let oldest = open.first {
      events.append(.sessionClosed(oldest, .superseded))
    }
    let token = randomBytes(count: Self.tokenBytes)
    let session = state.nextSession
    events.append(
      .sessionOpened(
        NewSession(
          id: session, account: account, device: device,
          tokenHash: Array(SHA256.hash(data: token)), address: caller.address)))
    commit(events, by: account)
    if isNewDevice, let keys { noteDevice(keys, of: account, from: caller.address) }
    signOn(caller, account, session)
    let known = state.accounts[account]
    reply(
      caller,
      .signedIn(
        SignedInView(
          account: account, name: known?.name.text ?? "", role: known?.role ?? .member,
          session: session, token: Secret(token), others: nodes.addresses)))
    log(caller, "signed in", "session \(session)")
  }

  /// The device's number, registering it with `events` when it is new.
  private func device(
    _ keys: DeviceKeys?, of account: AccountID, _ events: inout [Event.Body]
  ) throws(Rejection) -> DeviceID? {
    guard let keys else { return nil }
    if let known = state.device(identity: keys.identity, of: account) {
      guard known.keys.agreement == keys.agreement else {
        throw Rejection(
          .deviceKeyChanged,
          "This device came with another key than before. Sign in with a new profile.")
      }
      return known.id
    }
    guard (state.accounts[account]?.devices.count ?? 0) < Limits.devicesPerAccountMax else {
      return nil
    }
    events.append(
      .deviceRegistered(NewDevice(id: state.nextDevice, account: account, keys: keys)))
    return state.nextDevice
  }

  private func requirePlaceForConnection(
    _ caller: Caller, of account: AccountID
  ) throws(Rejection) {
    guard connections[caller.connection]?.account == nil else { throw Self.signedInAlready }
    guard (connectionsByAccount[account]?.count ?? 0) < HubLimits.connectionsPerAccountMax else {
      throw Rejection(.placeFull, "This account has too many connections open. Close some.")
    }
  }

  private static let signedInAlready = Rejection(
    .requestOutOfOrder, "This connection is signed in already.")

  private mutating func signOn(_ caller: Caller, _ account: AccountID, _ session: SessionID) {
    connections[caller.connection]?.account = account
    connections[caller.connection]?.session = session
    connectionsByAccount[account, default: []].append(caller.connection)
  }

  mutating func randomBytes(count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let word = entropy.next()
      for shift in 0..<8 where bytes.count < count {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift)))
      }
    }
    return bytes
  }

  /// 256 bits: nobody guesses one.
  static let tokenBytes = 32

  // MARK: - Passwords and sessions of somebody signed in

  mutating func signOut(_ caller: Caller) throws(Rejection) {
    guard let session = connections[caller.connection]?.session else {
      throw Rejection(.requestOutOfOrder, "Nobody is signed in here.")
    }
    let actor = try actor(caller)
    try requireJournal()
    log(caller, "signed out")
    if let guest = actor.account.flatMap({ state.accounts[$0] }), guest.role == .guest,
      let channel = guest.channels.first
    {
      commit(state.farewell(to: guest, in: channel), by: guest.id)
      return reply(caller, .done)
    }
    commit([.sessionClosed(session, .signedOut)], by: actor.account)
    reply(caller, .done)
  }

  mutating func changePassword(
    _ caller: Caller, old: Secret, new: Secret
  ) throws(Rejection) {
    let account = try state.person(try actor(caller))
    try requireJournal()
    try requireUnlimited(caller)
    try PasswordRule.check(byteCount: new.bytes.count)
    guard old.bytes.count <= Limits.passwordBytesMax else { throw Self.wrongCredentials }
    try requireUnlocked(guessingKey(caller, account.id))
    // One by one, as signing in, so that many at once are no more guesses.
    let isAsking = questions.values.contains {
      if case .changePassword(_, account.id, _) = $0 { true } else { false }
    }
    guard !isAsking else { throw Self.signInBusy }
    let ticket = ask(.changePassword(caller, account.id, new: new))
    effects.append(
      .checkPassword(ticket, PasswordCheck(password: old, hash: account.password, proof: nil)))
  }

  /// Whose failures it counts for when somebody with a session guesses: their device's alone, where there
  /// is one, so that a stolen session does not lock its owner out.
  private func guessingKey(_ caller: Caller, _ account: AccountID) -> AttemptKey {
    let session = connections[caller.connection]?.session.flatMap { state.sessions[$0] }
    return session?.device.map { .device($0) } ?? .account(account)
  }

  mutating func checkedOldPassword(
    _ caller: Caller, _ account: AccountID, _ new: Secret, _ verdict: PasswordVerdict
  ) {
    switch verdict {
    case .right:
      let session = connections[caller.connection]?.session
      let ticket = ask(.setPassword(caller, account, keeping: session))
      effects.append(.hashPassword(ticket, new))
    case .wrong, .proofWrong:
      let key = guessingKey(caller, account)
      let lockout = countFailure(of: state.accounts[account], key, caller)
      refuse(
        caller,
        lockout.map { Self.locked(for: $0) }
          ?? Rejection(.credentialsWrong, "The old password is wrong."))
    case .busy: refuse(caller, Self.hashingBusy)
    }
  }

  static let hashingBusy = Rejection(
    .signInBusy, "Many passwords are being checked at this moment. Try again in a second.",
    retryAfter: .seconds(1))

  mutating func passwordHashed(_ ticket: Ticket, _ hash: PasswordHash?) {
    guard let question = questions.removeValue(forKey: ticket) else { return }
    switch question {
    case .register(let caller, let name, let admission, let device):
      answer(caller, hash) { (hub: inout Hub, hash) throws(Rejection) in
        let made = try hub.execute(
          AddAccount(name: name, password: hash, admission: admission), by: .operator)
        guard case .accountCreated(let new)? = made.first?.event.body else { return }
        try hub.openSession(for: new.id, caller, device: device)
      }
    case .addAccount(let caller, let name, let role):
      answer(caller, hash) { (hub: inout Hub, hash) throws(Rejection) in
        let command = AddAccount(name: name, password: hash, admission: .byAdministrator(role))
        try hub.execute(command, by: try hub.actor(caller))
        hub.log(caller, "made an account", name)
        hub.reply(caller, .done)
      }
    case .setPassword(let caller, let account, let keeping):
      answer(caller, hash) { (hub: inout Hub, hash) throws(Rejection) in
        let command = SetPassword(account: account, password: hash, keeping: keeping)
        try hub.execute(command, by: try hub.actor(caller))
        hub.log(caller, "set a password", hub.state.name(of: account))
        hub.reply(caller, .done)
      }
    default: break
    }
    flushAfterReply()
  }

  private mutating func answer(
    _ caller: Caller, _ hash: PasswordHash?,
    _ body: (inout Hub, PasswordHash) throws(Rejection) -> Void
  ) {
    do throws(Rejection) {
      guard let hash else { throw Self.hashingBusy }
      try body(&self, hash)
    } catch {
      refuse(caller, error)
    }
  }
}
