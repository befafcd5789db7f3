/// Why content does not flow for a while.
package enum PauseReason: UInt8, CaseIterable, Sendable {
  /// A person said so.
  case person = 1
  /// The recipient's disk, or its owner's share of it, is full.
  case diskFull = 2
  /// What a later version made up.
  case other = 255
}

/// What the two sides of a transfer tell each other besides content.
///
/// On the wire each is a length of 4 bytes, a number and a body; the length counts number and body.
/// A number that is not known is skipped, so that later versions may say more.
package enum ControlMessage: Hashable, Sendable {
  // The presenter's.

  /// First of all. The manifest's pieces follow.
  case begin(version: UInt64, ManifestSummary)
  /// Whole entries.
  case manifest([UInt8])
  /// Parts of the content that are zeros and are not sent.
  case holes([Range<UInt64>])
  /// The hashes of leaves in a row. They come in order, each leaf once.
  case leafHashes(first: UInt64, [ContentHash])
  /// The same for full leaves of nothing but zeros.
  case zeroLeaves(first: UInt64, count: UInt64)
  /// The SHA-256 of files in a row, beginning with that entry and passing over what has no content.
  case fileDigests(first: UInt64, [ContentHash])
  /// The entry is no longer what the manifest says. The transfer fails.
  case sourceChanged(entry: UInt64)
  /// All hashes were sent, and this is the root over them.
  case finish(root: ContentHash)
  /// `complete` has come: the recipient may forget how it got there.
  case thanks

  // The recipient's.

  /// Leaves that are on its disk from before. `isLast` ends the list; content may flow then.
  case have([Range<UInt64>], isLast: Bool)
  /// Content that has to be sent once more.
  case again([Range<UInt64>])
  /// Everything is verified, durable and in its place.
  case complete(root: ContentHash)

  // Either's.

  case pause(PauseReason)
  case resume
  case failed(FileFailure)

  /// The version of the file protocol.
  package static let version: UInt64 = 1

  enum Number: UInt8, CaseIterable {
    case begin = 1
    case manifest = 2
    case holes = 3
    case leafHashes = 4
    case zeroLeaves = 5
    case fileDigests = 6
    case sourceChanged = 7
    case finish = 8
    case thanks = 9
    case have = 16
    case again = 17
    case complete = 18
    case pause = 32
    case resume = 33
    case failed = 34
  }
}
