import ConfabTransfer
import Primitives
import Testing

@Suite struct RecipientMachineTests {
  private let wrong = ContentHash(repeating: 9)

  @Test func everythingInItsOrder() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(250))
    #expect(desk.credit == FileLimits.creditBytesStart)
    desk.begin()
    #expect(desk.messages == [.have([], isLast: true)])
    desk.arrive(100..<250)
    desk.arrive(0..<100)
    desk.finishWithZeros()
    #expect(
      desk.log == [
        "digest 0", "attributes", "sync", "journal", "journal", "sync",
        "publish ann_video.mp4", "sync folders", "done",
      ])
    #expect(desk.messages.count == 2)
    desk.hear(.thanks)
    #expect(desk.log.last == "remove journal" && desk.machine.isOver && desk.failure == nil)
  }

  /// Nothing of a leaf is claimed before it is verified and a later sync is done.
  @Test func leavesAreClaimedAfterTheirSync() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(300))
    desk.syncsAtOnce = false
    desk.begin()
    let leaf = HashTree.zeroLeaf(byteCount: 100)
    desk.arrive(0..<200)
    #expect(desk.reads.isEmpty, "nothing to compare with")
    desk.hear(.leafHashes(first: 0, [leaf, leaf]))
    #expect(desk.reads.map(\.leaf) == [0, 1])
    desk.tell(.leafRead(0, leaf))
    desk.now = desk.now + FileLimits.syncInterval
    desk.tell(.timeout)
    #expect(desk.log == ["sync"])
    // Verified while the sync runs: not this sync's.
    desk.tell(.leafRead(1, leaf))
    desk.tell(.synced(ticket: desk.tickets[0]))
    #expect(desk.log == ["sync", "journal"])
    let identity = TransferIdentity(
      presenterKey: ContentHash(repeating: 1), manifest: desk.manifest.hash)
    var reader = ResumeJournalReader(identity, layout: desk.machine.layout)
    reader.append(desk.journal)
    #expect(reader.state.leaves.ranges == [0..<1])
    #expect(desk.machine.nextDeadline == desk.now + FileLimits.syncInterval)
  }

  @Test func aLeafThatDiffersIsAskedForOnceMoreAndThenNamed() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(300))
    desk.begin()
    desk.arrive(0..<300)
    desk.hear(.leafHashes(first: 0, [HashTree.zeroLeaf(byteCount: 100)]))
    desk.tell(.leafRead(0, wrong))
    #expect(desk.messages.last == .again([0..<100]) && desk.failure == nil)
    desk.arrive(0..<100)
    desk.tell(.leafRead(0, wrong))
    #expect(desk.failure?.code == .leafMismatch)
    #expect(desk.failure?.text.contains("video.mp4") == true)
  }

  @Test func aFullDiskIsWaitedFor() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(300))
    desk.begin()
    desk.machine.contentArrived(0..<100, at: desk.now)
    let part = desk.machine.takeWanted(in: 0..<100)
    #expect(part == 0..<100)
    desk.tell(.written(0..<40))
    desk.tell(.writeFailed(40..<100, .full))
    #expect(desk.messages.last == .pause(.diskFull) && desk.log == ["paused diskFull"])
    let credit = desk.credit
    // What was on its way has no place.
    desk.arrive(100..<200)
    #expect(desk.messages.last == .pause(.diskFull) && desk.credit == credit)
    desk.now = desk.now + FileLimits.spaceCheckInterval
    #expect(desk.machine.nextDeadline == desk.now)
    desk.tell(.timeout)
    #expect(desk.log.last == "check space")
    desk.tell(.spaceFound)
    #expect(desk.messages.suffix(2) == [.resume, .again([40..<200])])
    desk.arrive(40..<300)
    desk.finishWithZeros()
    #expect(desk.isDone)
  }

  /// The disk fills up in the middle of a piece that has two gaps to fill.
  @Test func whatIsBehindAFailedWriteIsNotForgotten() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(300))
    desk.begin()
    desk.arrive(40..<60)
    desk.machine.contentArrived(0..<100, at: desk.now)
    let part = desk.machine.takeWanted(in: 0..<100)
    #expect(part == 0..<40)
    desk.tell(.writeFailed(0..<40, .full))
    let next = desk.machine.takeWanted(in: 40..<100)
    #expect(next == nil)
    desk.tell(.spaceFound)
    #expect(desk.messages.last == .again([0..<40, 60..<100]))
  }

  /// Content that is not wanted uses up credit like any other.
  @Test func whatIsThrownAwayIsPaidFor() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(100 << 20), leafBytes: FileLimits.leafBytes)
    desk.begin()
    desk.arrive(0..<1 << 20)
    for _ in 0..<20 { desk.arrive(0..<1 << 20) }
    #expect(desk.credit >= 20 << 20)
  }

  @Test func aFullJournalClaimsLater() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(300))
    desk.begin()
    desk.arrive(0..<100)
    let leaf = HashTree.zeroLeaf(byteCount: 100)
    desk.hear(.leafHashes(first: 0, [leaf]))
    desk.tell(.leafRead(0, leaf))
    desk.now = desk.now + FileLimits.syncInterval
    desk.tell(.timeout)
    #expect(desk.log == ["sync", "journal"])
    desk.tell(.appendFailed(.full))
    #expect(desk.log.last == "paused diskFull" && desk.failure == nil)
    desk.now = desk.now + FileLimits.spaceCheckInterval
    desk.tell(.spaceFound)
    #expect(desk.log.suffix(3) == ["resumed", "sync", "journal"])
  }

  @Test func otherFaultsOfTheDiskEndIt() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(300))
    desk.begin()
    desk.machine.contentArrived(0..<100, at: desk.now)
    _ = desk.machine.takeWanted(in: 0..<100)
    desk.tell(.writeFailed(0..<100, .broken("input/output error")))
    #expect(desk.failure?.code == .diskFault)
    // The presenter hears why.
    #expect(desk.messages.last == desk.failure.map { .failed($0) })
  }

  @Test func contentThatComesTwiceIsWrittenOnce() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(300))
    desk.begin()
    #expect(desk.machine.takeWanted(in: 50..<150) == 50..<150)
    #expect(desk.machine.takeWanted(in: 0..<200) == 0..<50)
    #expect(desk.machine.takeWanted(in: 50..<200) == 150..<200)
    #expect(desk.machine.takeWanted(in: 0..<200) == nil)
  }

  @Test func contentBeforeTheManifestIsAskedForAgain() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(300))
    desk.arrive(100..<200)
    desk.begin()
    #expect(desk.messages == [.have([], isLast: true), .again([100..<200])])
  }

  /// Ten thousand small files cost one sync before the names, one for the names and one of the
  /// folder.
  @Test func manyFilesAreSyncedTogether() throws {
    var builder = ManifestBuilder()
    for index in 0..<10_000 {
      try builder.addFile(
        name: "\(index)".utf8, size: 4, mode: 0o644, modified: FileTime(seconds: 0))
    }
    var desk = RecipientDesk(try builder.finish(), leafBytes: 1_000)
    desk.begin()
    desk.arrive(0..<40_000)
    desk.finishWithZeros()
    #expect(desk.isDone)
    let order = desk.log.filter { !$0.hasPrefix("digest") && $0 != "journal" }
    #expect(order.prefix(3) == ["attributes", "sync", "sync"])
    #expect(order.dropFirst(3).prefix(10_000).allSatisfy { $0.hasPrefix("publish ann_") })
    #expect(order.suffix(2) == ["sync folders", "done"])
    #expect(order.count == 10_005)
  }

  @Test(arguments: [true, false])
  func nothingIsReceivedToo(_ isFolder: Bool) throws {
    var builder = ManifestBuilder()
    if isFolder {
      try builder.openFolder(name: "empty".utf8, mode: 0o755, modified: FileTime(seconds: 0))
    } else {
      try builder.addFile(name: "e.txt".utf8, size: 0, mode: 0o644, modified: FileTime(seconds: 0))
    }
    var desk = RecipientDesk(try builder.finish())
    desk.begin()
    desk.finishWithZeros()
    #expect(desk.isDone && desk.log.contains(isFolder ? "publish ann_empty" : "publish ann_e.txt"))
  }

  /// 100 GB of hole: one effect, no content, nothing read back, a few bytes of journal.
  @Test func sparseFilesCostNothing() throws {
    let size: UInt64 = 100 << 30
    var desk = RecipientDesk(try RecipientDesk.oneFile(size), leafBytes: FileLimits.leafBytes)
    desk.begin()
    desk.hear(.holes([0..<size]))
    let leaves = desk.machine.layout.leafCount
    var root = RootHasher()
    for _ in 0..<leaves { root.add(HashTree.zeroLeaf(byteCount: 0)) }
    for first in stride(from: 0, to: leaves, by: 4_096) {
      desk.hear(.zeroLeaves(first: first, count: min(4_096, leaves - first)))
    }
    #expect(desk.log == ["hole 0..<\(size)"] && desk.reads.isEmpty && desk.failure == nil)
    desk.now = desk.now + FileLimits.syncInterval
    desk.tell(.timeout)
    #expect(desk.journal.count < 300)
    #expect(desk.machine.progress.bytesDone == size)
  }

  @Test func aStreamGetsWhatIsVerifiedInOrder() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(250), destination: .stream)
    desk.begin()
    desk.arrive(100..<250)
    let leaf = HashTree.zeroLeaf(byteCount: 100)
    desk.hear(.leafHashes(first: 0, [leaf, leaf]))
    desk.tell(.leafRead(1, leaf))
    #expect(desk.log.isEmpty)
    desk.arrive(0..<100)
    desk.tell(.leafRead(0, leaf))
    #expect(desk.log == ["prefix 200"])
  }

  @Test func aStreamTakesOneFile() throws {
    var builder = ManifestBuilder()
    try builder.openFolder(name: "a".utf8, mode: 0o755, modified: FileTime(seconds: 0))
    var desk = RecipientDesk(try builder.finish(), destination: .stream)
    desk.begin()
    #expect(desk.failure?.code == .needsOneFile)
  }

  /// The window doubles while the presenter uses it up within two round trips, and not else.
  @Test(arguments: [(Duration.milliseconds(500), true), (.milliseconds(1), false)])
  func creditGrowsWithTheNeed(_ roundTrip: Duration, _ grows: Bool) throws {
    let size: UInt64 = 200 << 20
    var desk = RecipientDesk(try RecipientDesk.oneFile(size), leafBytes: FileLimits.leafBytes)
    desk.begin()
    desk.tell(.roundTrip(roundTrip))
    var offset: UInt64 = 0
    var windowMax: UInt64 = 0
    while offset < size {
      desk.now = desk.now + .milliseconds(20)
      desk.arrive(offset..<offset + (1 << 20))
      offset += 1 << 20
      windowMax = max(windowMax, desk.credit - offset)
    }
    let expected = grows ? FileLimits.creditBytesMax : FileLimits.creditBytesStart
    #expect(windowMax > expected * 3 / 4 && windowMax <= expected)
  }
}

@Suite struct ResumingTests {
  private let layout = LeafLayout(contentBytes: 1_000, leafBytes: 100)
  private let leaf = HashTree.zeroLeaf(byteCount: 100)
  private let wrong = ContentHash(repeating: 9)

  private func desk(_ leaves: Range<UInt64>) throws -> RecipientDesk {
    let manifest = try RecipientDesk.oneFile(1_000)
    let identity = TransferIdentity(
      presenterKey: ContentHash(repeating: 1), manifest: manifest.hash)
    let writer = ResumeJournalWriter(identity, layout: layout)
    var reader = ResumeJournalReader(identity, layout: layout)
    reader.append(writer.header + writer.encode(leaves.map { ($0, leaf) }))
    return RecipientDesk(manifest, resume: reader.state)
  }

  private func answerReads(_ desk: inout RecipientDesk, from first: Int = 0) {
    var next = first
    while next < desk.reads.count {
      desk.tell(.leafRead(desk.reads[next].leaf, leaf))
      next += 1
    }
  }

  @Test func whatIsThereIsNotSentAgain() throws {
    var desk = try desk(2..<7)
    desk.begin()
    #expect(desk.messages.isEmpty, "a sample is read first")
    #expect(desk.reads.first?.leaf == 2 && desk.reads.contains { $0.leaf == 6 })
    answerReads(&desk)
    #expect(desk.messages == [.have([2..<7], isLast: true)])
    #expect(desk.machine.progress.bytesResumed == 500)
    #expect(desk.machine.takeWanted(in: 0..<1_000) == 0..<200)
    #expect(desk.machine.takeWanted(in: 200..<1_000) == 700..<1_000)
  }

  /// One wrong leaf in the sample: then every leaf is read back, and the wrong ones are withdrawn
  /// from the journal before they may be written.
  @Test func aWrongSampleMakesEverythingSuspect() throws {
    var desk = try desk(0..<10)
    desk.syncsAtOnce = false
    desk.begin()
    let sampled = desk.reads.count
    desk.tell(.leafRead(0, wrong))
    #expect(desk.log == ["journal", "sync"])
    #expect(Set(desk.reads.map(\.leaf)) == Set(0..<10))
    #expect(sampled <= 10)
    answerReads(&desk, from: 1)
    #expect(desk.messages.isEmpty && desk.machine.takeWanted(in: 0..<100) == nil)
    desk.tell(.synced(ticket: desk.tickets[0]))
    #expect(desk.messages == [.have([1..<10], isLast: true), .again([0..<100])])
    #expect(desk.machine.takeWanted(in: 0..<100) == 0..<100)
  }

  /// The presenter's file is another now, though its size and time are the same.
  @Test func aLeafThatThePresenterChangedIsFetched() throws {
    var desk = try desk(0..<10)
    desk.begin()
    answerReads(&desk)
    desk.hear(.leafHashes(first: 0, [leaf, leaf, wrong]))
    #expect(desk.log == ["journal", "sync"])
    #expect(desk.messages.last == .again([200..<300]))
    desk.arrive(200..<300)
    #expect(desk.reads.last?.leaf == 2)
    desk.tell(.leafRead(2, wrong))
    desk.hear(.leafHashes(first: 3, Array(repeating: leaf, count: 7)))
    desk.hear(.fileDigests(first: 0, [leaf]))
    var root = RootHasher()
    for index in 0..<10 { root.add(index == 2 ? wrong : leaf) }
    desk.hear(.finish(root: root.root(contentBytes: 1_000)))
    #expect(desk.isDone)
  }
}
