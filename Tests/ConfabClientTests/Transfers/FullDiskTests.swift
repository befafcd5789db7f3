import ConfabClient
import ConfabNetwork
import ConfabTransfer
import Glibc
import Testing

/// A disk that is really full: a file system of few megabytes in memory, which only root may mount.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: geteuid() == 0, "only root may mount"))
struct FullDiskTests {
  private final class SmallDisk: Sendable {
    let folder = ScratchFolder()
    let isMounted: Bool

    init(megabytes: Int) {
      isMounted = mount("none", folder.path, "tmpfs", 0, "size=\(megabytes)m") == 0
    }

    deinit {
      if isMounted { umount2(folder.path, 2) }
    }
  }

  @Test func `a full disk pauses the transfer, and room lets it go on`() async throws {
    let disk = SmallDisk(megabytes: 40)
    try #require(disk.isMounted, "this machine does not let root mount")
    let ballast = disk.folder.write(patternBytes(25 << 20), to: "ballast")
    let source = ScratchFolder()
    let content = patternBytes(20 << 20)
    let path = source.write(content, to: "large.bin")
    let harness = try TransferHarness()
    let offering = try await harness.offer([path])
    let reception = try await harness.reception(.folder(disk.folder.path))
    let presentation = try await harness.connect(offering, reception)
    async let presented = presentation.updates.end()
    var pauses: [TransferProgress.Pause] = []
    let end = await reception.updates.end { progress in
      guard let pause = progress.pause else { return }
      pauses.append(pause)
      unlink(ballast)
    }
    #expect(end.report != nil)
    #expect(pauses.first == .init(reason: .diskFull, byPeer: false))
    #expect(await presented.report != nil)
    #expect(disk.folder.read("ann_large.bin") == content)
  }
}
