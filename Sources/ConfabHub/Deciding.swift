import ConfabDomain
import DequeModule
import OrderedCollections
import Primitives

// From a decision to its effects: decide, apply, append, and hold back what may only be heard once it
// is durable.
extension Hub {
  /// Decides a command and takes its events in.
  @discardableResult
  mutating func execute(
    _ command: some Command, by actor: Actor
  ) throws(Rejection) -> [StampedEvent] {
    try requireJournal()
    return commit(try command.decide(in: state, by: actor, at: now.wall), by: actor.account)
  }

  @discardableResult
  mutating func commit(_ bodies: [Event.Body], by account: AccountID?) -> [StampedEvent] {
    guard !bodies.isEmpty else { return [] }
    var stamped: [StampedEvent] = []
    stamped.reserveCapacity(bodies.count)
    for body in bodies {
      stamped.append(state.apply(Event(at: now.wall, by: account, body: body)))
    }
    effects.append(.append(stamped))
    for event in stamped { holdConsequences(of: event) }
    return stamped
  }

  func requireJournal() throws(Rejection) {
    if isJournalLost { throw Self.journalLost }
    if isReloading || isSettling || journalPausedUntil.map({ now.monotonic < $0 }) ?? false {
      throw Self.journalRefusal
    }
    guard held.count < HubLimits.heldEffectsMax else {
      throw Rejection(
        .rateLimited, "The server is busy writing. Try again in a moment.",
        retryAfter: .seconds(1))
    }
  }

  static let journalRefusal = Rejection(
    .journalUnavailable,
    "The server cannot write to its disk at the moment, so nothing was stored. Try again later.",
    retryAfter: HubLimits.journalPause)

  static let journalLost = Rejection(
    .journalUnavailable,
    "The servers that keep this place's messages do not answer or have no room, so nothing can be stored "
      + "now, and what you read may be old. Try again later: what was sent is stored once, even if it was "
      + "already.",
    retryAfter: HubLimits.journalPause)

  /// Sends an effect out as soon as everything decided so far is durable.
  mutating func hold(_ effect: Effect) {
    if isReloading || (held.isEmpty && durableEntry >= state.entry) {
      effects.append(effect)
    } else {
      held.append((state.entry, effect))
    }
  }

  mutating func becameDurable(through entry: UInt64) {
    durableEntry = max(durableEntry, entry)
    while let first = held.first, first.entry <= durableEntry {
      effects.append(first.effect)
      held.removeFirst()
    }
  }

  // MARK: - A journal that fails

  /// Refuses everything that was decided and is not durable; none of it was heard.
  mutating func appendFailed(_ reason: String) {
    guard durableEntry < state.entry else { return loseJournal(reason) }
    let lost = held
    held = []
    recentMessages.forget(after: durableEntry)
    files.forget(after: durableEntry)
    forgetMeetings(after: durableEntry)
    journalPausedUntil = now.monotonic + HubLimits.journalPause
    let isFirst = !isReloading
    isReloading = true
    for (_, effect) in lost { giveUp(effect) }
    guard isFirst else { return }
    effects.append(.reload)
    effects.append(
      .log(LogLine(level: .warning, who: "", what: "journal failed", detail: reason)))
  }

  /// What there is is durable; only more of it cannot be made.
  private mutating func loseJournal(_ reason: String) {
    guard !isJournalLost else { return }
    isJournalLost = true
    effects.append(.reload)
    effects.append(
      .log(LogLine(level: .warning, who: "", what: "journal out of reach", detail: reason)))
  }

  private mutating func giveUp(_ effect: Effect) {
    switch effect {
    case .reply(let connection, let request, let reply):
      // Who was not told to be signed in may try again on the same connection.
      if case .signedIn = reply { signOff(connection) }
      effects.append(.refuse(connection, request: request, Self.journalRefusal))
    // It may be a membership that is lost that allowed the reading.
    case .read(let connection, let request, _):
      effects.append(.refuse(connection, request: request, Self.journalRefusal))
    // The session goes on, but its connection was signed off already.
    case .close(let connection, _): effects.append(.close(connection, Self.journalRefusal))
    case .tellPresence(let view):
      if let account = state.accountsByName[view.name.lowercased()] {
        untoldPresence.append(account)
      }
    case .refuse, .lookUp, .closeRelay, .catchUp, .notify(_, .fileWithdrawn),
      .notify(_, .fileCandidates),
      .notify(_, .meetingGone), .notifyAll(_, .participantLeft):
      effects.append(effect)
    case .media(let order): giveUp(order)
    default: break
    }
  }

  /// What was lost leaves nothing behind on the media side either.
  private mutating func giveUp(_ order: MediaOrder) {
    switch order {
    case .publish(_, let ticket, _, _), .answer(_, let ticket, _, _):
      if case .media(let caller)? = questions.removeValue(forKey: ticket) {
        effects.append(.refuse(caller.connection, request: caller.request, Self.journalRefusal))
      }
    case .openMeeting, .join: break
    default: effects.append(.media(order))
    }
  }

  mutating func reloaded(_ state: PlaceState) {
    if isJournalLost {
      isJournalLost = false
      // What was stored meanwhile has arrived.
      if !isReloading { return }
    }
    self.state = state
    durableEntry = state.entry
    isReloading = false
    // A session whose opening was lost is no session.
    for (id, connection) in connections {
      if let session = connection.session, state.sessions[session] == nil { signOff(id) }
    }
    subscribeAgain()
    retellMeetings()
    for account in untoldPresence { retellPresence(of: account) }
    untoldPresence = []
  }

  /// Subscriptions may have been held back with what was lost; having one twice is having it.
  private mutating func subscribeAgain() {
    for (id, connection) in connections where connection.isSubscribed {
      guard let account = connection.account.flatMap({ state.accounts[$0] }) else { continue }
      let channels = isOutside(account.id) ? [] : account.channels
      for channel in channels { effects.append(.subscribe(id, channel)) }
      if connection.watchesPresence { effects.append(.watchPresence(id)) }
    }
  }

  // MARK: - Answers

  mutating func reply(_ caller: Caller, _ reply: Reply) {
    guard caller.elsewhere == nil else { return answer(caller, NodeAnswer(reply)) }
    hold(.reply(caller.connection, request: caller.request, reply))
  }

  mutating func refuse(_ caller: Caller, _ rejection: Rejection) {
    guard caller.elsewhere == nil else { return answer(caller, NodeAnswer(rejection)) }
    log(caller, "was refused", "\(rejection.code.rawValue) \(rejection.code)")
    hold(.refuse(caller.connection, request: caller.request, rejection))
  }

  mutating func log(_ caller: Caller, _ what: String, _ detail: String = "") {
    if let elsewhere = caller.elsewhere {
      return hold(
        .log(LogLine(who: state.name(of: elsewhere.account), what: what, detail: detail)))
    }
    let connection = connections[caller.connection]
    let who = connection?.peer.isOperator == true ? "operator" : state.name(of: connection?.account)
    hold(
      .log(
        LogLine(
          who: who, what: what, detail: detail,
          // Also of those who hung up before they were answered.
          address: connection?.peer.address ?? caller.address)))
  }

  mutating func ask(_ question: Question) -> Ticket {
    let ticket = Ticket(nextTicket)
    nextTicket += 1
    questions[ticket] = question
    return ticket
  }
}

/// What an answer of the shell goes on with.
enum Question: Sendable {
  case signIn(AttemptKey)
  case register(Caller, name: String, Admission, device: DeviceKeys?)
  case addAccount(Caller, name: String, Role)
  case changePassword(Caller, AccountID, new: Secret)
  case setPassword(Caller, AccountID, keeping: SessionID?)
  case send(Caller, Outgoing)
  case change(MessageKey)
  case media(Caller)
  /// What other servers stored may make the attempt good.
  case catchUp(Caller, SignInAttempt)
}
