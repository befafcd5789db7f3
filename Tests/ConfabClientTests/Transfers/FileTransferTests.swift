import ConfabClient
import ConfabNetwork
import ConfabTransfer
import Crypto
import Glibc
import Testing

/// Real files over real sockets of this machine.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FileTransferTests {
  private static func hash(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

  @Test func `a folder arrives as it is, and both sides know its digests`() async throws {
    let harness = try TransferHarness()
    let (source, target) = (ScratchFolder(), ScratchFolder())
    source.makeFolder("film")
    source.makeFolder("film/empty")
    let large = patternBytes(3_333_333)
    source.write(large, to: "film/large.bin", mode: 0o640)
    source.write([], to: "film/nothing")
    for index in 0..<50 { source.write(patternBytes(index * 91, seed: 9), to: "film/s\(index)") }
    let offering = try await harness.offer([source.path + "/film"])
    let reception = try await harness.reception(.folder(target.path))
    let presentation = try await harness.connect(offering, reception)
    async let presented = presentation.updates.end()
    async let received = reception.updates.end()
    let sent = try #require(await presented.report)
    let got = try #require(await received.report)
    #expect(target.names == ["ann_film"])
    #expect(target.read("ann_film/large.bin") == large)
    #expect(target.read("ann_film/nothing") == [])
    #expect(target.read("ann_film/s49") == patternBytes(49 * 91, seed: 9))
    #expect(target.status("ann_film/empty").st_mode & S_IFMT == S_IFDIR)
    #expect(target.status("ann_film/large.bin").st_mode & 0o777 == 0o640)
    let times = [source.status("film/large.bin"), target.status("ann_film/large.bin")]
    #expect(times[0].st_mtim.tv_nsec == times[1].st_mtim.tv_nsec)
    let digest = try #require(sent.files.first { $0.path == "film/large.bin" }?.sha256)
    #expect(digest.bytes == Self.hash(large))
    #expect(got.files.first { $0.path == "ann_film/large.bin" }?.sha256 == digest)
    #expect(got.files.first { $0.path == "ann_film/nothing" }?.sha256.bytes == Self.hash([]))
    #expect(sent.path == .direct)
    offering.close()
  }

  @Test func `a name that is taken gets a number`() async throws {
    let harness = try TransferHarness()
    let (source, target) = (ScratchFolder(), ScratchFolder())
    let path = source.write(patternBytes(5_000), to: "a.txt")
    target.write([1], to: "ann_a.txt")
    let offering = try await harness.offer([path])
    let reception = try await harness.reception(.folder(target.path))
    let presentation = try await harness.connect(offering, reception)
    async let presented = presentation.updates.end()
    let got = try #require(await reception.updates.end().report)
    #expect(await presented.report != nil)
    #expect(got.files.map(\.path) == ["ann_a (2).txt"])
    #expect(target.read("ann_a.txt") == [1])
    #expect(target.read("ann_a (2).txt") == patternBytes(5_000))
  }

  @Test func `what was stopped goes on where it was`() async throws {
    let harness = try TransferHarness()
    let (source, target) = (ScratchFolder(), ScratchFolder())
    let content = patternBytes(24 << 20)
    let path = source.write(content, to: "long.bin")
    let offering = try await harness.offer([path])
    do {
      let reception = try await harness.reception(.folder(target.path))
      let presentation = try await harness.connect(offering, reception) { settled in
        settled.presenter.rateLimit = 6 << 20
      }
      async let presented = presentation.updates.end()
      // Past the first sync, so that the journal has something to say.
      let end = await reception.updates.end { progress in
        if progress.bytesDone > 12 << 20 { reception.stop() }
      }
      #expect(end.interruption == .stopped)
      #expect(await presented.interruption != nil)
    }
    #expect(target.names.count == 1)
    let reception = try await harness.reception(.folder(target.path))
    let presentation = try await harness.connect(offering, reception, taker: 1)
    async let presented = presentation.updates.end()
    var resumed: UInt64 = 0
    let got = await reception.updates.end { resumed = max(resumed, $0.bytesResumed) }
    #expect(got.report != nil)
    #expect(await presented.report != nil)
    #expect(resumed > 0)
    #expect(target.names == ["ann_long.bin"])
    #expect(target.read("ann_long.bin").map(Self.hash) == Self.hash(content))
  }

  /// By a person, or by a crash of the system: what the journal says of such files counts no more.
  @Test(arguments: [false, true])
  func `a file that is cut short between two attempts is received anew`(
    _ isRemoved: Bool
  ) async throws {
    let harness = try TransferHarness()
    let (source, target) = (ScratchFolder(), ScratchFolder())
    source.makeFolder("film")
    let parts = (0..<100).map { patternBytes(200_000 + $0, seed: UInt64($0)) }
    for (index, part) in parts.enumerated() { source.write(part, to: "film/\(100 + index)") }
    let offering = try await harness.offer([source.path + "/film"])
    do {
      let reception = try await harness.reception(.folder(target.path))
      let presentation = try await harness.connect(offering, reception) { settled in
        settled.presenter.rateLimit = 4 << 20
      }
      async let presented = presentation.updates.end()
      _ = await reception.updates.end { progress in
        if progress.bytesDone > 10 << 20 { reception.stop() }
      }
      _ = await presented
    }
    let hidden = try #require(target.names.first)
    // Deep in what is claimed, where no sample need look.
    for name in ["102", "107"] {
      let path = "\(target.path)/\(hidden)/0/\(name)"
      #expect((isRemoved ? unlink(path) : truncate(path, 0)) == 0)
    }
    let reception = try await harness.reception(.folder(target.path))
    let presentation = try await harness.connect(offering, reception, taker: 1)
    async let presented = presentation.updates.end()
    var resumed: UInt64 = 0
    let got = await reception.updates.end { resumed = max(resumed, $0.bytesResumed) }
    #expect(got.report != nil)
    #expect(await presented.report != nil)
    #expect(resumed > 0)
    for (index, part) in parts.enumerated() {
      #expect(target.read("ann_film/\(100 + index)") == part, "\(100 + index)")
    }
  }

  @Test func `a source that is edited ends the transfer on both sides`() async throws {
    let harness = try TransferHarness()
    let (source, target) = (ScratchFolder(), ScratchFolder())
    let path = source.write(patternBytes(16 << 20), to: "edited")
    let other = patternBytes(16 << 20, seed: 2)
    let offering = try await harness.offer([path])
    let reception = try await harness.reception(.folder(target.path))
    let presentation = try await harness.connect(offering, reception) { settled in
      settled.presenter.rateLimit = 2 << 20
    }
    source.write(other, to: "edited")
    async let received = reception.updates.end()
    #expect(await presentation.updates.end().failure?.code == .sourceChanged)
    #expect(await received.failure?.code == .sourceChanged)
    #expect(!target.names.contains("ann_edited"))
  }

  @Test func `a person who stops it is told of on the other side`() async throws {
    let harness = try TransferHarness()
    let (source, target) = (ScratchFolder(), ScratchFolder())
    let path = source.write(patternBytes(16 << 20), to: "file")
    let offering = try await harness.offer([path])
    let reception = try await harness.reception(.folder(target.path))
    let presentation = try await harness.connect(offering, reception) { settled in
      settled.presenter.rateLimit = 4 << 20
    }
    async let presented = presentation.updates.end()
    let end = await reception.updates.end { _ in reception.cancel() }
    #expect(end.failure?.code == .cancelled)
    #expect(await presented.failure?.code == .cancelled)
  }

  @Test func `several take the same offer`() async throws {
    let harness = try TransferHarness()
    let source = ScratchFolder()
    let targets = [ScratchFolder(), ScratchFolder(), ScratchFolder()]
    let content = patternBytes(5 << 20)
    let path = source.write(content, to: "shared.bin")
    let offering = try await harness.offer([path])
    var presentations: [FilePresentation] = []
    var receptions: [FileReception] = []
    for (taker, target) in targets.enumerated() {
      let reception = try await harness.reception(.folder(target.path))
      presentations.append(
        try await harness.connect(offering, reception, taker: UInt32(taker)))
      receptions.append(reception)
    }
    for (presentation, reception) in zip(presentations, receptions) {
      #expect(await reception.updates.end().report != nil)
      #expect(await presentation.updates.end().report != nil)
    }
    for target in targets { #expect(target.read("ann_shared.bin") == content) }
  }

  @Test func `a stream gets the file in order`() async throws {
    let harness = try TransferHarness()
    let (source, scratch) = (ScratchFolder(), ScratchFolder())
    let content = patternBytes(6 << 20)
    let path = source.write(content, to: "film.mp4")
    var pipe: [Int32] = [0, 0]
    try #require(Glibc.pipe(&pipe) == 0)
    let (readEnd, writeEnd) = (pipe[0], pipe[1])
    let offering = try await harness.offer([path])
    let reception = try await harness.reception(
      .stream(descriptor: writeEnd, scratch: scratch.path))
    let presentation = try await harness.connect(offering, reception)
    async let presented = presentation.updates.end()
    let reader = Task.detached {
      var all: [UInt8] = []
      var block = [UInt8](repeating: 0, count: 50_000)
      while true {
        let count = read(readEnd, &block, block.count)
        guard count > 0 else { return all }
        all += block[..<count]
      }
    }
    #expect(await reception.updates.end().report != nil)
    close(writeEnd)
    #expect(await reader.value == content)
    close(readEnd)
    #expect(await presented.report != nil)
  }

  /// Whatever ends the program then: there is nothing to be cleaned up.
  @Test(arguments: [true, false])
  func `a stream that nobody reads keeps no name on the disk and can be stopped`(
    _ isWhole: Bool
  ) async throws {
    let harness = try TransferHarness()
    let (source, scratch) = (ScratchFolder(), ScratchFolder())
    let path = source.write(patternBytes(6 << 20), to: "film.mp4")
    var pipe: [Int32] = [0, 0]
    try #require(Glibc.pipe(&pipe) == 0)
    // Who still writes learns it from the call.
    signal(SIGPIPE, SIG_IGN)
    defer { for end in pipe { close(end) } }
    let offering = try await harness.offer([path])
    let reception = try await harness.reception(
      .stream(descriptor: pipe[1], scratch: scratch.path))
    let presentation = try await harness.connect(offering, reception) {
      if !isWhole { $0.presenter.rateLimit = 2 << 20 }
    }
    async let presented = presentation.updates.end()
    var names: [String]?
    let end = await reception.updates.end { progress in
      guard progress.bytesDone > 0 else { return }
      names = ScratchFolder.names(in: scratch.path)
      if !isWhole || progress.bytesDone == progress.bytesTotal { reception.stop() }
    }
    #expect(names == [])
    if !isWhole { #expect(end.report == nil) }
    #expect(await (presented.report != nil) == (end.report != nil))
  }

  @Test func `holes arrive as holes`() async throws {
    let harness = try TransferHarness()
    let (source, target) = (ScratchFolder(), ScratchFolder())
    let path = source.path + "/sparse.img"
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
    ftruncate(descriptor, 200 << 20)
    let data = patternBytes(100_000)
    data.withUnsafeBytes { _ = pwrite(descriptor, $0.baseAddress, $0.count, 150 << 20) }
    close(descriptor)
    let offering = try await harness.offer([path])
    let reception = try await harness.reception(.folder(target.path))
    let presentation = try await harness.connect(offering, reception)
    async let presented = presentation.updates.end()
    #expect(await reception.updates.end().report != nil)
    #expect(await presented.report != nil)
    let status = target.status("ann_sparse.img")
    #expect(status.st_size == 200 << 20)
    #expect(status.st_blocks * 512 < 4 << 20)
    let sent = try await presentation.statistics()
    #expect(sent.contentBytesSent < 4 << 20)
  }
}
