import ConfabDomain
import ConfabHub
import ConfabWire
import NIOConcurrencyHelpers
import NIOCore
import Synchronization

/// Who hears what among the connections of one event loop.
///
/// The hub speaks to it through a mailbox that is emptied in one turn of the loop. Events of one
/// channel that a turn finds are joined and written once to each subscriber: one TLS record and one
/// system call, however many they are.
///
/// Proof: everything that changes is touched on `loop` only, but for the mailbox, which
/// has a lock.
final class LoopFanout: @unchecked Sendable {
  private struct Mailbox {
    var batches: [[FanoutCommand]] = []
    var isScheduled = false
  }

  let index: Int
  let loop: any EventLoop
  private let backlog: FanoutBacklog
  private let metrics: ServerMetrics
  private let mailbox = NIOLockedValueBox(Mailbox())

  private var sessions: [ConnectionID: SessionHandler] = [:]
  /// The number of sessions, for other threads.
  private let sessionCount = Atomic<Int>(0)
  private let browserCount = Atomic<Int>(0)
  private var subscribers: [ChannelID: Subscribers] = [:]
  private var presenceWatchers = Subscribers()
  /// Events of this turn that are not written yet.
  private var told: [(channel: ChannelID, joined: Joined)] = []
  private var toldPresence = Joined()
  /// Sessions with answers that are written but not flushed yet.
  private var unflushed: [SessionHandler] = []
  /// Sessions that wait for the backlog to drain before they read on.
  private var waitingReaders: [SessionHandler] = []

  init(index: Int, loop: any EventLoop, backlog: FanoutBacklog, metrics: ServerMetrics) {
    self.index = index
    self.loop = loop
    self.backlog = backlog
    self.metrics = metrics
  }

  // MARK: - From other threads

  func post(_ batch: [FanoutCommand]) {
    let mustWake = mailbox.withLockedValue { mailbox in
      mailbox.batches.append(batch)
      defer { mailbox.isScheduled = true }
      return !mailbox.isScheduled
    }
    if mustWake { loop.execute { self.turn() } }
  }

  /// Those who waited for deliveries may read on.
  func backlogDrained() {
    loop.execute { self.resumeReaders() }
  }

  /// Whether no connection is left.
  var isEmpty: Bool { sessionCount.load(ordering: .relaxed) == 0 }

  /// Whether a browser is connected.
  var hasBrowsers: Bool { browserCount.load(ordering: .acquiring) > 0 }

  /// Takes no more requests, because the server stops.
  func stopReading() {
    loop.execute {
      for session in self.sessions.values { session.stopReading() }
    }
  }

  func sayGoodbye(_ rejection: Rejection) {
    loop.execute {
      for session in self.sessions.values { session.sayGoodbye(rejection) }
    }
  }

  // MARK: - Connections of this loop

  func add(_ session: SessionHandler) {
    loop.assertInEventLoop()
    sessions[session.id] = session
    metrics.sessions.add()
    sessionCount.wrappingAdd(1, ordering: .relaxed)
    if session.id.encoding == .web {
      metrics.webSessions.add()
      browserCount.wrappingAdd(1, ordering: .releasing)
    }
  }

  func remove(_ session: SessionHandler) {
    loop.assertInEventLoop()
    guard sessions.removeValue(forKey: session.id) != nil else { return }
    metrics.sessions.add(-1)
    sessionCount.wrappingSubtract(1, ordering: .relaxed)
    if session.id.encoding == .web {
      metrics.webSessions.add(-1)
      browserCount.wrappingSubtract(1, ordering: .releasing)
    }
    if !session.channels.isEmpty { metrics.subscribed.add(-1) }
    for channel in session.channels {
      subscribers[channel]?.remove(session)
      if subscribers[channel]?.isEmpty == true { subscribers[channel] = nil }
    }
    presenceWatchers.remove(session)
    // It stays among those who wait to read, if it is: the list must not be empty while the loop is
    // on the backlog's, and what has ended does nothing when it is told to go on.
  }

  /// The session wants to read, but deliveries come first.
  ///
  /// - Returns: false when it need not wait any more.
  func waitToRead(_ session: SessionHandler) -> Bool {
    // While somebody waits already, this loop is on the list, or about to be resumed.
    if waitingReaders.isEmpty, !backlog.wait(self) { return false }
    waitingReaders.append(session)
    return true
  }

  private func resumeReaders() {
    let readers = waitingReaders
    waitingReaders.removeAll(keepingCapacity: true)
    for reader in readers { reader.backlogDrained() }
  }

  // MARK: - A turn

  private func turn() {
    let batches = mailbox.withLockedValue { mailbox in
      let batches = mailbox.batches
      mailbox.batches = []
      return batches
    }
    for batch in batches {
      for command in batch { perform(command) }
    }
    deliverAll()
    for session in unflushed { session.flush() }
    unflushed.removeAll(keepingCapacity: true)
    // Sockets get their turn before the next batch.
    let isMore = mailbox.withLockedValue { mailbox in
      mailbox.isScheduled = !mailbox.batches.isEmpty
      return mailbox.isScheduled
    }
    if isMore { loop.execute { self.turn() } }
  }

  private func perform(_ command: FanoutCommand) {
    switch command {
    case .tell(let channel, let joined): tell(joined, in: channel)
    case .tellPresence(let joined): toldPresence.append(joined)
    case .beginTelling(let id): sessions[id]?.beginTelling()
    case .subscribe(let id, let channel): subscribe(id, channel)
    case .unsubscribe(let id, let channel): unsubscribe(id, channel)
    case .watchPresence(let id):
      deliverPresence()
      guard let session = sessions[id] else { return }
      presenceWatchers.insert(session)
    case .reply(let id, let request, let reply):
      withSession(id) { $0.reply(to: request, reply) }
    case .refuse(let id, let request, let rejection):
      withSession(id) { $0.refuse(request, rejection) }
    case .answer(let id, let request, let frame):
      withSession(id) { $0.answer(request, frame: frame) }
    case .notify(let id, let notice): withSession(id) { $0.notify($0.spell(notice)) }
    case .notifyAll(let ids, let notice): notifyAll(ids, notice)
    case .close(let id, let rejection): withSession(id) { $0.sayGoodbye(rejection) }
    }
  }

  private func notifyAll(_ ids: [ConnectionID], _ notice: Notice) {
    var spelled: [FrameEncoding: [UInt8]] = [:]
    for id in ids {
      withSession(id) { session in
        let frame = spelled[id.encoding] ?? session.spell(notice)
        spelled[id.encoding] = frame
        session.notify(frame)
      }
    }
  }

  private func withSession(_ id: ConnectionID, _ body: (SessionHandler) -> Void) {
    guard let session = sessions[id] else { return }
    body(session)
    if session.needsFlush {
      session.needsFlush = false
      unflushed.append(session)
    }
  }

  private func subscribe(_ id: ConnectionID, _ channel: ChannelID) {
    guard let session = sessions[id] else { return }
    deliver(channel)
    guard session.subscribed(to: channel) else { return }
    subscribers[channel, default: Subscribers()].append(session)
  }

  private func unsubscribe(_ id: ConnectionID, _ channel: ChannelID) {
    guard let session = sessions[id] else { return }
    deliver(channel)
    session.unsubscribed(from: channel)
    subscribers[channel]?.remove(session)
  }

  // MARK: - Deliveries

  private func tell(_ joined: Joined, in channel: ChannelID) {
    // A turn sees few channels, and mostly the same one again.
    if let index = told.firstIndex(where: { $0.channel == channel }) {
      told[index].joined.append(joined)
    } else {
      told.append((channel, joined))
    }
  }

  private func deliver(_ channel: ChannelID) {
    guard let index = told.firstIndex(where: { $0.channel == channel }) else { return }
    deliver(told.remove(at: index))
  }

  private func deliverAll() {
    for each in told { deliver(each) }
    told.removeAll(keepingCapacity: true)
    deliverPresence()
  }

  private func deliverPresence() {
    guard toldPresence.events > 0 else { return }
    // A copy: a write that fails may end a session, which then leaves the list.
    let watchers = presenceWatchers
    watchers.push(toldPresence)
    backlog.remove(bytes: toldPresence.bytes)
    toldPresence = Joined()
  }

  private func deliver(_ each: (channel: ChannelID, joined: Joined)) {
    if let count = subscribers[each.channel]?.push(each.joined), count > 0 {
      metrics.deliveries.add(count * each.joined.events)
      metrics.deliveredWrites.add(count)
    }
    backlog.remove(bytes: each.joined.bytes)
  }
}
