import ConfabTransfer
import Testing

@Suite struct PresenterMachineTests {
  private let hash = ContentHash(repeating: 5)

  private func effects(_ machine: inout PresenterMachine) -> [PresenterEffect] {
    var effects: [PresenterEffect] = []
    while let effect = machine.nextEffect() { effects.append(effect) }
    return effects
  }

  private func messages(_ machine: inout PresenterMachine) throws -> [ControlMessage] {
    var decoder = ControlDecoder()
    while let bytes = machine.nextControl() { decoder.append(bytes) }
    var messages: [ControlMessage] = []
    while let message = try decoder.next() { messages.append(message) }
    return messages
  }

  private func have(_ leaves: [Range<UInt64>] = []) -> PresenterInput {
    .control(ControlMessage.have(leaves, isLast: true).encoded())
  }

  private func machine(
    _ size: UInt64, holes: [Range<UInt64>] = [], startsAtOnce: Bool = true
  ) throws -> PresenterMachine {
    PresenterMachine(
      try RecipientDesk.oneFile(size), holes: holes,
      options: PresenterOptions(
        startsAtOnce: startsAtOnce, leafBytes: 100, outstandingBytesMax: 500, sliceBytes: 200))
  }

  @Test func contentMayFollowAtOnce() throws {
    var machine = try machine(1_000)
    #expect(
      effects(&machine) == [
        .sendContent(0..<200), .sendContent(200..<400), .sendContent(400..<600),
        .hashLeaves(upTo: 10),
      ])
    machine.handle(.contentAcknowledged(0..<200))
    #expect(effects(&machine) == [.sendContent(600..<800)])
  }

  @Test func orWaitsForWhatTheRecipientHas() throws {
    var machine = try machine(1_000, startsAtOnce: false)
    #expect(effects(&machine) == [.hashLeaves(upTo: 10)])
    machine.handle(have([0..<3, 4..<9]))
    #expect(effects(&machine) == [.sendContent(300..<400), .sendContent(900..<1_000)])
    #expect(machine.progress.bytesResumed == 800)
  }

  @Test func holesAreToldAndNotSent() throws {
    var machine = try machine(1_000, holes: [100..<900, 950..<960])
    #expect(
      effects(&machine) == [
        .sendContent(0..<100), .sendContent(900..<1_000), .hashLeaves(upTo: 10),
      ])
    #expect(try messages(&machine).contains(.holes([100..<900])))
    let zero = HashTree.zeroLeaf(byteCount: 100)
    machine.handle(.leafHashed(0, hash))
    for leaf in 1..<5 { machine.handle(.leafHashed(UInt64(leaf), zero)) }
    #expect(
      try messages(&machine) == [
        .leafHashes(first: 0, [hash]), .zeroLeaves(first: 1, count: 4),
      ])
  }

  @Test func finishesWhenSourcesAreAsTheyWere() throws {
    var machine = try machine(150)
    machine.handle(have())
    _ = effects(&machine)
    machine.handle(.leafHashed(0, hash))
    machine.handle(.leafHashed(1, hash))
    _ = try messages(&machine)
    #expect(effects(&machine).isEmpty, "a digest is missing")
    machine.handle(.fileDigested(entry: 0, hash))
    #expect(try messages(&machine) == [.fileDigests(first: 0, [hash])])
    #expect(effects(&machine) == [.checkSources(0..<150)])
    machine.handle(.sourcesUnchanged)
    var root = RootHasher()
    root.add(hash)
    root.add(hash)
    let expected = root.root(contentBytes: 150)
    #expect(try messages(&machine) == [.finish(root: expected)])
    machine.handle(.control(ControlMessage.complete(root: expected).encoded()))
    #expect(effects(&machine) == [.done(root: expected)])
    #expect(try messages(&machine) == [.thanks])
  }

  @Test func anEditedSourceIsNamed() throws {
    var machine = try machine(150)
    _ = effects(&machine)
    _ = try messages(&machine)
    machine.handle(.sourceChanged(entry: 0))
    guard case .failed(let failure, byPeer: false) = effects(&machine).last else {
      Issue.record("no failure")
      return
    }
    #expect(failure.code == .sourceChanged && failure.text.contains("video.mp4"))
    #expect(try messages(&machine) == [.sourceChanged(entry: 0), .failed(failure)])
  }

  @Test func whatIsAskedForAgainGoesFirst() throws {
    var machine = try machine(1_000)
    machine.handle(have())
    _ = effects(&machine)
    machine.handle(.contentAcknowledged(0..<600))
    _ = effects(&machine)
    machine.handle(.control(ControlMessage.again([100..<150]).encoded()))
    #expect(effects(&machine) == [.checkSources(100..<150), .sendContent(100..<150)])
  }

  /// Each comparison opens files, and asking for one costs the other side a few bytes.
  @Test func sourcesAreComparedOnceAtATime() throws {
    var machine = try machine(150)
    machine.handle(have())
    _ = effects(&machine)
    for _ in 0..<1_000 {
      machine.handle(.control(ControlMessage.again([20..<30]).encoded()))
      machine.handle(.control(ControlMessage.again([100..<150]).encoded()))
    }
    func checks(_ effects: [PresenterEffect]) -> [PresenterEffect] {
      effects.filter { if case .checkSources = $0 { true } else { false } }
    }
    #expect(checks(effects(&machine)) == [.checkSources(20..<30)])
    machine.handle(.sourcesUnchanged)
    #expect(checks(effects(&machine)) == [.checkSources(20..<150)])
    // Meanwhile all is hashed: what was compared before that does not count.
    machine.handle(.leafHashed(0, hash))
    machine.handle(.leafHashed(1, hash))
    machine.handle(.fileDigested(entry: 0, hash))
    _ = try messages(&machine)
    machine.handle(.sourcesUnchanged)
    #expect(try messages(&machine).isEmpty)
    #expect(checks(effects(&machine)) == [.checkSources(0..<150)])
    machine.handle(.sourcesUnchanged)
    #expect(try messages(&machine).count == 1, "the root")
  }

  /// Hashing does not run away from a recipient that is slow to listen.
  @Test func hashingIsBounded() throws {
    var machine = PresenterMachine(
      try RecipientDesk.oneFile(1_000_000), options: PresenterOptions(leafBytes: 100))
    machine.handle(have([0..<10_000]))
    #expect(effects(&machine).contains(.hashLeaves(upTo: FileLimits.hashesWaitingMax)))
  }

  @Test func aLargeManifestGoesInPieces() throws {
    var builder = ManifestBuilder()
    for index in 0..<20_000 {
      try builder.addFile(
        name: "a file with a name of usual length \(index).txt".utf8, size: 1, mode: 0o644,
        modified: FileTime(seconds: 1_700_000_000))
    }
    let manifest = try builder.finish()
    var machine = PresenterMachine(manifest)
    #expect(!effects(&machine).contains { if case .sendContent = $0 { true } else { false } })
    var desk = RecipientDesk(manifest, leafBytes: FileLimits.leafBytes)
    var count = 0
    while let bytes = machine.nextControl() {
      #expect(bytes.count <= FileLimits.manifestPieceBytes + 400)
      desk.tell(.control(bytes))
      count += 1
    }
    #expect(count > 50)
    #expect(desk.machine.manifest == manifest && desk.failure == nil)
  }
}
