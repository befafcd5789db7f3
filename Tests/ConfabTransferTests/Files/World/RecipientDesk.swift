import ConfabTransfer
import Primitives

/// A recipient's machine with a disk that always obeys, for tests that speak to it by hand.
struct RecipientDesk {
  let manifest: Manifest
  var machine: RecipientMachine
  var now = MonotonicTime(nanoseconds: 0)
  /// What is answered to `open`.
  var resume: ResumeState?

  /// In the order in which they were asked for.
  private(set) var log: [String] = []
  private(set) var messages: [ControlMessage] = []
  private(set) var failure: FileFailure?
  private(set) var credit: UInt64 = 0
  private(set) var journal: [UInt8] = []
  private(set) var reads: [(leaf: UInt64, range: Range<UInt64>)] = []
  private(set) var tickets: [UInt64] = []
  var isDone: Bool { log.contains("done") }
  /// Answers to syncs come by themselves.
  var syncsAtOnce = true

  init(
    _ manifest: Manifest, leafBytes: UInt64 = 100,
    destination: RecipientOptions.Destination = .folder,
    resume: ResumeState? = nil, rules: NameRules = .portable
  ) {
    self.manifest = manifest
    self.resume = resume
    machine = RecipientMachine(
      RecipientOptions(
        presenterName: "ann", presenterKey: ContentHash(repeating: 1), destination: destination,
        rules: rules, leafBytes: leafBytes, seed: 1), at: now)
    drain()
  }

  mutating func hear(_ messages: ControlMessage...) {
    for message in messages { tell(.control(message.encoded())) }
  }

  mutating func tell(_ input: RecipientInput) {
    machine.handle(input, at: now)
    drain()
  }

  /// Begin and all pieces of the manifest.
  mutating func begin() {
    var presenter = PresenterMachine(
      manifest, options: PresenterOptions(leafBytes: machine.options.leafBytes))
    while let bytes = presenter.nextControl() { tell(.control(bytes)) }
  }

  /// Content comes and is written.
  mutating func arrive(_ range: Range<UInt64>) {
    machine.contentArrived(range, at: now)
    var rest = range
    while let part = machine.takeWanted(in: rest) {
      rest = part.upperBound..<rest.upperBound
      tell(.written(part))
    }
    drain()
  }

  private mutating func drain() {
    while let effect = machine.nextEffect() { perform(effect) }
    while let bytes = machine.nextControl() {
      var decoder = ControlDecoder()
      decoder.append(bytes)
      if let message = try? decoder.next() { messages.append(message) }
    }
  }

  private mutating func perform(_ effect: RecipientEffect) {
    switch effect {
    case .open(_, _, let header):
      journal = header
      machine.handle(.opened(resume), at: now)
    case .credit(let total): credit = total
    case .makeHole(let range):
      log.append("hole \(range)")
      machine.handle(.holeMade(range), at: now)
    case .readLeaf(let leaf, let range): reads.append((leaf, range))
    case .sync(let ticket):
      log.append("sync")
      tickets.append(ticket)
      if syncsAtOnce { machine.handle(.synced(ticket: ticket), at: now) }
    case .appendJournal(let bytes):
      log.append("journal")
      journal += bytes
    case .prefix(let end): log.append("prefix \(end)")
    case .fileDigest(let entry, _): log.append("digest \(entry)")
    case .setAttributes:
      log.append("attributes")
      machine.handle(.attributesSet, at: now)
    case .probeName(let entry, _): machine.handle(.nameFree(entry: entry), at: now)
    case .publish(let entry, let name):
      log.append("publish \(name)")
      machine.handle(.published(entry: entry), at: now)
    case .syncFolders:
      log.append("sync folders")
      machine.handle(.foldersSynced, at: now)
    case .removeJournal: log.append("remove journal")
    case .checkSpace: log.append("check space")
    case .paused(let reason, _): log.append("paused \(reason)")
    case .resumed: log.append("resumed")
    case .done: log.append("done")
    case .failed(let failure, _): self.failure = failure
    }
  }

  /// Everything that the presenter says after the manifest, for content of zeros that was written.
  mutating func finishWithZeros() {
    let layout = machine.layout
    var hasher = LeafHasher(layout: layout)
    var hashes: [ContentHash] = []
    var root = RootHasher()
    hasher.addZeros(layout.contentBytes) { _, hash in
      hashes.append(hash)
      root.add(hash)
    }
    for start in stride(from: 0, to: hashes.count, by: FileLimits.hashesPerMessageMax) {
      let batch = hashes[start..<min(start + FileLimits.hashesPerMessageMax, hashes.count)]
      hear(.leafHashes(first: UInt64(start), Array(batch)))
    }
    var answered = 0
    while answered < reads.count {
      tell(.leafRead(reads[answered].leaf, hashes[Int(reads[answered].leaf)]))
      answered += 1
    }
    var entry = manifest.nextFileWithContent(from: 0)
    while entry < manifest.count {
      hear(.fileDigests(first: UInt64(entry), [ContentHash(repeating: 0)]))
      entry = manifest.nextFileWithContent(from: entry + 1)
    }
    hear(.finish(root: root.root(contentBytes: layout.contentBytes)))
  }

  static func oneFile(_ size: UInt64, name: String = "video.mp4") throws -> Manifest {
    var builder = ManifestBuilder()
    try builder.addFile(
      name: name.utf8, size: size, mode: 0o644, modified: FileTime(seconds: 1))
    return try builder.finish()
  }
}
