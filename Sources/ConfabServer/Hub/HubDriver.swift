import ConfabDomain
import ConfabHub
import ConfabWire
import Logging
import NIOConcurrencyHelpers
import NIOCore
import OrderedCollections
import Primitives
import Synchronization

/// Owns the hub: hands it what happens, one thing after another, and does what it says.
///
/// Inputs come from every thread into one mailbox. Whatever has gathered there is handled in one go,
/// so that a wake-up, a commit, and the joining of events are shared by all of it.
///
/// Proof: everything that changes is touched on `loop` only, but for the mailbox, which has a lock, and
/// a flag that is atomic.
final class HubDriver: @unchecked Sendable {
  private struct Mailbox {
    var inputs: [Input] = []
    var answers: [ReadAnswer] = []
    var snapshots: [CheckedContinuation<Void, Never>] = []
    var looks: [@Sendable (Hub) -> Void] = []
    /// `loop` handles what is here, or is about to.
    var isTaken = false

    var isEmpty: Bool {
      inputs.isEmpty && answers.isEmpty && snapshots.isEmpty && looks.isEmpty
    }

    /// - Returns: whether the caller must wake `loop`.
    mutating func take() -> Bool {
      defer { isTaken = true }
      return !isTaken
    }
  }

  private let loop: any EventLoop
  private let mailbox = NIOLockedValueBox(Mailbox())
  private let services: HubServices
  private var turns: HubTurns
  private var outgoing: OutgoingBatch
  private var appended: [StampedEvent] = []
  private var snapshotEntry: UInt64
  /// Words were edited or deleted and a purge is to come.
  private let isPurgeScheduled = Atomic<Bool>(false)
  private var deadline: Scheduled<Void>?
  private var deadlineTime: MonotonicTime?

  init(turns: HubTurns, loop: any EventLoop, services: HubServices) {
    self.turns = turns
    self.loop = loop
    self.services = services
    snapshotEntry = turns.hub.state.entry
    outgoing = OutgoingBatch(loopCount: services.fanouts.count)
  }

  // MARK: - Input

  func post(_ input: Input) { put { $0.inputs.append(input) } }

  /// What one connection asks.
  func post(_ inputs: [Input]) { put { $0.inputs += inputs } }

  /// The journal has answered; whether it may go out is the hub's to say.
  func post(_ answer: ReadAnswer) { put { $0.answers.append(answer) } }

  var isIdle: Bool { mailbox.withLockedValue { !$0.isTaken } }

  /// Has the newest state kept, so that the next start is quick.
  func saveSnapshot() async {
    await withCheckedContinuation { continuation in put { $0.snapshots.append(continuation) } }
  }

  /// Has the hub looked at once what is there has been handled.
  func look(_ body: @escaping @Sendable (Hub) -> Void) { put { $0.looks.append(body) } }

  /// A deadline may be due without anything having happened.
  func wakeForDeadline() { post(.deadline) }

  private func put(_ change: (inout Mailbox) -> Void) {
    let mustWake = mailbox.withLockedValue { mailbox in
      change(&mailbox)
      return mailbox.take()
    }
    guard mustWake else { return }
    loop.execute {
      while self.handleGathered() {}
    }
  }

  /// - Returns: whether there is more.
  private func handleGathered() -> Bool {
    let gathered = mailbox.withLockedValue { mailbox in
      defer {
        (mailbox.inputs, mailbox.answers, mailbox.snapshots) = ([], [], [])
        mailbox.looks = []
      }
      return mailbox
    }
    handle(gathered.inputs, gathered.answers)
    for look in gathered.looks { look(turns.settled) }
    for continuation in gathered.snapshots {
      requestSnapshot()
      continuation.resume()
    }
    scheduleDeadline()
    return mailbox.withLockedValue { mailbox in
      mailbox.isTaken = !mailbox.isEmpty
      return mailbox.isTaken
    }
  }

  private func handle(_ inputs: [Input], _ answers: [ReadAnswer]) {
    let now = Clock.now()
    outgoing.spellsForBrowsers = services.fanouts.contains(where: \.hasBrowsers)
    for input in inputs {
      switch input {
      case .reloaded(let state): services.directory.replace(with: state)
      case .arrived(let events, _): for event in events { note(event.event) }
      case .deadline: deadlineTime = nil
      default: break
      }
      for effect in turns.take(input, at: now) { perform(effect) }
    }
    for effect in turns.decide(at: now) { perform(effect) }
    for answer in answers { pass(answer) }
    if !appended.isEmpty {
      // To the disk first: spelling the rest is done while it turns.
      services.writer.append(appended)
      appended.removeAll(keepingCapacity: true)
      if turns.hub.state.entry - snapshotEntry >= ServerLimits.snapshotEntries { requestSnapshot() }
    }
    services.metrics.meetings.set(turns.hub.sizes.meetings)
    services.metrics.participants.set(turns.hub.sizes.participants)
    outgoing.send(to: services.fanouts, backlog: services.backlog)
  }

  private func requestSnapshot() {
    snapshotEntry = turns.hub.state.entry
    services.writer.saveSnapshot(turns.hub.state)
  }

  private func schedulePurge() {
    if isPurgeScheduled.exchange(true, ordering: .relaxed) { return }
    loop.scheduleTask(in: .seconds(ServerLimits.purgeSeconds)) { [weak self] in self?.purge() }
  }

  private func purge() {
    isPurgeScheduled.store(false, ordering: .relaxed)
    services.writer.purge { [weak self] in self?.schedulePurge() }
  }

  private func scheduleDeadline() {
    let next = turns.nextDeadline
    guard next != deadlineTime else { return }
    deadline?.cancel()
    deadlineTime = next
    deadline = next.map { next in
      let wait = next.since(Clock.monotonic())
      return loop.scheduleTask(in: .nanoseconds(wait.nanoseconds)) { [weak self] in
        self?.post(.deadline)
      }
    }
  }

  // MARK: - Effects

  private func perform(_ effect: Effect) {
    switch effect {
    case .append(let events): append(events)
    case .reply(let id, let request, let reply): outgoing.add(.reply(id, request, reply))
    case .refuse(let id, let request, let rejection):
      services.metrics.refusals.add()
      outgoing.add(.refuse(id, request, rejection))
    case .read(let id, let request, let read):
      services.reads.answer(read, connection: id, request: request) { [weak self] in
        self?.post($0)
      }
    case .notify(let id, let notice): outgoing.add(.notify(id, notice))
    case .notifyAll(let ids, let notice): outgoing.notify(ids, notice)
    case .close(let id, let rejection): outgoing.add(.close(id, rejection))
    case .beginTelling(let id): outgoing.add(.beginTelling(id))
    case .subscribe(let id, let channel): outgoing.subscribe(id, channel)
    case .unsubscribe(let id, let channel): outgoing.unsubscribe(id, channel)
    case .watchPresence(let id): outgoing.add(.watchPresence(id))
    case .tell(let channel, let stamped): tell(stamped, in: channel)
    case .tellPresence(let view): outgoing.tellPresence(WirePresence(view))
    case .checkPassword(let ticket, let check):
      services.passwords.check(check) { [weak self] in self?.post(.passwordChecked(ticket, $0)) }
    case .hashPassword(let ticket, let password):
      services.passwords.hash(password) { [weak self] in self?.post(.passwordHashed(ticket, $0)) }
    case .lookUp(let ticket, let question):
      services.reads.lookUp(question) { [weak self] in self?.post(.lookedUp(ticket, $0)) }
    case .openRelay(let grant): services.relay.open(grant)
    case .closeRelay(let pairing): services.relay.close(pairing)
    case .tellNodes(let message): services.nodes?.tell(message)
    case .catchUp(let ticket):
      services.reads.catchUp { [weak self] in self?.post(.caughtUp(ticket)) }
    case .media(let order): perform(order)
    case .reload: services.writer.reload()
    case .log(let line): services.interactions.log(line)
    }
  }

  private func perform(_ order: MediaOrder) {
    if let refusal = services.media.perform(order) { post(.media(refusal)) }
  }

  private func pass(_ answer: ReadAnswer) {
    guard turns.hub.stillAllows(answer.read, on: answer.connection) else {
      services.metrics.refusals.add()
      return outgoing.add(.refuse(answer.connection, answer.request, Hub.readRefusal))
    }
    outgoing.add(answer.command)
  }

  private func append(_ events: [StampedEvent]) {
    for stamped in events {
      note(stamped.event)
      switch stamped.event.body {
      case .signInFailed: services.metrics.signInFailures.add()
      case .fileOffered: services.metrics.filesOffered.add()
      case .fileAccepted: services.metrics.filesAccepted.add()
      case .meetingStarted: services.metrics.meetingsStarted.add()
      case .meetingJoined: services.metrics.meetingsJoined.add()
      default: break
      }
    }
    appended += events
  }

  /// Whoever decided it.
  private func note(_ event: Event) {
    services.directory.note(event)
    switch event.body {
    case .messageEdited, .messageDeleted: schedulePurge()
    default: break
    }
  }

  private func tell(_ stamped: StampedEvent, in channel: ChannelID) {
    let directory = services.directory
    guard let event = WireEvent(stamped, name: directory.name(of:)) else { return }
    if stamped.sequence != nil { services.metrics.messages.add() }
    outgoing.tell(event, in: channel)
  }
}

/// Whom the driver turns to for everything that is not deciding.
struct HubServices: Sendable {
  let writer: JournalWriter
  let reads: JournalReads
  let passwords: PasswordHasher
  let fanouts: [LoopFanout]
  let backlog: FanoutBacklog
  let directory: Directory
  let relay: RelayDoor
  let media: MediaDoor
  /// Nil where no other server serves the place.
  let nodes: NodeLine?
  let interactions: InteractionLog
  let metrics: ServerMetrics
}
