import ConfabTransfer
import Primitives

/// A presenter says anything, and the disk does its work in any order, or fails. What the journal claims
/// is on the disk, success is claimed only for what the disk has, and nothing is wanted after the end.
package func exerciseRecipient(_ bytes: [UInt8]) {
  var feed = ByteFeed(bytes)
  var exercise = RecipientExercise(&feed)
  while !feed.isEmpty { exercise.step(&feed) }
}

private struct RecipientExercise {
  private static let content = SmallContent()

  private var machine: RecipientMachine
  private var now = MonotonicTime(nanoseconds: 0)
  private var disk = [UInt8](repeating: 0xEE, count: RecipientExercise.content.bytes.count)
  private var journal: ResumeJournalReader?
  private var credit: UInt64 = 0
  private var reads: [(leaf: UInt64, range: Range<UInt64>)] = []
  private var ticket: UInt64?
  private var isOver = false
  /// What the disk answers to the next questions.
  private var moods: UInt8 = 0

  init(_ feed: inout ByteFeed) {
    let content = Self.content
    machine = RecipientMachine(
      RecipientOptions(
        presenterName: "ann", presenterKey: ContentHash(repeating: 1),
        offered: feed.isChosen(oneIn: 2) ? TransferOffer.Summary(of: content.manifest) : nil,
        destination: feed.isChosen(oneIn: 4) ? .stream : .folder, leafBytes: SmallContent.leafBytes,
        creditBytesStart: 1_000, creditBytesMax: 4_000, seed: 1), at: now)
    settle()
    guard !feed.isChosen(oneIn: 8) else { return }
    var presenter = PresenterMachine(
      content.manifest, options: PresenterOptions(leafBytes: SmallContent.leafBytes))
    while let bytes = presenter.nextControl() { tell(.control(bytes)) }
  }

  mutating func step(_ feed: inout ByteFeed) {
    moods = feed.byte()
    switch feed.choice(of: 12) {
    case 0: tell(.control(feed.bytes(Int(feed.byte()))))
    case 1, 2, 3:
      let said = message(&feed, leaves: Self.content.leaves, root: Self.content.root)
      tell(.control(said.encoded()))
    case 4, 5, 6: arrive(feed.range(below: 560), isDamaged: feed.isChosen(oneIn: 8))
    case 7, 8: readLeaf(&feed)
    case 9: synced()
    case 10:
      now = now + .milliseconds(Int64(feed.number16()))
      if let deadline = machine.nextDeadline, deadline <= now { tell(.timeout) }
    default:
      if feed.isChosen(oneIn: 16) { tell(.cancel) } else { tell(.roundTrip(.milliseconds(20))) }
    }
  }

  private func isInMood(_ bit: UInt8) -> Bool { moods & bit != 0 }

  private mutating func tell(_ input: RecipientInput) {
    machine.handle(input, at: now)
    settle()
  }

  // MARK: Content

  private mutating func arrive(_ range: Range<UInt64>, isDamaged: Bool) {
    guard !range.isEmpty else { return }
    machine.contentArrived(range, at: now)
    var rest = range
    while let part = machine.takeWanted(in: rest) {
      precondition(!isOver, "content is wanted after the end")
      precondition(
        rest.lowerBound <= part.lowerBound && part.upperBound <= rest.upperBound && !part.isEmpty,
        "something else is wanted than what came")
      precondition(part.upperBound <= UInt64(disk.count), "content beyond the end is wanted")
      rest = part.upperBound..<rest.upperBound
      write(part, isDamaged: isDamaged)
    }
    settle()
  }

  private mutating func write(_ part: Range<UInt64>, isDamaged: Bool) {
    if isInMood(0x80), isInMood(0x40) {
      return tell(.writeFailed(part, isInMood(0x20) ? .full : .broken("so")))
    }
    for index in Int(part.lowerBound)..<Int(part.upperBound) {
      disk[index] = Self.content.bytes[index] ^ (isDamaged ? 0x55 : 0)
    }
    checkClaims()
    tell(.written(part))
  }

  private mutating func readLeaf(_ feed: inout ByteFeed) {
    guard !reads.isEmpty else { return }
    let (leaf, range) = reads.remove(at: feed.choice(of: reads.count))
    if isInMood(0x80), isInMood(0x40) { return tell(.leafUnreadable(leaf, .broken("so"))) }
    tell(.leafRead(leaf, SmallContent.leaf(of: disk, range)))
  }

  private mutating func synced() {
    guard let ticket else { return }
    self.ticket = nil
    if isInMood(0x80), isInMood(0x40) { return tell(.diskFailed(.broken("so"))) }
    tell(.synced(ticket: ticket))
  }

  // MARK: What it wants done

  private mutating func settle() {
    while true {
      if let effect = machine.nextEffect() {
        perform(effect)
      } else if machine.nextControl() == nil {
        return
      }
    }
  }

  private mutating func perform(_ effect: RecipientEffect) {
    switch effect {
    case .credit(let total):
      precondition(total > credit, "credit does not grow")
      credit = total
    case .readLeaf(let leaf, let range):
      precondition(range == Self.content.layout.range(of: leaf), "another leaf's range")
      reads.append((leaf, range))
    case .sync(let asked):
      precondition(ticket == nil, "two syncs at once")
      ticket = asked
    case .open(let manifest, let identity, let header): open(manifest, identity, header)
    case .appendJournal(let bytes): append(bytes)
    case .makeHole(let range):
      for index in Int(range.lowerBound)..<Int(range.upperBound) { disk[index] = 0 }
      checkClaims()
      machine.handle(.holeMade(range), at: now)
    case .done(let root):
      precondition(!isOver, "two ends")
      let leaves = SmallContent.leaves(of: disk, Self.content.layout)
      precondition(
        root == SmallContent.root(of: leaves, Self.content.layout), "success without the content")
    case .failed:
      precondition(!isOver, "two ends")
      isOver = true
    default: performNaming(effect)
    }
  }

  private mutating func performNaming(_ effect: RecipientEffect) {
    switch effect {
    case .setAttributes: machine.handle(.attributesSet, at: now)
    case .probeName(let entry, let name):
      precondition(FileName.fault(in: name.utf8, rules: .portable) == nil, "a name that is none")
      machine.handle(
        isInMood(0x10) ? .nameTaken(entry: entry) : .nameFree(entry: entry), at: now)
    case .publish(let entry, _):
      machine.handle(
        isInMood(0x08) ? .nameTaken(entry: entry) : .published(entry: entry), at: now)
    case .syncFolders: machine.handle(.foldersSynced, at: now)
    case .checkSpace: if isInMood(0x04) { machine.handle(.spaceFound, at: now) }
    default: break
    }
  }

  private mutating func open(
    _ manifest: Manifest, _ identity: TransferIdentity, _ header: [UInt8]
  ) {
    precondition(journal == nil, "opened twice")
    guard manifest == Self.content.manifest else {
      // Another one, made of chance: whatever it is, it keeps the rules.
      return machine.handle(.openFailed(.notWritable), at: now)
    }
    if isInMood(0x02), isInMood(0x01) {
      return machine.handle(.openFailed(.full), at: now)
    }
    var reader = ResumeJournalReader(identity, layout: Self.content.layout)
    reader.append(header)
    journal = reader
    machine.handle(.opened(nil), at: now)
  }

  private mutating func append(_ bytes: [UInt8]) {
    if isInMood(0x80), isInMood(0x20) { return machine.handle(.appendFailed(.full), at: now) }
    let before = journal?.validBytes ?? 0
    journal?.append(bytes)
    precondition(journal?.validBytes == before + bytes.count, "a record that cannot be read")
    checkClaims()
  }

  /// Every leaf that the journal claims is on the disk.
  private func checkClaims() {
    guard let state = journal?.state else { return }
    for leaf in state.leaves.ranges.joined() {
      let onDisk = SmallContent.leaf(of: disk, Self.content.layout.range(of: leaf))
      precondition(state.hash(of: leaf) == onDisk, "the journal claims what is not on the disk")
    }
  }
}
