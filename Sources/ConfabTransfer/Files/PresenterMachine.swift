/// The side that offers the files: tells the manifest, sends content and hashes, answers requests to
/// send again, and knows at the end that everything arrived.
///
/// A value: give it inputs, then take `nextEffect` until there is none, and `nextControl` for as long
/// as the control stream takes more. It holds no content. One is made for each connection; after a
/// break the next one, with the same manifest, goes on where the recipient's journal says.
///
///     manifest, holes → content (by slices) and leaf hashes side by side → digests → sources
///     compared with the manifest once more → finish → the recipient's `complete` → thanks
package struct PresenterMachine: Sendable {
  enum Stage: Hashable {
    /// Telling, sending and hashing.
    case presenting
    /// Everything is hashed; the sources are compared before the root is told.
    case checkingSources
    /// The root is told; the recipient may ask for content again, or be done.
    case finishing
    /// Done or failed. Nothing is listened to any more.
    case over
  }

  package let manifest: Manifest
  package let layout: LeafLayout
  let options: PresenterOptions
  var stage = Stage.presenting
  var content: PresenterContent
  var hashes: PresenterHashes

  var decoder = ControlDecoder()
  var effects = WaitingLine<PresenterEffect>()
  /// A few words at most: announcements, a failure, thanks.
  var outbox = WaitingLine<ControlMessage>()
  /// Made when they are asked for, after `outbox` has begun the transfer.
  var manifestEncoder: ManifestEncoder
  var isManifestSent = false
  var holesLeft: ContentRanges
  var isHaveComplete = false
  var checks = SourceChecks()

  /// - Parameter holes: of the content, as the file system tells them (SEEK_HOLE).
  package init(
    _ manifest: Manifest, holes: [Range<UInt64>] = [], options: PresenterOptions = .init()
  ) {
    self.manifest = manifest
    self.options = options
    layout = LeafLayout(contentBytes: manifest.contentBytes, leafBytes: options.leafBytes)
    content = PresenterContent(
      contentBytes: manifest.contentBytes, holes: holes, options: options)
    hashes = PresenterHashes(manifest: manifest, layout: layout)
    manifestEncoder = ManifestEncoder(manifest)
    holesLeft = content.holes
    outbox.append(.begin(version: ControlMessage.version, manifest.summary))
    content.isOpen =
      options.startsAtOnce && manifest.encodedBytes <= FileLimits.earlyManifestBytesMax
    advance()
  }

  package var isOver: Bool { stage == .over }

  package var progress: FileProgress {
    FileProgress(
      bytesDone: content.delivered.count, bytesTotal: manifest.contentBytes,
      bytesResumed: content.bytesResumed)
  }

  package mutating func handle(_ input: PresenterInput) {
    guard stage != .over else { return }
    do throws(FileFailure) {
      try decide(input)
      advance()
    } catch {
      fail(error)
    }
  }

  package mutating func nextEffect() -> PresenterEffect? { effects.next() }

  /// The next message for the control stream, made only now; nil when there is nothing to say.
  package mutating func nextControl() -> [UInt8]? {
    if let message = outbox.next() { return message.encoded() }
    guard stage != .over else { return nil }
    if !isManifestSent {
      if let piece = manifestEncoder.nextPiece() { return ControlMessage.manifest(piece).encoded() }
      isManifestSent = true
    }
    if !holesLeft.isEmpty {
      var ranges: [Range<UInt64>] = []
      while ranges.count < FileLimits.rangesPerMessageMax, let hole = holesLeft.takeFirst(.max >> 1)
      {
        ranges.append(hole)
      }
      return ControlMessage.holes(ranges).encoded()
    }
    guard let message = hashes.nextMessage() else { return nil }
    advance()
    return message.encoded()
  }

  private mutating func decide(_ input: PresenterInput) throws(FileFailure) {
    switch input {
    case .control(let bytes): try read(bytes)
    case .contentAcknowledged(let range): content.acknowledged(range)
    case .leafHashed(let leaf, let hash): hashes.add(leaf, hash)
    case .fileDigested(let entry, let hash): hashes.addDigest(of: entry, hash)
    case .sourcesUnchanged:
      let wasLast = checks.finished()
      nextCheck()
      guard wasLast, stage == .checkingSources else { return }
      stage = .finishing
      outbox.append(.finish(root: hashes.root))
    case .sourceChanged(let entry):
      outbox.append(.sourceChanged(entry: UInt64(entry)))
      throw changed(entry)
    case .sourceUnreadable(let entry, let reason):
      throw FileFailure(
        .sourceUnreadable, "\(manifest.pathText(of: entry)) cannot be read: \(reason).")
    case .cancel: throw FileFailure(.cancelled, "The sender stopped the transfer.")
    }
  }

  private func changed(_ entry: Int) -> FileFailure {
    FileFailure(
      .sourceChanged,
      "\(manifest.pathText(of: entry)) was changed while it was sent. Send it again.")
  }

  /// Everything that follows from what is known now.
  private mutating func advance() {
    while let slice = content.nextSlice() { effects.append(.sendContent(slice)) }
    // Before the recipient has opened its files it remembers every hash, so few may be told.
    let frontier = isHaveComplete ? content.frontier : 0
    if let leaves = hashes.allowance(frontier: frontier) {
      effects.append(.hashLeaves(upTo: leaves))
    }
    if stage == .presenting, isHaveComplete, hashes.isAllTold {
      stage = .checkingSources
      checks.add(0..<manifest.contentBytes, isLast: true)
      nextCheck()
    }
  }

  private mutating func nextCheck() {
    if let range = checks.next() { effects.append(.checkSources(range)) }
  }

  mutating func fail(_ failure: FileFailure, byPeer: Bool = false) {
    stage = .over
    if !byPeer { outbox.append(.failed(failure)) }
    effects.append(.failed(failure, byPeer: byPeer))
  }
}

// What the recipient says.
extension PresenterMachine {
  private mutating func read(_ bytes: [UInt8]) throws(FileFailure) {
    decoder.append(bytes)
    while stage != .over, let message = try decoder.next() { try hear(message) }
  }

  private mutating func hear(_ message: ControlMessage) throws(FileFailure) {
    switch message {
    case .have(let leaves, let isLast): try hearHave(leaves, isLast: isLast)
    case .again(let ranges):
      for range in ranges {
        guard range.upperBound <= manifest.contentBytes else {
          throw .outOfBounds("The other side asks for content beyond the end.")
        }
        try content.recipientAsks(for: range)
      }
      // Something did not match, or the disk was full: see whether it was the source.
      if let first = ranges.first, let last = ranges.last {
        checks.add(first.lowerBound..<last.upperBound)
        nextCheck()
      }
    case .complete(let root):
      guard stage == .finishing, root == hashes.root else {
        throw FileFailure(.rootMismatch, "The other side has something else than was sent.")
      }
      stage = .over
      outbox.append(.thanks)
      effects.append(.done(root: root))
    case .pause(let reason): effects.append(.recipientPaused(reason))
    case .resume: effects.append(.recipientResumed)
    case .failed(let failure): fail(failure, byPeer: true)
    default: throw .malformed("The other side says what only a presenter says.")
    }
  }

  private mutating func hearHave(
    _ leaves: [Range<UInt64>], isLast: Bool
  ) throws(FileFailure) {
    guard !isHaveComplete else { throw .malformed("The other side says twice what it has.") }
    for range in leaves {
      guard range.upperBound <= layout.leafCount else {
        throw .outOfBounds("The other side has leaves beyond the end.")
      }
      try content.recipientHas(layout.range(of: range))
    }
    guard isLast else { return }
    isHaveComplete = true
    content.isOpen = true
  }
}
