import Primitives

// What the presenter says.
extension RecipientMachine {
  mutating func hear(_ message: ControlMessage, at now: MonotonicTime) throws(FileFailure) {
    switch message {
    case .begin(let version, let summary): try begin(version, summary)
    case .manifest(let piece): try readManifest(piece, at: now)
    case .failed(let failure): fail(failure, byPeer: true)
    case .pause(let reason): effects.append(.paused(reason, byPeer: true))
    case .resume: effects.append(.resumed(byPeer: true))
    case .sourceChanged(let entry): try sourceChanged(entry)
    case .thanks:
      guard stage == .complete else { throw .malformed("The other side thanks for nothing.") }
      stage = .over
      if options.destination == .folder { effects.append(.removeJournal) }
    case .holes, .leafHashes, .zeroLeaves, .fileDigests, .finish: try hearFacts(message)
    case .have, .again, .complete:
      throw .malformed("The other side says what only a recipient says.")
    }
  }

  /// About the content: the manifest must be known.
  private mutating func hearFacts(_ message: ControlMessage) throws(FileFailure) {
    guard let manifest else { throw .malformed("The manifest is not complete.") }
    guard finishedRoot == nil else { throw .malformed("The other side goes on after its end.") }
    switch message {
    case .holes(let ranges):
      holesHeard += ranges.count
      guard holesHeard <= FileLimits.holesMax else {
        throw FileFailure(.excess, "The other side has too many holes.")
      }
      for range in ranges { try hearHole(range, of: manifest) }
    case .leafHashes(let first, let hashes):
      try expectNext(first)
      for hash in hashes { try hearHash(hash) }
    case .zeroLeaves(let first, let count):
      try expectNext(first)
      for _ in 0..<count { try hearHash(checks.zeroLeaf) }
    case .fileDigests(let first, let hashes):
      guard first == UInt64(nextDigest) else { throw .malformed("Digests are out of order.") }
      for hash in hashes {
        guard nextDigest < manifest.count else {
          throw .outOfBounds("The other side has more digests than files.")
        }
        effects.append(.fileDigest(entry: nextDigest, hash))
        nextDigest = manifest.nextFileWithContent(from: nextDigest + 1)
      }
    case .finish(let root):
      guard checks.hashesHeard == layout.leafCount, nextDigest == manifest.count else {
        throw .malformed("The other side ends before it has told everything.")
      }
      guard root == checks.rootHash else {
        throw FileFailure(.rootMismatch, "The hashes do not make the sender's root.")
      }
      finishedRoot = root
    default: break
    }
  }

  private func expectNext(_ first: UInt64) throws(FileFailure) {
    guard first == checks.hashesHeard else { throw .malformed("Hashes are out of order.") }
  }

  private mutating func hearHash(_ hash: ContentHash) throws(FileFailure) {
    let leaf = checks.hashesHeard
    let isWritten = leaf < layout.leafCount && content.isWritten(leaf)
    let isZero = isWritten && content.isZero(leaf)
    switch try checks.hear(hash, isWritten: isWritten, isZero: isZero) {
    case .noted: break
    case .verified: claims?.addZero(leaf)
    case .differs: try withdraw(leaf)
    }
  }

  private mutating func hearHole(
    _ range: Range<UInt64>, of manifest: Manifest
  ) throws(FileFailure) {
    guard range.upperBound <= manifest.contentBytes else {
      throw .outOfBounds("The other side has holes beyond the end.")
    }
    holesWaiting.insert(range)
  }

  private func sourceChanged(_ entry: UInt64) throws(FileFailure) {
    guard let manifest, entry < UInt64(manifest.count) else {
      throw .outOfBounds("The other side speaks of a file that it did not offer.")
    }
    // The presenter's own words follow in its `failed`.
  }
}

// The manifest, and what the disk has of it.
extension RecipientMachine {
  private mutating func begin(
    _ version: UInt64, _ summary: ManifestSummary
  ) throws(FileFailure) {
    guard stage == .awaitingManifest else { throw .malformed("The other side begins twice.") }
    guard version == ControlMessage.version else {
      throw FileFailure(
        .version, "The other side speaks version \(version) of the file protocol, we speak 1.")
    }
    if let offered = options.offered, offered.manifest != summary { throw otherThanOffered() }
    if options.destination == .stream, summary.entryCount > 1 { throw needsOneFile() }
    manifestDecoder = try ManifestDecoder(summary, rules: options.rules)
    stage = .readingManifest
  }

  private mutating func readManifest(
    _ piece: [UInt8], at now: MonotonicTime
  ) throws(FileFailure) {
    guard stage == .readingManifest else { throw .malformed("A manifest has no place here.") }
    try manifestDecoder?.append(piece)
    guard let decoder = manifestDecoder, decoder.isComplete else { return }
    manifestDecoder = nil
    let manifest = try decoder.finish()
    // The hash was right; the words that a person said yes to must be too.
    if let offered = options.offered, offered != TransferOffer.Summary(of: manifest) {
      throw otherThanOffered()
    }
    if options.destination == .stream, manifest.fileCount != 1 { throw needsOneFile() }
    let layout = LeafLayout(contentBytes: manifest.contentBytes, leafBytes: options.leafBytes)
    content = RecipientContent(layout: layout)
    checks = LeafChecks(layout: layout)
    let identity = TransferIdentity(presenterKey: options.presenterKey, manifest: manifest.hash)
    let writer = ResumeJournalWriter(identity, layout: layout)
    if options.destination == .folder { claims = JournalClaims(writer: writer, at: now) }
    self.manifest = manifest
    tops = manifest.tops
    nextDigest = manifest.nextFileWithContent(from: 0)
    stage = .opening
    effects.append(.open(manifest, identity, journalHeader: writer.header))
  }

  private func otherThanOffered() -> FileFailure {
    FileFailure(.otherThanOffered, "These are not the files that were offered.")
  }

  private func needsOneFile() -> FileFailure {
    FileFailure(.needsOneFile, "Only one file, and no folder, can be written to a stream.")
  }

  mutating func open(_ state: ResumeState?) throws(FileFailure) {
    guard stage == .opening else { return }
    stage = .receiving
    if let state {
      content.resume(state.leaves)
      haveLeft = state.leaves
      let differing = checks.resume(
        state, recheck: sample(of: state), isAll: options.rechecksEverything)
      for leaf in differing { try withdraw(leaf) }
    }
    let waited = early
    early = EarlyContent()
    for range in waited.ranges.ranges {
      let range = range.clamped(to: 0..<layout.contentBytes)
      if !range.isEmpty { content.miss(range) }
    }
  }

  /// The ends, where crashes and preallocation leave their marks, and some by chance. What has its
  /// name already is not read again: people may have moved it.
  private func sample(of state: ResumeState) -> ContentRanges {
    guard state.published.isEmpty, let first = state.leaves.ranges.first,
      let last = state.leaves.ranges.last
    else { return ContentRanges() }
    if options.rechecksEverything { return state.leaves }
    var sample = ContentRanges(first.lowerBound..<first.lowerBound + 1)
    sample.insert(last.upperBound - 1..<last.upperBound)
    var random = SeededRandom(seed: options.seed)
    for _ in 0..<FileLimits.recheckedLeaves {
      let index = Int.random(in: state.leaves.ranges.indices, using: &random)
      let leaf = UInt64.random(in: state.leaves.ranges[index], using: &random)
      sample.insert(leaf..<leaf + 1)
    }
    return sample
  }
}
