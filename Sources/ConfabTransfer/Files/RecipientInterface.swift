/// What a disk answers instead of doing it.
package enum DiskFault: Hashable, Sendable {
  /// ENOSPC or EDQUOT: it may work later.
  case full
  /// EROFS, EACCES, EPERM: not in this folder.
  case notWritable
  /// EIO and everything else, in the system's words.
  case broken(String)

  var words: String {
    switch self {
    case .full: "the disk is full"
    case .notWritable: "the folder cannot be written to"
    case .broken(let words): words
    }
  }
}

/// What the recipient's machine is told.
///
/// Content does not come this way: see `RecipientMachine.contentArrived`.
package enum RecipientInput: Sendable {
  /// Bytes of the control stream, in order, in pieces of any size.
  case control([UInt8])
  /// Answer to `open`: what the journal says, or nil if there is none, it is another's, or what it
  /// speaks of is not there.
  case opened(ResumeState?)
  case openFailed(DiskFault)
  /// A range that `takeWanted` gave out is in the file (not necessarily durable).
  case written(Range<UInt64>)
  /// A range that `takeWanted` or `makeHole` gave out is not in the file, or not all of it: after a
  /// short write, `written` for the front and this for the rest.
  case writeFailed(Range<UInt64>, DiskFault)
  /// The range reads as zeros.
  case holeMade(Range<UInt64>)
  /// Answer to `readLeaf`.
  case leafRead(UInt64, ContentHash)
  case leafUnreadable(UInt64, DiskFault)
  /// What was written, set and appended before `sync(ticket)` was taken is durable.
  case synced(ticket: UInt64)
  /// The last `appendJournal` is not in the journal; the file was cut back to where it was.
  case appendFailed(DiskFault)
  /// A sync, setting attributes or a folder's sync failed. What is on the
  /// disk is then unknown, so nothing of it is tried twice.
  case diskFailed(DiskFault)
  /// Answer to `setAttributes`.
  case attributesSet
  /// Answers to `probeName`.
  case nameFree(entry: Int)
  /// Something has the name; also an answer to `publish`.
  case nameTaken(entry: Int)
  /// Answer to `publish`: the entry has the name.
  case published(entry: Int)
  /// Answer to `syncFolders`.
  case foldersSynced
  /// Answer to `checkSpace`: there is some.
  case spaceFound
  /// The connection's smoothed round trip, for sizing the credit. Tell it now and then.
  case roundTrip(Duration)
  /// `nextDeadline` has come.
  case timeout
  /// Content comes in so many pieces that keeping them would take more memory than the content.
  case flooded
  /// A person stops it.
  case cancel
}

/// What the recipient's machine wants done. Take all of them after each input, and do them in order
/// before the next; only `readLeaf` and `sync` may go on in other threads meanwhile.
package enum RecipientEffect: Sendable {
  /// Make the unfinished files and folders, and open or make the journal in `identity.folderName`.
  ///
  /// If the journal reads as this transfer's and `confirmed` gives a state, cut it at `validBytes`,
  /// sync it (what it says may be in no more than a cache, and is about to be relied on), and answer
  /// with that state. Else start afresh: new empty files, a journal that holds `journalHeader`. Into a
  /// stream there is neither journal nor resuming.
  case open(Manifest, TransferIdentity, journalHeader: [UInt8])
  /// Content that may come, as a running total from the start of this connection.
  case credit(UInt64)
  /// Make the range read as zeros and take no space.
  case makeHole(Range<UInt64>)
  /// Read the leaf's range back from the files and hash it (`HashTree.leaf`), on another thread.
  case readLeaf(UInt64, Range<UInt64>)
  /// Make durable all content written and all records appended until now. One is asked for at a
  /// time.
  case sync(ticket: UInt64)
  /// Append to the journal. It need not be durable until the next sync.
  case appendJournal([UInt8])
  /// Into a stream: all content before this offset is verified; write it out.
  case prefix(upTo: UInt64)
  /// The digest that the presenter reckoned for a file. Files without content have
  /// `FileDigests.ofNothing` and are not told.
  case fileDigest(entry: Int, ContentHash)
  /// Give files and folders their modes and times; folders last, innermost first.
  case setAttributes
  /// Is there nothing of this name?
  case probeName(entry: Int, name: String)
  /// Rename an entry of the top to this name, never over something (RENAME_NOREPLACE). If it is not
  /// there unfinished any more but exists under that name, it was published before: say so.
  case publish(entry: Int, name: String)
  /// Make the names durable: sync the folder that they are in.
  case syncFolders
  /// The journal and its folder can go: the presenter knows that all is well, or the next attempt
  /// has to start afresh.
  case removeJournal
  /// Look whether a few megabytes are free where the files are; say `spaceFound` if so.
  case checkSpace
  /// Content does not flow for a while; nothing to do but to say so.
  case paused(PauseReason, byPeer: Bool)
  case resumed(byPeer: Bool)
  /// Everything is verified, durable and in its place. Let the last control message leave and stay
  /// until the presenter closes, or until there is no more hope of it.
  case done(root: ContentHash)
  /// It is over; the journal stays. Let the last control message leave, then close.
  case failed(FileFailure, byPeer: Bool)
}

package struct RecipientOptions: Sendable {
  package enum Destination: Sendable {
    /// Files in a folder, which appear there when all are complete.
    case folder
    /// One file, written out in order while it comes.
    case stream
  }

  /// Goes before the names: `presenter_filename`.
  package var presenterName: String
  package var presenterKey: ContentHash
  /// What the signed offer said. Nothing else is taken.
  package var offered: TransferOffer.Summary?
  package var destination: Destination
  package var rules: NameRules
  /// Reads back all that an earlier attempt left, instead of a sample.
  package var rechecksEverything: Bool
  package var leafBytes: UInt64
  package var creditBytesStart: UInt64
  package var creditBytesMax: UInt64
  /// Chooses the sample that is read back.
  package var seed: UInt64

  package init(
    presenterName: String, presenterKey: ContentHash, offered: TransferOffer.Summary? = nil,
    destination: Destination = .folder, rules: NameRules = .portable,
    rechecksEverything: Bool = false, leafBytes: UInt64 = FileLimits.leafBytes,
    creditBytesStart: UInt64 = FileLimits.creditBytesStart,
    creditBytesMax: UInt64 = FileLimits.creditBytesMax, seed: UInt64
  ) {
    self.presenterName = presenterName
    self.presenterKey = presenterKey
    self.offered = offered
    self.destination = destination
    self.rules = rules
    self.rechecksEverything = rechecksEverything
    self.leafBytes = leafBytes
    self.creditBytesStart = creditBytesStart
    self.creditBytesMax = creditBytesMax
    self.seed = seed
  }
}
