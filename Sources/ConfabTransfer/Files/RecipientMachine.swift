package import Primitives

/// The side that takes the files: checks the manifest, lets content be written where it belongs,
/// verifies every leaf from the disk, journals what is durable, and gives the files their names when
/// all of them are right.
///
/// A value: give it inputs, then take `nextEffect` until there is none, and `nextControl` for as long
/// as the control stream takes more. It holds no content. For every piece of content that comes, call
/// `contentArrived` once, write what `takeWanted` gives until it gives no more, and say `written`;
/// then, too, there may be effects.
///
///     manifest → open → sample of what was there → have → content, hashes, verification
///     → root → attributes → sync → names → sync of the journal → publish → sync folders → complete
package struct RecipientMachine: Sendable {
  enum Stage: Hashable {
    /// Nothing was heard.
    case awaitingManifest
    case readingManifest
    /// The shell makes or finds the files.
    case opening
    /// Content comes and is verified.
    case receiving
    /// All is verified and equal to the presenter's root.
    case settingAttributes
    /// The one sync of all content before names are given.
    case lastSync
    /// Looking for a free name for each top entry: `next` counts them, `attempt` the numbers tried.
    case naming(next: Int, attempt: Int)
    /// Making durable what the names will be, before the first, or the next, is given.
    case sealing(next: Int)
    case publishing(next: Int)
    case syncingFolders
    /// Done. Only the presenter's thanks are waited for.
    case complete
    case over
  }

  package let options: RecipientOptions
  var stage = Stage.awaitingManifest
  /// While the manifest comes.
  var manifestDecoder: ManifestDecoder?
  package internal(set) var manifest: Manifest?
  var tops: [Int] = []

  var early = EarlyContent()
  var content: RecipientContent
  var checks: LeafChecks
  var claims: JournalClaims?
  var credit: CreditWindow
  /// Given out for writing and neither written nor failed, in bytes.
  var writing: UInt64 = 0
  /// Holes that were told of so far.
  var holesHeard = 0
  /// Those that are still to be made.
  var holesWaiting = ContentRanges()
  /// Those that the shell is making.
  var holesInMaking = 0
  /// Leaves that did not match once. A second time ends the transfer.
  var mismatched = ContentRanges()
  /// How far a stream was told to write.
  var prefixTold: UInt64 = 0

  var isHaveTold = false
  var haveLeft = ContentRanges()
  /// The number behind the name of an entry of the top, where one was found.
  var attempts: [Int: Int] = [:]
  /// What the presenter says at the end.
  var finishedRoot: ContentHash?
  var nextDigest = 0
  /// The disk is full; when to look again.
  var spaceCheck: MonotonicTime?

  var decoder = ControlDecoder()
  var effects = WaitingLine<RecipientEffect>()
  /// A few words at most: pauses, the end.
  var outbox = WaitingLine<ControlMessage>()

  package init(_ options: RecipientOptions, at now: MonotonicTime) {
    self.options = options
    let layout = LeafLayout(contentBytes: 0, leafBytes: options.leafBytes)
    content = RecipientContent(layout: layout)
    checks = LeafChecks(layout: layout)
    credit = CreditWindow(start: options.creditBytesStart, max: options.creditBytesMax)
    if let total = credit.grant(at: now) { effects.append(.credit(total)) }
  }

  package var isOver: Bool { stage == .over }

  /// For logs.
  package var stageText: String { "\(stage)" }

  package var layout: LeafLayout { content.layout }

  package var progress: FileProgress {
    FileProgress(
      bytesDone: content.written.count, bytesTotal: layout.contentBytes,
      bytesResumed: content.bytesResumed)
  }

  package var nextDeadline: MonotonicTime? {
    guard stage == .receiving else { return nil }
    // While the disk is full nothing is synced.
    return spaceCheck ?? claims?.nextDeadline
  }

  package mutating func nextEffect() -> RecipientEffect? { effects.next() }

  package mutating func handle(_ input: RecipientInput, at now: MonotonicTime) {
    guard stage != .over else { return }
    do throws(FileFailure) {
      try decide(input, at: now)
      try advance(at: now)
    } catch {
      fail(error)
    }
  }

  /// The next message for the control stream, made only now; nil when there is nothing to say.
  package mutating func nextControl() -> [UInt8]? {
    if let message = outbox.next() { return message.encoded() }
    guard stage == .receiving, !checks.isRechecking, !(claims?.isWithdrawing ?? false) else {
      return nil
    }
    if !isHaveTold { return nextHave().encoded() }
    guard spaceCheck == nil, !content.missed.isEmpty else { return nil }
    return ControlMessage.again(content.nextMissed()).encoded()
  }

  private mutating func nextHave() -> ControlMessage {
    var ranges: [Range<UInt64>] = []
    while ranges.count < FileLimits.rangesPerMessageMax, let range = haveLeft.takeFirst(.max >> 1) {
      ranges.append(range)
    }
    isHaveTold = haveLeft.isEmpty
    return .have(ranges, isLast: isHaveTold)
  }

  private mutating func decide(
    _ input: RecipientInput, at now: MonotonicTime
  ) throws(FileFailure) {
    switch input {
    case .control(let bytes):
      decoder.append(bytes)
      while stage != .over, let message = try decoder.next() { try hear(message, at: now) }
    case .opened(let state): try open(state)
    case .openFailed(let fault): throw openFailure(fault)
    case .written(let range): finishWriting(range)
    case .writeFailed(let range, let fault): try writingFailed(range, fault, at: now)
    case .holeMade(let range):
      finishHole(range)
    case .leafRead(let leaf, let hash): try judge(leaf, hash)
    case .appendFailed(let fault): try appendFailed(fault, at: now)
    case .leafUnreadable(_, let fault), .diskFailed(let fault): throw diskFailure(fault)
    case .synced(let ticket): finishSync(ticket)
    case .attributesSet, .nameFree, .nameTaken, .published, .foldersSynced: try settle(input)
    case .spaceFound: spaceFound()
    case .roundTrip(let duration): credit.roundTrip = duration
    case .timeout: checkSpace(at: now)
    case .flooded: throw FileFailure(.excess, "The other side sends content in too many pieces.")
    case .cancel: throw FileFailure(.cancelled, "The recipient stopped the transfer.")
    }
  }

  /// Everything that follows from what is known now.
  private mutating func advance(at now: MonotonicTime) throws(FileFailure) {
    guard stage != .over else { return }
    giveCredit(at: now)
    makeHoles()
    verify()
    try finishReceiving()
    if let records = claims?.takeWithdrawals(), !records.isEmpty {
      effects.append(.appendJournal(records))
    }
    beginSync(at: now)
    if options.destination == .stream { tellPrefix() }
  }

  mutating func fail(_ failure: FileFailure, byPeer: Bool = false) {
    guard stage != .over else { return }
    let isComplete = stage == .complete
    stage = .over
    // Success was told already, and is one.
    guard !isComplete else { return }
    if !byPeer { outbox.append(.failed(failure)) }
    effects.append(.failed(failure, byPeer: byPeer))
  }

  func diskFailure(_ fault: DiskFault) -> FileFailure {
    FileFailure(
      fault == .full ? .diskFull : .diskFault,
      "The recipient's disk failed: \(fault.words). What is complete was kept.")
  }

  private func openFailure(_ fault: DiskFault) -> FileFailure {
    switch fault {
    case .full: FileFailure(.diskFull, "There is not enough room on the recipient's disk.")
    case .notWritable:
      FileFailure(.folderNotWritable, "The recipient's folder cannot be written to.")
    case .broken(let words):
      FileFailure(.diskFault, "The recipient cannot make the files: \(words).")
    }
  }
}
