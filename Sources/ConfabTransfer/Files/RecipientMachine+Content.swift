package import Primitives

// Content on its way to the disk.
extension RecipientMachine {
  /// Content came, whether it is wanted or not. Once for each piece, before `takeWanted`.
  ///
  /// What is not wanted was paid for too: without new credit for it the presenter could wait for
  /// ever.
  package mutating func contentArrived(_ range: Range<UInt64>, at now: MonotonicTime) {
    guard stage != .over else { return }
    let end = manifest?.contentBytes ?? FileLimits.contentBytesMax
    guard range.upperBound <= end else {
      return fail(.outOfBounds("The other side sends content beyond the end."))
    }
    credit.add(UInt64(range.count))
    if stage == .receiving { giveCredit(at: now) }
    guard manifest == nil || stage == .opening || spaceCheck != nil else { return }
    if stage == .receiving { content.miss(range) } else { early.add(range) }
    checkFragments()
  }

  /// The first part of the range that shall be written, or nil when there is none (more). Each byte
  /// is given out once: what arrives twice, or is on the disk from before, is not written over.
  package mutating func takeWanted(in range: Range<UInt64>) -> Range<UInt64>? {
    guard stage == .receiving else { return nil }
    guard spaceCheck == nil else {
      content.miss(range)
      return nil
    }
    guard let part = content.take(in: range) else { return nil }
    writing += UInt64(part.count)
    checkFragments()
    return part
  }

  private mutating func checkFragments() {
    guard content.isFragmented || early.isFragmented else { return }
    fail(FileFailure(.excess, "The other side sends content in too many pieces."))
  }

  mutating func finishWriting(_ range: Range<UInt64>) {
    writing -= min(writing, UInt64(range.count))
    content.finish(range)
    complete(range)
  }

  mutating func writingFailed(
    _ range: Range<UInt64>, _ fault: DiskFault, at now: MonotonicTime
  ) throws(FileFailure) {
    guard fault == .full else { throw diskFailure(fault) }
    writing -= min(writing, UInt64(range.count))
    content.drop(range)
    pauseForSpace(at: now)
  }

  mutating func appendFailed(_ fault: DiskFault, at now: MonotonicTime) throws(FileFailure) {
    guard fault == .full, !(claims?.isWithdrawing ?? false) else { throw diskFailure(fault) }
    // A journal that says too little is a right one, and at the end it hardly matters.
    claims?.restoreLast()
    if stage == .receiving { pauseForSpace(at: now) }
  }

  private mutating func pauseForSpace(at now: MonotonicTime) {
    guard spaceCheck == nil else { return }
    spaceCheck = now + FileLimits.spaceCheckInterval
    outbox.append(.pause(.diskFull))
    effects.append(.paused(.diskFull, byPeer: false))
  }

  mutating func checkSpace(at now: MonotonicTime) {
    guard let due = spaceCheck, due <= now else { return }
    spaceCheck = now + FileLimits.spaceCheckInterval
    effects.append(.checkSpace)
  }

  mutating func spaceFound() {
    guard spaceCheck != nil else { return }
    spaceCheck = nil
    outbox.append(.resume)
    effects.append(.resumed(byPeer: false))
  }

  /// What is in writing counts as used; what cannot be written makes no room for more.
  mutating func giveCredit(at now: MonotonicTime) {
    guard spaceCheck == nil, let total = credit.grant(at: now, held: writing) else { return }
    effects.append(.credit(total))
  }

  /// Gives the shell holes to make, some at a time, whatever the other side tells of.
  mutating func makeHoles() {
    guard stage == .receiving else { return }
    while holesInMaking < FileLimits.holesInMakingMax,
      let range = holesWaiting.takeFirst(.max >> 1)
    {
      guard let part = content.take(in: range) else { continue }
      holesWaiting.insert(part.upperBound..<range.upperBound)
      holesInMaking += 1
      effects.append(.makeHole(part))
    }
    checkFragments()
  }

  mutating func finishHole(_ range: Range<UInt64>) {
    holesInMaking -= 1
    content.finish(range, isZero: true)
    complete(range)
  }

  /// Bytes reached the file: leaves of it may be complete, if their hashes are here.
  mutating func complete(_ range: Range<UInt64>) {
    let heard = 0..<checks.hashesHeard
    for leaf in layout.leaves(touching: range).clamped(to: heard) where content.isWritten(leaf) {
      if content.isZero(leaf), checks.verifyZero(leaf) {
        claims?.addZero(leaf)
      } else {
        checks.completed(leaf)
      }
    }
  }
}

// Verification.
extension RecipientMachine {
  mutating func verify() {
    guard stage == .receiving else { return }
    while let leaf = checks.nextReading() {
      effects.append(.readLeaf(leaf, layout.range(of: leaf)))
    }
  }

  mutating func judge(_ leaf: UInt64, _ hash: ContentHash) throws(FileFailure) {
    switch checks.read(leaf, hash) {
    case .verified: claims?.add(leaf, hash)
    case .confirmed, nil: break
    case .stale: try withdraw(leaf)
    case .mismatched:
      guard !mismatched.contains(leaf) else { throw mismatch(leaf) }
      mismatched.insert(leaf..<leaf + 1)
      content.drop(layout.range(of: leaf))
    }
  }

  /// The journal claims a leaf that has to be written again. It may be only when the journal durably
  /// says otherwise: see `finishSync`.
  mutating func withdraw(_ leaf: UInt64) throws(FileFailure) {
    guard checks.resumed.published.isEmpty else {
      effects.append(.removeJournal)
      throw FileFailure(
        .sourceChanged, "\(fileText(of: leaf)) was received before, and is another now.")
    }
    checks.drop(leaf)
    claims?.withdraw(leaf)
  }

  private func mismatch(_ leaf: UInt64) -> FileFailure {
    FileFailure(
      .leafMismatch,
      "\(fileText(of: leaf)) did not arrive as it was sent, twice (part \(leaf + 1)).")
  }

  private func fileText(of leaf: UInt64) -> String {
    guard let manifest, leaf < layout.leafCount else { return "A file" }
    return manifest.pathText(of: manifest.file(at: layout.range(of: leaf).lowerBound))
  }

  mutating func tellPrefix() {
    let end = layout.range(of: 0..<checks.verified.prefixEnd).upperBound
    guard end > prefixTold else { return }
    prefixTold = end
    effects.append(.prefix(upTo: end))
  }
}

// Durability.
extension RecipientMachine {
  mutating func beginSync(at now: MonotonicTime) {
    // A full disk takes no records; what is withdrawn cannot wait.
    let isLast: Bool
    switch stage {
    case .receiving: isLast = false
    case .lastSync, .sealing: isLast = true
    default: return
    }
    guard spaceCheck == nil || claims?.isWithdrawing == true,
      let ticket = claims?.nextSync(isLast: isLast, at: now)
    else { return }
    effects.append(.sync(ticket: ticket))
  }

  mutating func finishSync(_ ticket: UInt64) {
    guard let sync = claims?.finishSync(ticket) else { return }
    if let records = claims?.records(of: sync), !records.isEmpty {
      effects.append(.appendJournal(records))
    }
    for range in sync.withdrawn.ranges {
      content.drop(layout.range(of: range))
      haveLeft.remove(range)
    }
    guard sync.isLast else { return }
    if case .sealing(let next) = stage { publish(next) } else { chooseName(0, attempt: 1) }
  }
}
