import ConfabTransfer
import Primitives

// The recipient's shell.
extension FileWorld {
  func tell(_ input: RecipientInput) throws {
    recipient.handle(input, at: now)
    try performRecipient()
  }

  func performRecipient() throws {
    while let effect = recipient.nextEffect() {
      switch effect {
      case .open(let manifest, let identity, let header):
        try promise(identity == self.identity && manifest == files.manifest, "another manifest")
        recipient.handle(.opened(openFiles(header)), at: now)
      case .credit(let total):
        try promise(total > link.credit, "credit does not grow")
        link.credit = total
      case .makeHole(let range):
        let zeros = [UInt8](repeating: 0, count: range.count)
        try write(zeros[...], at: range)
        recipient.handle(.holeMade(range), at: now)
      case .readLeaf(let leaf, let range): diskWork.append(.read(leaf, range))
      case .sync(let ticket): diskWork.append(.sync(ticket, disk.beginSync()))
      case .appendJournal(let bytes): try appendJournal(bytes)
      case .prefix(let end): try stream(upTo: Int(end))
      case .fileDigest(let entry, let hash): digests[entry] = hash
      case .setAttributes:
        disk.setAttributes()
        recipient.handle(.attributesSet, at: now)
      case .probeName(let entry, let name):
        let isFree = disk.named[name] == nil
        recipient.handle(isFree ? .nameFree(entry: entry) : .nameTaken(entry: entry), at: now)
        if faults.nameTaken, happens(true, 0.2), isFree { disk.occupy(name) }
      case .publish(let entry, let name): try publish(entry, name)
      case .syncFolders:
        disk.syncFolders()
        recipient.handle(.foldersSynced, at: now)
      case .removeJournal: disk.removeJournal()
      case .paused, .resumed: break
      case .checkSpace: if random.chance(0.5) || isCalm { recipient.handle(.spaceFound, at: now) }
      case .done: recipientEnd = .identical
      case .failed(let failure, _):
        try promise(recipientEnd == nil, "an end after the end")
        recipientEnd = .failed(failure.code)
      }
    }
  }

  func promise(_ isKept: Bool, _ words: String) throws {
    if !isKept { throw BrokenPromise(words) }
  }

  private func openFiles(_ header: [UInt8]) -> ResumeState? {
    if isStream {
      disk.create(files.manifest, header: [])
      return nil
    }
    var reader = ResumeJournalReader(identity, layout: layout)
    reader.append(disk.journal)
    let state = reader.state.confirmed(for: files.manifest) { entry in
      disk.unfinished.contains(entry)
    } exists: { name in
      disk.named[name].map { $0 >= 0 } ?? false
    }
    guard reader.validBytes > 0, let state else {
      disk.create(files.manifest, header: header)
      return nil
    }
    disk.cutJournal(at: reader.validBytes)
    disk.syncJournal()
    return state
  }

  private func appendJournal(_ bytes: [UInt8]) throws {
    if happens(faults.fullDisk, 0.1) {
      // From here on a crash may leave names that no journal knows.
      if disk.hasAttributes { isNameForgotten = true }
      return recipient.handle(.appendFailed(.full), at: now)
    }
    disk.append(bytes)
    let wrong = disk.wrongClaims(identity, layout, afterPowerCut: true)
    try promise(wrong.isEmpty, "the journal claims leaves \(wrong) that are not on the disk")
  }

  private func publish(_ entry: Int, _ name: String) throws {
    try promise(disk.hasAttributes, "published without its modes and times")
    switch disk.publish(entry, as: name) {
    case .done: recipient.handle(.published(entry: entry), at: now)
    case .taken: recipient.handle(.nameTaken(entry: entry), at: now)
    case .missing: throw BrokenPromise("\(name) is to be published and is not there")
    }
  }

  private func stream(upTo end: Int) throws {
    try promise(end > streamed.count, "the stream goes backward")
    streamed += disk.content[streamed.count..<end]
    try promise(streamed[...] == files.content[..<end] || isSourceChanged, "the stream is wrong")
  }

  private func write(_ bytes: ArraySlice<UInt8>, at range: Range<UInt64>) throws {
    let claimed = disk.durablyClaims(Int(range.lowerBound), bytes, identity, layout)
    try promise(isStream || !claimed, "\(range) is written over, and the journal claims it")
    disk.write(bytes, at: Int(range.lowerBound))
  }

  /// Content comes out of the network: it is written now, or gathered and written soon.
  func stepArrival() throws {
    guard let range = link.arrive(faults, using: &random), recipientEnd == nil else { return }
    recipient.contentArrived(range, at: now)
    var rest = range
    while let part = recipient.takeWanted(in: rest) {
      rest = part.upperBound..<rest.upperBound
      let bytes = Array(files.content[Int(part.lowerBound)..<Int(part.upperBound)])
      if faults.slowDisk {
        diskWork.append(.write(part, bytes))
      } else {
        try finishWrite(part, bytes)
      }
    }
    try performRecipient()
  }

  private func finishWrite(_ range: Range<UInt64>, _ bytes: [UInt8]) throws {
    if happens(faults.brokenDisk, 0.01) {
      return try tell(.writeFailed(range, .broken("input/output error")))
    }
    var count = bytes.count
    if happens(faults.shortWrites, 0.1) || happens(faults.fullDisk, 0.05) {
      count = Int.random(in: 0..<bytes.count, using: &random)
    }
    let middle = range.lowerBound + UInt64(count)
    if count > 0 {
      try write(bytes[..<count], at: range.lowerBound..<middle)
      if happens(faults.flippedBits, 0.03) {
        disk.flipBit(at: Int.random(in: Int(range.lowerBound)..<Int(middle), using: &random))
      }
      try tell(.written(range.lowerBound..<middle))
    }
    guard count < bytes.count else { return }
    if faults.fullDisk {
      try tell(.writeFailed(middle..<range.upperBound, .full))
    } else {
      try finishWrite(middle..<range.upperBound, Array(bytes[count...]))
    }
  }

  func stepDisk() throws {
    guard !diskWork.isEmpty, recipientEnd == nil else { return }
    let index = Int.random(in: 0..<diskWork.count, using: &random)
    switch diskWork.remove(at: index) {
    case .write(let range, let bytes): try finishWrite(range, bytes)
    case .read(let leaf, let range):
      let hash = disk.content[Int(range.lowerBound)..<Int(range.upperBound)].withUnsafeBytes {
        HashTree.leaf($0)
      }
      try tell(.leafRead(leaf, hash))
    case .sync(let ticket, let sync):
      disk.finishSync(sync)
      try tell(.synced(ticket: ticket))
    }
  }
}
