/// What either end of a file transfer refuses to take more of, and the sizes that both agree on.
package enum FileLimits {
  /// Of the content stream in one leaf of the hash tree: the last leaf may be shorter. Large enough
  /// that 100 GB need 3 MB of hashes, small enough that a damaged leaf is sent again in no time.
  package static let leafBytes: UInt64 = 1_048_576

  // The manifest. A peer's numbers are checked before anything is kept for them.

  /// Files and folders of one transfer.
  package static let entriesMax = 1_048_576
  /// Folders within folders, counting the entry itself.
  package static let depthMax = 64
  /// One name: NAME_MAX of Linux (limits.h).
  package static let nameBytesMax = 255
  /// A path with its slashes: PATH_MAX of Linux is 4,096, and the folder it goes into needs some.
  package static let pathBytesMax = 3_072
  /// All names together, so that a manifest stays well below what an endpoint may use.
  package static let manifestNameBytesMax = 50_331_648
  /// The content of all files together: the largest file that ext4 can hold.
  package static let contentBytesMax: UInt64 = 1 << 44

  // Control messages.

  /// The body of one message; what is longer ends the transfer before it is buffered.
  package static let messageBytesMax = 32_768
  /// The encoded entries in one manifest message. One entry is at most 300 bytes.
  package static let manifestPieceBytes = 12_288
  /// Hashes of leaves or files in one message.
  package static let hashesPerMessageMax = 256
  /// Leaves of nothing but zeros in one message: each costs the other side a few hashes.
  package static let zeroLeavesPerMessageMax: UInt64 = 4_096
  /// Ranges in one message.
  package static let rangesPerMessageMax = 512
  /// Bytes of words in a message that ends the transfer.
  package static let failureTextBytesMax = 512

  // What each machine remembers.

  /// Separate ranges of content. Loss makes hundreds of them (430 for each round trip at 1 Gbit/s,
  /// 100 ms and 5 %); only a peer that means harm makes so many.
  package static let fragmentsMax = 65_536
  /// Holes that are told to the other side; what is beyond them is sent as zeros.
  package static let holesMax = 16_384
  /// Holes that the shell makes at the same time.
  package static let holesInMakingMax = 64
  /// A shorter hole costs more to tell than to send.
  package static let holeBytesMin: UInt64 = 65_536
  /// Hashes that came before their leaves were complete.
  package static let pendingHashesMax = 65_536
  /// Leaves that the shell reads back at the same time.
  package static let verifyingLeavesMax = 64
  /// Journaled leaves that are read back on resuming, besides the first and the last.
  package static let recheckedLeaves = 16
  /// Numbers tried behind a name before it is given up.
  package static let nameAttemptsMax = 10_000

  // Flow.

  /// Content that may be on its way before anything of it is written.
  package static let creditBytesStart: UInt64 = 8 << 20
  /// An endpoint stays below 64 MiB whatever it transfers.
  package static let creditBytesMax: UInt64 = 48 << 20
  /// Content that waits in the connection or is not acknowledged: more than any credit, so that
  /// credit and not this is what a fast path meets.
  package static let outstandingBytesMax: UInt64 = 64 << 20
  /// Content is given to the connection in such slices, so that little is on its way that the other
  /// side then says it has.
  package static let sliceBytes: UInt64 = 4 << 20
  /// A manifest as small as this comes with the first packets, so that content may follow at once.
  package static let earlyManifestBytesMax = 8_192
  /// How far hashing may be ahead of what the other side has.
  package static let leavesHashedAheadMax: UInt64 = 128
  /// Hashes that wait for the control stream.
  package static let hashesWaitingMax: UInt64 = 1_024

  /// Verified leaves are made durable and journaled so often: what a crash costs.
  package static let syncInterval: Duration = .seconds(1)
  /// While the disk is full, space is looked for so often.
  package static let spaceCheckInterval: Duration = .seconds(2)
}
