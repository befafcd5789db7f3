/// What the presenter's machine is told.
package enum PresenterInput: Sendable {
  /// Bytes of the control stream, in order, in pieces of any size.
  case control([UInt8])
  /// The connection knows that the recipient has this content. Told once for each part or more.
  case contentAcknowledged(Range<UInt64>)
  /// The hash thread has the next leaf. Leaves come in order, from 0.
  case leafHashed(UInt64, ContentHash)
  /// The hash thread has the digest of the next file that has content, in order.
  case fileDigested(entry: Int, ContentHash)
  /// Answer to `checkSources`: all of that is as in the manifest.
  case sourcesUnchanged
  /// The entry's size or time of change differs from the manifest, found by anybody at any time.
  case sourceChanged(entry: Int)
  /// A file cannot be read, whoever tried.
  case sourceUnreadable(entry: Int, reason: String)
  /// A person stops it.
  case cancel
}

/// What the presenter's machine wants done. Take all of them after each input.
package enum PresenterEffect: Hashable, Sendable {
  /// Give this range to the connection. Waits for credit there.
  case sendContent(Range<UInt64>)
  /// The hash thread may go on until it has hashed this many leaves in all.
  case hashLeaves(upTo: UInt64)
  /// Compare the files of this range with the manifest (size and time of change). Answer
  /// `sourceChanged` where one differs, else `sourcesUnchanged`. One is asked for at a time.
  case checkSources(Range<UInt64>)
  /// The recipient cannot take content for a while; nothing to do but to say so.
  case recipientPaused(PauseReason)
  case recipientResumed
  /// The recipient has everything in its place. Let the last control message leave, then close.
  case done(root: ContentHash)
  /// It is over. Let the last control message leave, then close.
  case failed(FileFailure, byPeer: Bool)
}

package struct PresenterOptions: Sendable {
  /// Content follows the manifest at once, before the recipient has said what it has: saves a round
  /// trip when it has nothing. For small manifests only.
  package var startsAtOnce: Bool
  /// Another size makes a transfer that only its own kind understands.
  package var leafBytes: UInt64
  package var outstandingBytesMax: UInt64
  package var sliceBytes: UInt64

  package init(
    startsAtOnce: Bool = true, leafBytes: UInt64 = FileLimits.leafBytes,
    outstandingBytesMax: UInt64 = FileLimits.outstandingBytesMax,
    sliceBytes: UInt64 = FileLimits.sliceBytes
  ) {
    self.startsAtOnce = startsAtOnce
    self.leafBytes = leafBytes
    self.outstandingBytesMax = outstandingBytesMax
    self.sliceBytes = sliceBytes
  }
}
