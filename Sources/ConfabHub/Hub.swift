package import ConfabDomain
import DequeModule
import OrderedCollections
package import Primitives

/// Decides what happens in a place and who hears of it.
///
/// A value: every change comes in through `handle`, and everything to do comes out of it. What goes
/// out waits until all that was decided before it is durable, in one queue, so that nobody hears of
/// what a power cut could still undo, and everybody hears everything in the order of the journal.
///
/// The files beside this one each hold one matter: `SignIn/`, `Requests/`, `Files/`,
/// `Meetings/`, `Presence.swift` and `Consequences.swift`, which says what follows from an event.
package struct Hub: Sendable {
  package internal(set) var state: PlaceState
  let options: HubOptions
  var entropy: any RandomNumberGenerator & Sendable

  var connections: OrderedDictionary<ConnectionID, Connection> = [:]
  var connectionsByAccount: [AccountID: OrderedSet<ConnectionID>] = [:]
  var presence = Presence()
  var throttle: SignInThrottle
  var rateLimits: RateLimits
  var recentMessages = RecentMessages()
  var files: FileOffers
  var offersElsewhere = OffersElsewhere()
  var fileRates = RateLimits(
    perSecond: HubLimits.fileAnswersPerSecond, burst: HubLimits.fileAnswerBurst)

  var meetings = Meetings()
  var meetingRates = RateLimits(
    perSecond: HubLimits.joinsPerSecond, burst: HubLimits.joinBurst)
  var mediaRates = RateLimits(
    perSecond: HubLimits.mediaChangesPerSecond, burst: HubLimits.mediaChangeBurst)
  var mediaNewsRates = RateLimits(
    perSecond: HubLimits.mediaNewsPerSecond, burst: HubLimits.mediaNewsBurst)
  var guestGraces = GuestGraces()
  /// Channels with a meeting in the journal that nobody holds: to be ended.
  var orphans: OrderedSet<ChannelID> = []
  var signInCodes = SignInCodes()

  /// What the shell was asked and has not answered yet.
  var questions: [Ticket: Question] = [:]
  var nextTicket: UInt64 = 1
  /// Sign-in attempts that wait for the one before them: each account's are checked one by one, so
  /// that many at once are no more guesses than a few.
  var attempts: [AttemptKey: Deque<Attempt>] = [:]
  var checkLines = CheckLines()
  /// Changes that wait for the one before them: each message's are decided one by one, so that no
  /// two are decided on the same facts.
  var changes: [MessageKey: Deque<Change>] = [:]

  /// The newest entry that is on disk.
  var durableEntry: UInt64
  /// Outward effects, each with the entry that must be durable first.
  var held: Deque<(entry: UInt64, effect: Effect)> = []
  /// Goes out behind the reply to the request at hand.
  var afterReply: [Effect] = []
  /// Nothing is written before this after the journal failed.
  var journalPausedUntil: MonotonicTime?
  var isReloading = false
  /// The input at hand says what became of what was decided, here or elsewhere. On a journal that several
  /// servers share nothing can be decided with it: it is no turn.
  var isSettling = false
  /// The other servers of the place.
  var nodes = Nodes()
  var nodeQuestions = NodeQuestions()
  /// Channels whose meeting ended with the input at hand.
  var endedMeetings: OrderedSet<ChannelID> = []
  /// When meetings are looked for that no server holds.
  var orphanSearch: MonotonicTime?
  var hasLookedForOrphans = false
  /// The servers that keep the journal do not answer. Nothing was lost, so that reading goes on.
  var isJournalLost = false
  /// Messages that another server changed while the journal was asked about them.
  var staleChanges: OrderedSet<MessageKey> = []
  /// Those whose coming or going could not be told because the journal failed.
  var untoldPresence: OrderedSet<AccountID> = []

  /// What the input at hand leads to, and its time; both set anew by `handle`.
  var effects: [Effect] = []
  var now = Now(
    wall: WallTime(millisecondsSinceEpoch: 0), monotonic: MonotonicTime(nanoseconds: 0))

  /// - Parameters:
  ///   - state: as the journal has it; the place must have been founded.
  ///   - entropy: makes tokens and invitations, so in production the system's.
  package init(
    state: PlaceState, options: HubOptions, entropy: any RandomNumberGenerator & Sendable
  ) {
    self.state = state
    self.options = options
    self.entropy = entropy
    durableEntry = state.entry
    // Half of the numbers are left for what follows.
    files = FileOffers(
      node: options.node, firstPairing: options.node == nil ? 1 : self.entropy.next() >> 2)
    throttle = SignInThrottle(options: options)
    rateLimits = RateLimits(perSecond: options.requestsPerSecond, burst: options.requestBurst)
    if !options.isShared { findOrphans() }
  }

  package mutating func handle(_ input: Input, at now: Now) -> [Effect] {
    self.now = now
    effects = []
    isSettling = options.isShared && input.isOutcome
    switch input {
    case .connected(let id, let peer): connections[id] = Connection(peer: peer)
    case .disconnected(let id): disconnect(id)
    case .request(let id, let number, let request):
      guard let peer = connections[id]?.peer else { break }
      handle(request, Caller(connection: id, request: number, address: peer.address))
    case .passwordChecked(let ticket, let verdict): passwordChecked(ticket, verdict)
    case .passwordHashed(let ticket, let hash): passwordHashed(ticket, hash)
    case .lookedUp(let ticket, let answer): lookedUp(ticket, answer)
    case .durable(let entry): becameDurable(through: entry)
    case .appendFailed(let reason): appendFailed(reason)
    case .reloaded(let state): reloaded(state)
    case .arrived(let events, let state): arrived(events, after: state)
    // `HubTurns` has seen to it.
    case .overtaken: break
    case .heard(let report): heard(report)
    case .told(let message): told(message)
    case .caughtUp(let ticket): caughtUp(ticket)
    case .media(let report): take(report)
    case .stopping: endAllMeetings()
    case .deadline: break
    }
    if !isSettling { expire() }
    flushAfterReply()
    tellFileChanges()
    defer { effects = [] }
    return effects
  }

  private mutating func expire() {
    expirePresence()
    expireFileOffers()
    expireNodes()
    expireMeetings()
    expireGuests()
    expireNodeQuestions()
  }

  /// When `Input.deadline` is due, if ever.
  package var nextDeadline: MonotonicTime? {
    [
      presence.nextDeadline, files.nextDeadline, meetings.nextDeadline, orphanDeadline,
      guestGraces.nextDeadline,
      nodes.nextDeadline, orphanSearch, nodeQuestions.nextDeadline, offersElsewhere.nextDeadline,
      endedMeetings.isEmpty ? nil : MonotonicTime(nanoseconds: 0),
    ].compactMap(\.self).min()
  }

  /// Sizes for the metrics and for the simulation, which holds them against their limits.
  package var sizes: Sizes {
    Sizes(
      connections: connections.count, active: presence.people.count, held: held.count,
      questions: questions.count, recentMessages: recentMessages.count,
      attempts: attempts.values.reduce(0) { $0 + $1.count },
      changes: changes.values.reduce(0) { $0 + $1.count }, fileOffers: files.count,
      fileAcceptances: files.acceptanceCount, meetings: meetings.count,
      participants: meetings.participantCount, questionsToNodes: nodeQuestions.open.count)
  }

  package struct Sizes: Sendable, Equatable {
    package var connections: Int
    package var active: Int
    package var held: Int
    package var questions: Int
    package var recentMessages: Int
    package var attempts: Int
    package var changes: Int
    package var fileOffers: Int
    package var fileAcceptances: Int
    package var meetings: Int
    package var participants: Int
    package var questionsToNodes: Int
  }
}

/// One request of one connection: to whom the one answer goes.
struct Caller: Sendable {
  var connection: ConnectionID
  var request: UInt64
  /// Kept here, because who fails and hangs up is counted all the same.
  var address: String
  /// Set for somebody who is connected to another server, which asks on their behalf; `connection` and
  /// `request` are then that server's.
  var elsewhere: Elsewhere?

  struct Elsewhere: Sendable {
    var node: NodeID
    var account: AccountID
    var device: DeviceID?
  }

  var endpoint: Endpoint { Endpoint(node: elsewhere?.node, connection: connection) }
}

/// What the hub knows of a connection.
struct Connection: Sendable {
  let peer: Peer
  var account: AccountID?
  var session: SessionID?
  /// Hears what happens, and makes its person active.
  var isSubscribed = false
  var watchesPresence = false
  /// Is told of offers of files with what answering them takes.
  var canReceiveFiles = false
  /// The message that was refused for the moment, and that those sent behind it must not pass.
  var refusedSend: RefusedSend?

  var actor: Actor? {
    if peer.isOperator { return .operator }
    return account.map { .account($0) }
  }
}
