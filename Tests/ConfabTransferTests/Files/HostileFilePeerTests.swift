import ConfabTransfer
import Primitives
import Testing

/// A peer that is a program of somebody else's making. It may end the transfer, and nothing more.
@Suite struct HostileFilePeerTests {
  private let hash = ContentHash(repeating: 9)

  private func recipient(_ size: UInt64 = 1_000) throws -> RecipientDesk {
    var desk = RecipientDesk(try RecipientDesk.oneFile(size))
    desk.begin()
    return desk
  }

  /// What a recipient says to a manifest with these entries.
  private func answer(
    to entries: [UInt8], count: UInt64 = 1, contentBytes: UInt64 = 1
  ) throws -> FileFailure.Code? {
    var desk = RecipientDesk(try RecipientDesk.oneFile(1))
    desk.hear(
      .begin(
        version: 1,
        ManifestSummary(hash: hash, entryCount: count, contentBytes: contentBytes)),
      .manifest(entries))
    #expect(!desk.log.contains { $0.hasPrefix("publish") })
    return desk.failure?.code
  }

  /// A file of one byte as it stands in a manifest.
  private func entry(_ name: some Sequence<UInt8>, head: UInt8 = 0, size: UInt8 = 1) -> [UInt8] {
    let name = Array(name)
    let length: [UInt8] = name.count < 64 ? [UInt8(name.count)] : [0x40, UInt8(name.count)]
    return [head] + length + name + [0, 0, 0] + (head & 1 == 0 ? [size] : [])
  }

  @Test(
    arguments: [
      "../../.ssh/authorized_keys", "..", "/etc/passwd", "a/../../b", "", ".", "a\u{0}b",
      "x\u{202E}gpj.exe", "\u{1B}]0;x\u{7}", "CON", "trailing ",
    ])
  func namesThatClimbOut(_ name: String) throws {
    #expect(try answer(to: entry(name.utf8)) == .badName)
    // As a folder, too.
    #expect(try answer(to: entry(name.utf8, head: 1)) == .badName)
  }

  @Test func namesThatAreNotText() throws {
    #expect(try answer(to: entry([0xFF, 0xFE])) == .badName)
    #expect(try answer(to: entry([0xC0, 0xAF])) == .badName)
  }

  @Test func namesThatCollide() throws {
    let twice = entry("a".utf8) + entry("A".utf8)
    #expect(try answer(to: twice, count: 2, contentBytes: 2) == .nameCollision)
    // A file, and a folder of the same name to go through.
    let through = entry("a".utf8) + entry("a".utf8, head: 1) + entry("b".utf8)
    #expect(try answer(to: through, count: 3, contentBytes: 2) == .nameCollision)
  }

  @Test func manifestsThatLieAboutThemselves() throws {
    // Fewer entries, more entries, another size, another hash, a folder that was never begun.
    #expect(try answer(to: entry("a".utf8), count: 2) == nil, "more may come")
    #expect(try answer(to: entry("a".utf8) + entry("b".utf8), contentBytes: 2) == .excess)
    #expect(try answer(to: entry("a".utf8)) == .otherThanOffered)
    #expect(try answer(to: entry("a".utf8, head: 2)) == .malformed)
    #expect(try answer(to: []) == .malformed)
    #expect(try answer(to: [0, 5, 1]) == .malformed)
  }

  @Test func bombsAreRefusedBeforeAnythingIsKept() throws {
    #expect(try answer(to: [], count: 1 << 40) == .tooManyEntries)
    #expect(try answer(to: [], count: 1, contentBytes: 1 << 50) == .contentTooLong)
    #expect(try answer(to: [], count: 0) == .emptyManifest)
  }

  /// Many entries with nothing in them: each costs what it costs and no more, and only as many as
  /// were announced are taken.
  @Test func aManifestOfAMillion() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(1))
    desk.hear(
      .begin(version: 1, ManifestSummary(hash: hash, entryCount: 1_000_000, contentBytes: 0)))
    var number = 0
    for _ in 0..<20 {
      var piece: [UInt8] = []
      while piece.count < FileLimits.manifestPieceBytes {
        piece += entry("f\(number)".utf8, size: 0)
        number += 1
      }
      desk.hear(.manifest(piece))
    }
    #expect(desk.failure == nil && desk.log.isEmpty && desk.messages.isEmpty)
    desk.hear(.finish(root: hash))
    #expect(desk.failure?.code == .malformed)
  }

  @Test func deepFoldersAreCounted() throws {
    let folders = (0..<100).flatMap { entry("d\($0)".utf8, head: 1) }
    #expect(try answer(to: folders, count: 100, contentBytes: 0) == .tooDeep)
  }

  @Test func anotherManifestThanOffered() throws {
    let cat = try RecipientDesk.oneFile(5, name: "cat.jpg")
    let virus = try RecipientDesk.oneFile(5, name: "virus.exe")
    let honest = TransferOffer.Summary(of: virus)
    #expect(try failure(offered: honest, sent: virus) == nil)
    #expect(
      try failure(offered: TransferOffer.Summary(of: cat), sent: virus) == .otherThanOffered)
    // The manifest of the one under the words of the other.
    var renamed = honest
    renamed.name = "cat.jpg"
    #expect(try failure(offered: renamed, sent: virus) == .otherThanOffered)
    var counted = honest
    counted.files = 2
    #expect(try failure(offered: counted, sent: virus) == .otherThanOffered)
    var folder = honest
    folder.isFolder = true
    #expect(try failure(offered: folder, sent: virus) == .otherThanOffered)
    var smaller = honest
    smaller.manifest.contentBytes = 4
    #expect(try failure(offered: smaller, sent: virus) == .otherThanOffered)
  }

  private func failure(
    offered: TransferOffer.Summary, sent: Manifest
  ) throws -> FileFailure.Code? {
    let now = MonotonicTime(nanoseconds: 0)
    var machine = RecipientMachine(
      RecipientOptions(presenterName: "ann", presenterKey: hash, offered: offered, seed: 1),
      at: now)
    var presenter = PresenterMachine(sent)
    while let bytes = presenter.nextControl() { machine.handle(.control(bytes), at: now) }
    while let effect = machine.nextEffect() {
      if case .failed(let failure, _) = effect { return failure.code }
    }
    return nil
  }

  @Test func contentBeyondTheManifest() throws {
    for range in [900..<1_001, 1_000..<1_001, UInt64.max - 1..<UInt64.max] as [Range<UInt64>] {
      var desk = try recipient()
      desk.arrive(range)
      #expect(desk.failure?.code == .outOfBounds)
      #expect(desk.machine.takeWanted(in: range) == nil)
    }
    var early = RecipientDesk(try RecipientDesk.oneFile(1_000))
    early.arrive(0..<FileLimits.contentBytesMax + 1)
    #expect(early.failure?.code == .outOfBounds)
  }

  @Test func contentInTooManyPieces() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(1 << 30), leafBytes: 1 << 20)
    desk.begin()
    var offset: UInt64 = 0
    while desk.failure == nil, offset < 1 << 20 {
      desk.arrive(offset..<offset + 1)
      offset += 2
    }
    #expect(desk.failure?.code == .excess)
    #expect(offset / 2 == UInt64(FileLimits.fragmentsMax) + 1)
  }

  /// Each is a job for the disk: they are made some at a time, and more than anybody tells of end it.
  @Test func holesWithoutEnd() throws {
    let manifest = try RecipientDesk.oneFile(1 << 30)
    var machine = RecipientMachine(
      RecipientOptions(presenterName: "ann", presenterKey: ContentHash(repeating: 1), seed: 1),
      at: MonotonicTime(nanoseconds: 0))
    func tell(_ input: RecipientInput) -> [RecipientEffect] {
      machine.handle(input, at: MonotonicTime(nanoseconds: 0))
      var effects: [RecipientEffect] = []
      while let effect = machine.nextEffect() { effects.append(effect) }
      return effects
    }
    var presenter = PresenterMachine(manifest)
    while let bytes = presenter.nextControl() { _ = tell(.control(bytes)) }
    _ = tell(.opened(nil))
    var making = 0
    var told = 0
    var isFailed = false
    while !isFailed, told < 1 << 20 {
      let holes = (0..<512).map { index -> Range<UInt64> in
        let start = UInt64(told + index) * 2
        return start..<start + 1
      }
      told += holes.count
      for effect in tell(.control(ControlMessage.holes(holes).encoded())) {
        switch effect {
        case .makeHole: making += 1
        case .failed(let failure, _):
          isFailed = true
          #expect(failure.code == .excess)
        default: break
        }
      }
    }
    #expect(isFailed && told <= FileLimits.holesMax + 512)
    #expect(making == FileLimits.holesInMakingMax)
  }

  @Test(
    arguments: [
      .leafHashes(first: 1, [ContentHash(repeating: 0)]),
      .leafHashes(first: 0, Array(repeating: ContentHash(repeating: 0), count: 11)),
      .zeroLeaves(first: 0, count: 4_000), .zeroLeaves(first: 3, count: 1),
      .holes([0..<1_001]), .holes([1 << 61..<1 << 61 + 1]),
      .fileDigests(first: 1, [ContentHash(repeating: 0)]),
      .fileDigests(first: 0, Array(repeating: ContentHash(repeating: 0), count: 2)),
      .finish(root: ContentHash(repeating: 0)), .thanks, .sourceChanged(entry: 1),
      .have([], isLast: true), .again([0..<1]), .complete(root: ContentHash(repeating: 0)),
      .manifest([0]),
      .begin(
        version: 1,
        ManifestSummary(hash: ContentHash(repeating: 0), entryCount: 1, contentBytes: 1)),
    ] as [ControlMessage])
  func whatAPresenterMustNotSay(_ message: ControlMessage) throws {
    var desk = try recipient()
    desk.hear(message)
    #expect(desk.failure != nil, "\(message)")
    #expect(desk.machine.isOver && !desk.isDone)
  }

  /// Hashes that do not make the root, or a leaf whose hash is a lie: never done.
  @Test func lyingHashes() throws {
    var desk = try recipient(200)
    let leaf = HashTree.zeroLeaf(byteCount: 100)
    desk.arrive(0..<200)
    desk.hear(.leafHashes(first: 0, [leaf, leaf]), .fileDigests(first: 0, [hash]))
    desk.tell(.leafRead(0, leaf))
    desk.tell(.leafRead(1, leaf))
    desk.hear(.finish(root: hash))
    #expect(desk.failure?.code == .rootMismatch && !desk.isDone)
  }

  @Test func hashesFarAheadOfTheContent() throws {
    var desk = RecipientDesk(try RecipientDesk.oneFile(100 << 20), leafBytes: 100)
    desk.begin()
    let batch = Array(repeating: hash, count: 256)
    var first: UInt64 = 0
    while desk.failure == nil, first < 1 << 20 {
      desk.hear(.leafHashes(first: first, batch))
      first += 256
    }
    #expect(desk.failure?.code == .excess && first <= UInt64(FileLimits.pendingHashesMax) + 256)
  }

  @Test(
    arguments: [
      .have([0..<11], isLast: true), .have([1 << 60..<1 << 61], isLast: true),
      .again([0..<1_001]), .complete(root: ContentHash(repeating: 0)),
      .complete(root: ContentHash(repeating: 9)), .thanks, .finish(root: ContentHash(repeating: 0)),
      .manifest([0]), .holes([0..<1]),
    ] as [ControlMessage])
  func whatARecipientMustNotSay(_ message: ControlMessage) throws {
    var machine = PresenterMachine(
      try RecipientDesk.oneFile(1_000), options: PresenterOptions(leafBytes: 100))
    machine.handle(.control(message.encoded()))
    #expect(machine.isOver)
    while let effect = machine.nextEffect() {
      if case .done = effect { Issue.record("\(message) was taken for success") }
    }
  }

  @Test func havingItTwice() throws {
    var machine = PresenterMachine(
      try RecipientDesk.oneFile(1_000), options: PresenterOptions(leafBytes: 100))
    machine.handle(.control(ControlMessage.have([0..<10], isLast: true).encoded()))
    #expect(!machine.isOver)
    machine.handle(.control(ControlMessage.have([], isLast: true).encoded()))
    #expect(machine.isOver)
  }
}
