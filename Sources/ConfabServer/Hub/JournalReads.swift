import ConfabDomain
import ConfabHub
import ConfabJournal
import ConfabWire
import NIOPosix
import Synchronization

/// What the journal said to a question, until the hub lets it out: whoever asked may have been put out
/// while it was read.
struct ReadAnswer: Sendable {
  let connection: ConnectionID
  let request: UInt64
  let read: Read
  let command: FanoutCommand
}

/// Questions to the journal, on a few threads beside the one that writes; so many wait and no more.
final class JournalReads: Sendable {
  private let journal: any Journal
  private let threads = NIOThreadPool(numberOfThreads: ServerLimits.readerThreads)
  private let waiting = Atomic<Int>(0)
  private let pages: PageTranslation
  private let archives: ArchiveStore
  private let folder: DataFolder
  private let metrics: ServerMetrics

  init(
    journal: any Journal, directory: Directory, archives: ArchiveStore, folder: DataFolder,
    metrics: ServerMetrics
  ) {
    self.journal = journal
    self.archives = archives
    self.folder = folder
    self.metrics = metrics
    pages = PageTranslation(directory: directory)
    threads.start()
  }

  func stop() async throws {
    try await threads.shutdownGracefully()
  }

  func answer(
    _ read: Read, connection: ConnectionID, request: UInt64,
    then pass: @escaping @Sendable (ReadAnswer) -> Void
  ) {
    let accepted = submit { [self] in
      let command = answer(to: read, of: connection, request: request)
      pass(ReadAnswer(connection: connection, request: request, read: read, command: command))
    }
    guard !accepted else { return }
    let refusal = FanoutCommand.refuse(
      connection, request,
      Rejection(
        .rateLimited, "Too many people read at this moment. Try again in a second.",
        retryAfter: .seconds(1)))
    pass(ReadAnswer(connection: connection, request: request, read: read, command: refusal))
  }

  func lookUp(_ question: LookUp, then answer: @escaping @Sendable (LookUpAnswer) -> Void) {
    let accepted = submit { [self] in
      do throws(JournalError) {
        switch question {
        case .facts(let channel, let sequence):
          answer(.facts(try journal.facts(of: sequence, in: channel)))
        case .stored(let id): answer(.stored(try journal.storedMessage(id)))
        }
      } catch {
        answer(.failed(reason: JournalTrouble.words(error)))
      }
    }
    if !accepted { answer(.failed(reason: "too many questions wait for the journal")) }
  }

  /// Waits until what other servers have stored has arrived; not for long, and not if many read.
  func catchUp(then go: @escaping @Sendable () -> Void) {
    let isAccepted = submit { [self] in
      (journal as? any SharedJournal)?.catchUp()
      go()
    }
    if !isAccepted { go() }
  }

  /// Archives of a connection that is gone are of no use to anybody.
  func forget(_ connection: ConnectionID) {
    guard archives.hasArchives(of: connection) else { return }
    threads.submit { [archives] _ in archives.removeAll(of: connection) }
  }

  private func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
    guard waiting.wrappingAdd(1, ordering: .relaxed).newValue <= ServerLimits.waitingReadsMax
    else {
      waiting.wrappingSubtract(1, ordering: .relaxed)
      metrics.readsRefused.add()
      return false
    }
    threads.submit { [self] _ in
      waiting.wrappingSubtract(1, ordering: .relaxed)
      work()
    }
    return true
  }

  private func answer(
    to read: Read, of connection: ConnectionID, request: UInt64
  ) -> FanoutCommand {
    do {
      let body = try body(read, of: connection)
      return .answer(
        connection, request,
        frame: try FrameEncoder.encode(.reply(to: request, body), as: connection.encoding))
    } catch let rejection as Rejection {
      return .refuse(connection, request, rejection)
    } catch let error as JournalError {
      return .refuse(connection, request, Self.rejection(error))
    } catch {
      return .refuse(connection, request, Rejection(.internalError, "The server failed: \(error)"))
    }
  }

  private func body(
    _ read: Read, of connection: ConnectionID
  ) throws -> WireServerFrame.OneOf_Body {
    switch read {
    case .messages(let query, let label):
      return .messageList(pages.body(try journal.messages(query), for: query, label: label))
    case .events(let query): return .eventList(pages.body(try journal.events(query)))
    case .search(let query, let reader):
      return .searchHitList(pages.body(try journal.search(query), reader: reader))
    case .audit(let query): return .auditList(pages.body(try journal.audit(query)))
    case .verifyAudit: return .auditVerdict(pages.body(try journal.verifyAudit()))
    case .diskUse: return .diskUse(WireDiskUse(of: folder))
    case .openArchive(let kind):
      return .archive(try archives.open(kind, for: connection))
    case .readArchive(let archive, let file, let offset):
      return .archiveChunk(
        try archives.read(archive: archive, file: file, offset: offset, for: connection))
    }
  }

  private static func rejection(_ error: JournalError) -> Rejection {
    switch error {
    case .searchInvalid(let words): Rejection(.searchInvalid, words)
    default:
      Rejection(
        .journalUnavailable, "The server cannot read its journal: \(JournalTrouble.words(error))")
    }
  }
}
