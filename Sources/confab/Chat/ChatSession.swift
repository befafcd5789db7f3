package import ConfabClient
import ConfabDomain
package import ConfabTerminal
package import ConfabWire
import Primitives

/// What stands between the screen and the server: does what the screen intends, and tells it as events
/// what came of it and what else happens.
///
/// Messages go through the outbox and wait there for a connection; everything else is done in the
/// order in which it was asked, or refused at once while there is none.
package actor ChatSession {
  package typealias Emit = @Sendable (ChatEvent) async -> Void

  /// What one does faster than it can be carried out.
  static let intentsMax = 256

  let account: String
  let emit: Emit
  let outbox: Outbox
  /// Messages on their way to the sender.
  package nonisolated let drafts = BoundedQueue<Draft>(countMax: Outbox.draftsMax)
  var book: ChatBook
  var sends = PendingSends()
  /// Nil while there is no connection.
  private(set) var link: (any ChatLink)?
  /// Why there will be no connection any more.
  package private(set) var end: (any Error)?
  /// Where to go once the channels are known: a room by its number has no label before.
  private var opening: String?
  private var hasConnected = false
  /// What stood in the way of the last attempt.
  private var lastTrouble: String?

  private nonisolated let intents = BoundedQueue<Errand>(countMax: intentsMax)
  private nonisolated let messages = BoundedQueue<Errand>(countMax: intentsMax)
  private var connectionWaiters: [CheckedContinuation<Connection, any Error>] = []
  var deliveryWaiters: [CheckedContinuation<Void, Never>] = []
  private var readMarks = ReadMarks()
  /// Whose people are on show, to be asked for again when somebody comes or leaves.
  private var peopleOnShow: (key: String, names: Set<String>)?

  private enum Errand: Sendable {
    case intent(ChatIntent)
    case findActivePeople
    case tellPeople(channel: String)
    case markRead
    /// Everything before it has been done.
    case barrier(BoundedQueue<Void>)
  }

  /// - Parameter opening: a channel to show when the channels are known.
  package init(
    account: String, outbox: Outbox, opening: String? = nil, emit: @escaping Emit
  ) {
    self.account = account
    self.outbox = outbox
    self.opening = opening
    self.emit = emit
    book = ChatBook(account: account)
  }

  // MARK: Intents

  /// - Returns: false when there is too much to do already.
  @discardableResult
  package nonisolated func perform(_ intent: ChatIntent) -> Bool {
    switch intent {
    case .send: messages.offer(.intent(intent))
    default: intents.offer(.intent(intent))
    }
  }

  /// Does what is intended, one after the other, until the task is cancelled.
  package nonisolated func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { while let errand = await self.intents.next() { await self.run(errand) } }
      group.addTask { while let errand = await self.messages.next() { await self.run(errand) } }
    }
  }

  /// Waits until everything that was intended so far has been done, or handed to the outbox.
  package nonisolated func settle() async {
    for queue in [intents, messages] {
      let done = BoundedQueue<Void>(countMax: 1)
      await queue.push(.barrier(done))
      _ = await done.next()
    }
  }

  private func run(_ errand: Errand) async {
    switch errand {
    case .intent(.send(let localID, let key, let text, let replyTo)):
      await send(text, to: key, replyTo: replyTo, for: .line(localID: localID, key: key))
    case .intent(.markRead(let key, let through)): markLater(key, through: through)
    case .intent(.listFiles(let prefix)):
      await emit(.files(prefix: prefix, FileNames.beginning(with: prefix)))
    case .intent(let intent): await attempt { try await self.carryOut(intent) }
    case .findActivePeople:
      await attempt {
        for event in self.book.tookActive(try await self.online.activePeople()) {
          await self.emit(event)
        }
      }
    case .tellPeople(let key): await attempt { try await self.tellPeople(of: key) }
    case .markRead: await sendReadMarks()
    case .barrier(let done): done.offer(())
    }
  }

  /// The person hears why something did not work; nobody else waits for it.
  private func attempt(_ body: () async throws -> Void) async {
    do {
      try await body()
    } catch let rejection as Rejection {
      await answer(.error, rejection.message)
    } catch is CancellationError {
    } catch {
      await answer(.error, "\(error)")
    }
  }

  var online: any ChatLink {
    get throws {
      guard let link else { throw ChatError.offline }
      return link
    }
  }

  func answer(_ kind: Notice.Kind, _ words: String) async {
    await emit(.notice(Notice(kind, words), channel: nil))
  }

  func answer(_ lines: [StyledLine]) async {
    await emit(.notice(Notice(.output, lines: lines), channel: nil))
  }

  // MARK: Connection

  package func took(_ happening: Follower.Happening) async {
    switch happening {
    case .connected(let connection, let channels): await connected(connection, channels)
    case .caughtUp: await caughtUp()
    case .lost(let reason, let wait): await lost(reason, nextAttempt: wait)
    case .event(let event, _): await took(event)
    case .channelChanged(let info, _): await emit(all: book.changed(info))
    case .channelGone(let gone): await emit(all: book.gone(gone))
    case .presence(let presence): await took(presence)
    case .device(let notice):
      await answer(
        .information,
        "A new device signed in as you: \(notice.device.name) from \(notice.address). "
          + "If that was not you, change your password: confab password.")
    case .file(.offered(let offer)): await answer(.information, offer.words)
    case .file, .meeting: break
    }
  }

  package func connected(_ link: any ChatLink, _ channels: [WireChannelInfo]) async {
    self.link = link
    hasConnected = true
    if let connection = link as? Connection {
      for waiter in connectionWaiters { waiter.resume(returning: connection) }
      connectionWaiters = []
    }
    await emit(all: book.connected(channels))
    await emit(all: renames(in: channels))
    intents.offer(.findActivePeople)
  }

  package func caughtUp() async {
    await emit(all: book.caughtUp())
    guard let name = opening else { return }
    opening = nil
    await emit(.show(channel: book.info(named: name)?.label ?? name))
  }

  package func lost(_ reason: String, nextAttempt wait: Duration) async {
    link = nil
    // While it never worked the person wants to know why; later the state alone says enough.
    if !hasConnected, reason != lastTrouble {
      lastTrouble = reason
      await answer(.information, "\(reason) Trying again…")
    }
    await emit(.connection(.lost(nextAttempt: LocalTime.monotonic + wait)))
  }

  /// There will be no connection any more: the session was ended, or the server is another one.
  package func ended(_ error: any Error) async {
    link = nil
    end = error
    for waiter in connectionWaiters { waiter.resume(throwing: error) }
    connectionWaiters = []
    wakeDeliveryWaiters()
    let reason = (error as? Rejection)?.message ?? "\(error)"
    await emit(.connection(.refused(reason: reason)))
  }

  /// The chat ends: nobody needs to wait any longer.
  package func stop() {
    for waiter in connectionWaiters { waiter.resume(throwing: CancellationError()) }
    connectionWaiters = []
    end = end ?? CancellationError()
    wakeDeliveryWaiters()
  }

  /// Waits for a connection to send over.
  package func connection() async throws -> Connection {
    if let end { throw end }
    if let connection = link as? Connection, connection.isActive { return connection }
    return try await withCheckedThrowingContinuation { connectionWaiters.append($0) }
  }

  private func emit(all events: [ChatEvent]) async {
    for event in events {
      if case .channelRenamed(let old, let new) = event { sends.rename(old, to: new) }
      await emit(event)
    }
  }

  // MARK: What happens

  package func took(_ event: WireEvent) async {
    let sends = sends
    await emit(all: book.took(event) { sends.localID(of: $0.id) })
    guard let key = book.key(of: event.channel), key == peopleOnShow?.key else { return }
    switch event.body {
    case .memberJoined, .memberLeft: intents.offer(.tellPeople(channel: key))
    default: break
    }
  }

  private func took(_ presence: WirePresence) async {
    await emit(all: book.took(presence))
    // An account that is new to the lobby, which tells nobody of its members.
    guard presence.active, let shown = peopleOnShow, shown.key == "#lobby",
      !shown.names.contains(presence.name)
    else { return }
    intents.offer(.tellPeople(channel: shown.key))
  }

  func tellPeople(of key: String) async throws {
    let people = try await people(of: key)
    peopleOnShow = (key, Set(people.map(\.name)))
    await emit(.people(channel: key, people))
  }

  // MARK: Reading

  private func markLater(_ key: String, through sequence: Int) {
    guard readMarks.note(key, through: sequence) else { return }
    Task { [intents] in
      try? await Task.sleep(for: ReadMarks.delay)
      intents.offer(.markRead)
    }
  }

  /// What is read while there is no connection is told with the next mark.
  private func sendReadMarks() async {
    guard let link else { return readMarks.keepWaiting() }
    for (key, sequence) in readMarks.take() {
      var mark = WireMarkRead()
      mark.channel = book.reference(key)
      mark.sequence = UInt64(clamping: sequence)
      // Nobody waits for it, and the next mark says it again.
      _ = try? await link.request(.markRead(mark))
    }
  }

  /// Tells the server what was read; the chat ends.
  package func finish() async {
    await sendReadMarks()
  }

  /// Ends this device's session. Without a connection that is not possible, and said.
  func signOut(from current: CurrentServer) async throws {
    do {
      _ = try await online.request(.signOut(WireSignOut()))
    } catch is ConnectionError {
      // The server closes right after, and perhaps before its answer was read.
    } catch ChatError.offline {
      throw ConnectionError.unreachable(
        "There is no connection, so you are still signed in. Use confab sign-out when it is back.")
    }
    if let token = current.server.token {
      try current.profile.forgetToken(token, at: current.server.address)
    }
    Output.line("Bye, \(account)!")
  }
}
