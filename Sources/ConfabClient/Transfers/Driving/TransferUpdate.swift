package import ConfabTransfer

/// What a person is told about a transfer while it goes on. At most a few in a second.
package enum TransferUpdate: Sendable {
  /// The other device has proven who it is.
  case connected
  case progress(TransferProgress)
  /// The last.
  case ended(TransferEnd)
}

/// How far a transfer is.
package struct TransferProgress: Hashable, Sendable {
  package var bytesDone: UInt64 = 0
  package var bytesTotal: UInt64 = 0
  /// Where an earlier attempt had come.
  package var bytesResumed: UInt64 = 0
  /// Over the last seconds; nil until there is something to reckon with.
  package var bytesPerSecond: Int?
  package var secondsLeft: Int?
  /// Nil until the other side was reached.
  package var path: PathKind?
  /// Nil while content may flow.
  package var pause: Pause?

  package init() {}

  package struct Pause: Hashable, Sendable {
    package var reason: PauseReason
    package var byPeer: Bool

    package init(reason: PauseReason, byPeer: Bool) {
      self.reason = reason
      self.byPeer = byPeer
    }
  }
}

/// How a transfer ended.
package enum TransferEnd: Sendable {
  case done(TransferReport)
  /// It will not get better by itself.
  case failed(FileFailure, byPeer: Bool)
  /// The connection is gone; begun again, it goes on where it was.
  case interrupted(Interruption)
}

package enum Interruption: Hashable, Sendable {
  /// The other device was never reached.
  case unreachable
  /// It was, and then nothing was heard of it any more.
  case silence
  /// It ended the connection without saying that anything is wrong with the files.
  case closedByPeer(code: UInt16, reason: String)
  /// It broke the transport's rules, or somebody in between did.
  case violation(String)
  /// We ended it ourselves, to go on later.
  case stopped
}

/// What came of a transfer that is done.
package struct TransferReport: Sendable {
  package struct File: Hashable, Sendable {
    /// From the top: where the recipient has it, or as it was offered.
    package var path: String
    package var bytes: UInt64
    package var sha256: ContentHash
  }

  package let manifest: Manifest
  package let seconds: Double
  package let path: PathKind
  /// By entry; meaningless for folders.
  private let digests: [ContentHash]
  /// Of the entries at the top, where they differ from the manifest's.
  private let topNames: [Int: String]

  init(
    manifest: Manifest, digests: [ContentHash], topNames: [Int: String] = [:], seconds: Double,
    path: PathKind
  ) {
    self.manifest = manifest
    self.digests = digests
    self.topNames = topNames
    self.seconds = seconds
    self.path = path
  }

  package var bytes: UInt64 { manifest.contentBytes }

  /// Made one by one: there may be a million.
  package var files: some Sequence<File> {
    (0..<manifest.count).lazy.filter { manifest.isFile($0) }.map { file($0) }
  }

  private func file(_ entry: Int) -> File {
    var names = manifest.path(of: entry)
    var top = entry
    while let folder = manifest.parent(of: top) { top = folder }
    if let name = topNames[top] { names[0] = name }
    return File(
      path: names.joined(separator: "/"), bytes: manifest.size(of: entry), sha256: digests[entry])
  }
}

/// The digests of a transfer's files, as they become known.
struct DigestTable {
  private(set) var digests: [ContentHash]

  init(_ manifest: Manifest) {
    digests = Array(repeating: FileDigests.ofNothing, count: manifest.count)
  }

  mutating func set(_ entry: Int, _ hash: ContentHash) {
    guard digests.indices.contains(entry) else { return }
    digests[entry] = hash
  }
}
