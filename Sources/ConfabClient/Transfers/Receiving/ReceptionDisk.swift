import ConfabNetwork
import ConfabTransfer
import Glibc
import Synchronization

/// Does what the recipient's machine asks of the disk, each kind of work on its thread, and tells what
/// came of it.
final class ReceptionDisk: Sendable {
  /// So much must be free before a full disk is said to have room again.
  private static let spaceBytesMin: UInt64 = 16 << 20

  /// What there is once the folder was opened.
  private struct Opened: Sendable {
    let folder: ReceivingFolder
    let files: PartFiles
    let writer: ContentWriter
    let leaves: LeafReader
    let stream: StreamOutput?
  }

  private let manifest: Manifest
  private let identity: TransferIdentity
  private let layout: LeafLayout
  private let options: ReceptionOptions
  private let pool: StagingPool
  private let threads: DiskThreads
  private let tell: @Sendable ([RecipientInput]) -> Void
  private let opened = Mutex<Opened?>(nil)
  /// Only the syncing thread looks at it.
  private let journal = Mutex<JournalFile?>(nil)
  private let settling = Mutex(0)
  private let publishedNames = Mutex<[Int: String]>([:])

  /// - Parameter tell: called on any of the threads.
  init(
    _ manifest: Manifest, _ identity: TransferIdentity, layout: LeafLayout,
    options: ReceptionOptions, pool: StagingPool, threads: DiskThreads,
    tell: @escaping @Sendable ([RecipientInput]) -> Void
  ) {
    self.manifest = manifest
    self.identity = identity
    self.layout = layout
    self.options = options
    self.pool = pool
    self.threads = threads
    self.tell = tell
  }

  /// Nil until the folder was opened.
  var writer: ContentWriter? { opened.withLock { $0?.writer } }

  /// False while the syncing thread has something to do. Its end is told, if only with nothing.
  var isSettled: Bool { settling.withLock { $0 == 0 } }

  /// False while a stream has something to write out that was verified. Its end is told too.
  var isDrained: Bool { opened.withLock { $0?.stream?.isDrained ?? true } }

  func publishedName(of entry: Int) -> String? { publishedNames.withLock { $0[entry] } }

  func open() {
    threads.syncing.submit { self.tell([self.openNow()]) }
  }

  func perform(_ effect: RecipientEffect) {
    guard let opened = opened.withLock({ $0 }) else { return }
    switch effect {
    case .readLeaf(let leaf, let range): opened.leaves.read(leaf, range)
    case .makeHole(let range):
      threads.writing.submit { self.tell([self.makeHole(range, opened)]) }
    case .prefix(let end): opened.stream?.extend(to: end)
    case .sync, .appendJournal, .setAttributes, .probeName, .publish, .syncFolders,
      .removeJournal, .checkSpace:
      settling.withLock { $0 += 1 }
      threads.syncing.submit {
        var answers: [RecipientInput] = []
        do throws(SystemError) {
          if let answer = try self.settle(effect, opened) { answers = [answer] }
        } catch {
          answers = [.diskFailed(DiskFault(error))]
        }
        self.settling.withLock { $0 -= 1 }
        self.tell(answers)
      }
    default: preconditionFailure("not for the disk: \(effect)")
    }
  }

  /// Nothing more is asked for.
  ///
  /// - Parameter discards: nobody will go on with what is there.
  func close(discarding discards: Bool) {
    guard let opened = opened.withLock({ $0.take() }) else { return }
    threads.syncing.submit {
      opened.files.closeAll()
      if discards, opened.stream == nil {
        opened.folder.discardAll(beneath: self.options.destination.path)
      }
      self.journal.withLock { $0 = nil }
    }
  }

  private func makeHole(_ range: Range<UInt64>, _ opened: Opened) -> RecipientInput {
    do throws(SystemError) {
      try opened.files.makeHole(range)
      return .holeMade(range)
    } catch {
      return .writeFailed(range, DiskFault(error))
    }
  }
}

// On the syncing thread.
extension ReceptionDisk {
  private func openNow() -> RecipientInput {
    do throws(ReceivingFolder.Fault) {
      let folder = try ReceivingFolder(options.destination.path, identity: identity)
      do throws(SystemError) {
        return .opened(try open(in: folder))
      } catch {
        throw .system(error)
      }
    } catch {
      switch error {
      case .system(let error): return .openFailed(DiskFault(error))
      case .busy:
        return .openFailed(
          .broken("another program is receiving the same files into this folder"))
      case .foreign(let name):
        return .openFailed(.broken("the folder \(name) is there, and is another user's"))
      }
    }
  }

  private func open(in folder: ReceivingFolder) throws(SystemError) -> ResumeState? {
    var state: ResumeState?
    var stream: DiskThread?
    if case .stream = options.destination {
      stream = try DiskThread("file stream")
    } else {
      var file = try JournalFile.open(in: folder, identity: identity, layout: layout)
      state = confirmed(file.state, in: folder)
      if state == nil { try file.startAfresh() }
      if let offered = options.offered {
        UnfinishedPart.write(
          .init(from: options.presenterName, name: offered.name, bytes: offered.bytes),
          into: folder)
      }
      journal.put(file)
    }
    let files = PartFiles(
      manifest, in: folder,
      published: Set(state?.published.map { Int($0.entry) } ?? []), isNameless: stream != nil)
    if stream != nil { try files.makeNameless() }
    if let found = state { state = try agreed(found, files) }
    let tell = tell
    let writer = ContentWriter(files, pool: pool, on: threads.writing) { outcomes in
      tell(
        outcomes.map {
          switch $0 {
          case .written(let range): .written(range)
          case .failed(let range, let fault): .writeFailed(range, fault)
          }
        })
    }
    let all = Opened(
      folder: folder, files: files, writer: writer,
      leaves: LeafReader(files, on: threads.verifying, report: tell),
      stream: output(files, on: stream))
    opened.withLock { $0 = all }
    return state
  }

  /// Without what is not as the journal says: the journal knows that before anything is made anew.
  private func agreed(
    _ state: ResumeState, _ files: PartFiles
  ) throws(SystemError) -> ResumeState {
    try files.regainAccess()
    let gone = try files.leavesGone(of: state, layout)
    guard !gone.isEmpty else { return state }
    let writer = ResumeJournalWriter(identity, layout: layout)
    let records = gone.ranges.flatMap { writer.encode(.withdrawn($0)) }
    try journal.with { file throws(SystemError) in
      try file?.append(records)
      try file?.sync()
    }
    var state = state
    for range in gone.ranges { state.forget(range) }
    return state
  }

  private func output(_ files: PartFiles, on thread: DiskThread?) -> StreamOutput? {
    guard let thread, case .stream(let descriptor, _) = options.destination else { return nil }
    let tell = tell
    return StreamOutput(files, to: descriptor, on: thread) { fault in
      tell(fault.map { [.diskFailed($0)] } ?? [])
    }
  }

  /// What the journal says, if each entry at the top is where it says. One that was not begun is
  /// nowhere, and nothing may be claimed of it.
  private func confirmed(_ state: ResumeState, in folder: ReceivingFolder) -> ResumeState? {
    // Of a folder, the content of all that is in it.
    var ends: [Int: UInt64] = [:]
    var end = manifest.contentBytes
    for top in manifest.tops.reversed() {
      ends[top] = end
      end = manifest.content(of: top).lowerBound
    }
    return state.confirmed(
      for: manifest,
      isUnfinished: { top in
        let content = manifest.content(of: top).lowerBound..<ends[top, default: 0]
        return folder.isHidden(top)
          || state.publishedName(of: top) == nil
            && !state.leaves.overlaps(layout.leaves(touching: content))
      },
      exists: { name in folder.has(ComposedName.of(name)) })
  }

  private func settle(
    _ effect: RecipientEffect, _ opened: Opened
  ) throws(SystemError) -> RecipientInput? {
    switch effect {
    case .sync(let ticket):
      try opened.files.sync()
      try journal.with { file throws(SystemError) in try file?.sync() }
      return .synced(ticket: ticket)
    case .appendJournal(let bytes):
      do throws(SystemError) {
        try journal.with { file throws(SystemError) in try file?.append(bytes) }
      } catch {
        return .appendFailed(DiskFault(error))
      }
      return nil
    case .setAttributes:
      try opened.files.makeEmptyOnes()
      try opened.files.setAttributes()
      return .attributesSet
    case .probeName(let entry, let name):
      return opened.folder.has(ComposedName.of(name))
        ? .nameTaken(entry: entry) : .nameFree(entry: entry)
    case .publish(let entry, let name): return try publish(entry, name, opened)
    case .syncFolders:
      try opened.folder.syncNames()
      return .foldersSynced
    case .removeJournal:
      opened.folder.removeHidden()
      return nil
    case .checkSpace:
      return (opened.folder.freeBytes ?? .max) >= Self.spaceBytesMin ? .spaceFound : nil
    default: return nil
    }
  }

  private func publish(
    _ entry: Int, _ name: String, _ opened: Opened
  ) throws(SystemError) -> RecipientInput {
    let name = ComposedName.of(name)
    let folder = opened.folder
    // After a crash it may have been done already.
    let isDone = !folder.isHidden(entry) && folder.has(name)
    if !isDone {
      guard try folder.publish(entry, as: name) else { return .nameTaken(entry: entry) }
    }
    try opened.files.finishMode(ofTop: entry, named: name)
    publishedNames.withLock { $0[entry] = name }
    return .published(entry: entry)
  }
}

extension Mutex where Value == JournalFile? {
  fileprivate func put(_ file: consuming JournalFile) {
    var file: JournalFile? = consume file
    withLock { $0 = file.take() }
  }

  /// Does nothing where there is no journal. (`withLock` does not hand typed errors through.)
  fileprivate func with(
    _ body: (inout JournalFile?) throws(SystemError) -> Void
  ) throws(SystemError) {
    let fault: SystemError? = withLock { file in
      do throws(SystemError) { try body(&file) } catch { return error }
      return nil
    }
    if let fault { throw fault }
  }
}
