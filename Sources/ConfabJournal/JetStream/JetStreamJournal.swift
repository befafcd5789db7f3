package import ConfabDomain
import Foundation
import GRDB
import Synchronization

/// The journal on NATS JetStream: a replicated stream is the truth, and this server's tables are a copy
/// that follows it.
///
/// A group of events is one message. It is stored only behind the newest message that this server
/// knows, so that whoever decided on an older state is told that it was overtaken, and all servers of a
/// place have one order. What was sent and not answered is settled before anything else is written:
/// with a batch of no entries in its place, behind which it can no longer arrive.
package final class JetStreamJournal: SharedJournal {
  let view: SQLiteJournal
  let stream: StreamConnection
  let tail: Mutex<Tail>
  let contact = Mutex(Contact())
  let listener = Mutex(Listener { _, _ in })
  let isClosed = Atomic<Bool>(false)
  let isHurried = Atomic<Bool>(false)
  /// How many copies of the stream there are.
  package let replicas: Int
  /// What is set otherwise than the promise needs.
  package let shortcomings: [StreamShortcoming]
  let answerSecondsMax: TimeInterval
  let threads = JetStreamThreads()

  /// Hears what arrives. In a struct, because a bare closure in a generic lock is wrapped once more each
  /// time that it is looked at, until the calls through all its wrappings use the stack up.
  struct Listener: Sendable {
    let hear: @Sendable ([StampedEvent], PlaceState) -> Void
  }

  /// The newest message of the stream that is in the view, and what came of all up to it.
  struct Tail {
    var message: UInt64
    var chain: AuditChain
    var state: PlaceState
    var salts: any RandomNumberGenerator & Sendable
    /// Compares with other servers.
    var isComparing = false
    /// A state of which every server makes a digest, until that is made.
    var digestState: PlaceState?
    /// Something was sent that nobody answered, so that nobody knows whether it is stored.
    var isUnsettled = false
    /// The stream does not say what was said before: nothing of it is believed any more.
    var damage: JournalError?
  }

  /// Where a server with this data folder keeps its copy of the stream.
  package static func viewFolder(in folder: String) -> String { folder + "/view" }

  /// Finds the stream, or makes it, and brings the view up to it.
  ///
  /// - Parameters:
  ///   - folder: the server's data folder; the view gets a folder of its own in it.
  ///   - salts: chance for the salts of texts and for the ids of batches.
  package init(
    _ options: JetStreamOptions, folder: String, salts: any RandomNumberGenerator & Sendable
  ) throws(JournalError) {
    answerSecondsMax = options.answerSecondsMax
    try JournalFiles.makeFolder(folder)
    let beginning = try ViewBeginning(options.backup, in: Self.viewFolder(in: folder))
    let view = try SQLiteJournal(
      folder: Self.viewFolder(in: folder), salts: salts, purpose: .cache)
    do throws(JournalError) {
      let position = try view.writing { db in
        try StreamMarks.prepare(db)
        return try StreamMarks.position(db)
      }
      try beginning.check(position, head: view.head)
      let (stream, state) = try Self.connect(options)
      try Self.check(view, position, against: stream)
      tail = Mutex(
        Tail(message: position, chain: view.head, state: try view.loadState(), salts: salts))
      self.stream = stream
      replicas = state.replicas
      shortcomings = state.shortcomings
    } catch {
      try? view.close()
      throw beginning.undone(error)
    }
    self.view = view
    threads.start(self)
    do throws(JournalError) {
      try catchUp(secondsMax: nil)
    } catch {
      try? close()
      throw error
    }
  }

  private static func connect(
    _ options: JetStreamOptions
  ) throws(JournalError) -> (StreamConnection, StreamState) {
    do throws(StreamFailure) {
      let stream = try StreamConnection(options)
      return (stream, try stream.ensureStream(replicas: options.replicas))
    } catch {
      throw JournalError(error)
    }
  }

  /// Whether the view is one of this stream. A stream that lost its end, or that is another place's,
  /// must not be followed: people would see what they know being taken back.
  private static func check(
    _ view: SQLiteJournal, _ position: UInt64, against stream: StreamConnection
  ) throws(JournalError) {
    guard position > 0 else { return }
    do throws(StreamFailure) {
      let last = try stream.last(on: stream.log)?.sequence ?? 0
      guard last >= position else { throw .refused("it ends before what this server has seen") }
      guard let message = try stream.message(position) else { return }
      if let batch = try? StreamBatch(decoding: message.bytes),
        batch.chainAfter != view.head.value
      {
        throw .refused("it is another one than this server has followed")
      }
    } catch {
      guard case .refused(let words) = error else { throw JournalError(error) }
      throw .other(
        "the stream \(stream.streamName) does not fit the folder \(view.folder): \(words). If the "
          + "stream is the right one, remove that folder, and it is made anew")
    }
  }

  package func close() throws(JournalError) {
    guard !isClosed.exchange(true, ordering: .relaxed) else { return }
    threads.stop()
    stream.close()
    try view.close()
  }

  // MARK: - What happens elsewhere

  package func follow(
    after entry: UInt64, _ arrived: @escaping @Sendable ([StampedEvent], PlaceState) -> Void
  ) throws(JournalError) {
    try tail.withLock { tail throws(JournalError) in
      let missed = try view.reading { db in try EntryReading.events(after: entry, db) }
      if !missed.isEmpty { arrived(missed, tail.state) }
      listener.withLock { $0 = Listener(hear: arrived) }
    }
  }

  package func hurry() { isHurried.store(true, ordering: .relaxed) }

  package func announce(_ bytes: [UInt8], to node: String?) {
    stream.announce(bytes, on: stream.nodes(node))
  }

  package func listen(as node: String, _ heard: @escaping @Sendable ([UInt8]) -> Void) {
    threads.start("nodes") { self.readAnnouncements(on: self.stream.nodes(nil), heard) }
    threads.start("node") { self.readAnnouncements(on: self.stream.nodes(node), heard) }
  }

  // MARK: - Views

  package func messages(_ query: MessageQuery) throws(JournalError) -> MessagePage {
    try view.messages(query)
  }

  package func events(_ query: EventQuery) throws(JournalError) -> EventPage {
    try view.events(query)
  }

  package func search(_ query: SearchQuery) throws(JournalError) -> [SearchHit] {
    try view.search(query)
  }

  package func facts(
    of sequence: UInt64, in channel: ChannelID
  ) throws(JournalError) -> MessageFacts? {
    try view.facts(of: sequence, in: channel)
  }

  package func storedMessage(_ id: MessageID) throws(JournalError) -> StoredMessage? {
    try view.storedMessage(id)
  }

  package func audit(_ query: AuditQuery) throws(JournalError) -> AuditPage {
    try view.audit(query)
  }

  package func verifyAudit() throws(JournalError) -> AuditVerdict { try view.verifyAudit() }

  package func backup(to path: String) throws(JournalError) { try view.backup(to: path) }

  @discardableResult
  package func purge() throws(JournalError) -> Bool { try view.purge() }

  /// Of its own state: the other one may hold what turns out to be overtaken.
  package func makeSnapshot(of _: PlaceState) throws(JournalError) -> StateSnapshot {
    try StateSnapshot(of: tail.withLock { $0.state })
  }

  package func saveSnapshot(_ snapshot: StateSnapshot) throws(JournalError) {
    try view.saveSnapshot(snapshot)
  }
}
