import ConfabTransfer
import Primitives

/// What goes wrong in one world. Each seed leaves some kinds out.
struct FileFaults {
  var loses: Bool
  var repeats: Bool
  var shortWrites: Bool
  var fullDisk: Bool
  var brokenDisk: Bool
  var flippedBits: Bool
  var slowDisk: Bool
  var crashes: Bool
  var powerCuts: Bool
  var editedSource: Bool
  var secretEdits: Bool
  var tampering: Bool
  var nameTaken: Bool

  init(using random: inout SeededRandom) {
    loses = random.chance(0.5)
    repeats = random.chance(0.5)
    shortWrites = random.chance(0.4)
    fullDisk = random.chance(0.3)
    brokenDisk = random.chance(0.1)
    flippedBits = random.chance(0.2)
    slowDisk = random.chance(0.5)
    crashes = random.chance(0.6)
    powerCuts = random.chance(0.5)
    editedSource = random.chance(0.15)
    secretEdits = random.chance(0.2)
    tampering = random.chance(0.2)
    nameTaken = random.chance(0.3)
  }
}

struct BrokenPromise: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// A presenter and a recipient with their disks, joined by pipes for control and a pool of content
/// that comes in any order. Connections end and begin again until the files are there.
final class FileWorld {
  enum Ending: Equatable {
    case identical
    case failed(FileFailure.Code)
  }

  var random: SeededRandom
  let faults: FileFaults
  let leafBytes: Int
  var files: RandomFiles
  let layout: LeafLayout
  let identity: TransferIdentity
  let presenterKey = ContentHash(repeating: 7)
  let isStream: Bool

  var disk = FolderDisk()
  /// What a stream has written out.
  var streamed: [UInt8] = []
  /// The source differs from the manifest, and whoever looks sees it.
  var isSourceChanged = false
  /// The disk was too full to journal a name, so a second one may be given after a crash.
  var isNameForgotten = false
  var now = MonotonicTime(nanoseconds: 0)
  /// Later attempts have fewer faults, so that every world comes to an end.
  var isCalm = false
  var attempts = 0

  // One connection.
  var presenter: PresenterMachine
  var recipient: RecipientMachine
  var toRecipient: [UInt8] = []
  var toPresenter: [UInt8] = []
  var link = ContentLink()
  var hashing: HashingThread
  var diskWork: [DiskWork] = []
  var presenterEnd: Ending?
  var recipientEnd: Ending?
  var digests: [Int: ContentHash] = [:]

  enum DiskWork {
    case write(Range<UInt64>, [UInt8])
    case read(UInt64, Range<UInt64>)
    case sync(UInt64, FolderDisk.PendingSync)
  }

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    faults = FileFaults(using: &random)
    leafBytes = [256, 512, 1_024].randomElement(using: &random) ?? 256
    files = try RandomFiles(using: &random, leafBytes: leafBytes)
    layout = LeafLayout(contentBytes: files.manifest.contentBytes, leafBytes: UInt64(leafBytes))
    identity = TransferIdentity(presenterKey: presenterKey, manifest: files.manifest.hash)
    let isOneFile = files.manifest.count == 1 && files.manifest.fileCount == 1
    isStream = random.chance(0.7) && isOneFile
    (presenter, recipient, hashing) = Self.connection(
      files, leafBytes, presenterKey, isStream, faults, &random, now)
    if faults.nameTaken, let top = files.manifest.tops.first {
      disk.occupy("ann_\(files.manifest.name(of: top))")
    }
  }

  private static func connection(
    _ files: RandomFiles, _ leafBytes: Int, _ key: ContentHash, _ isStream: Bool,
    _ faults: FileFaults, _ random: inout SeededRandom, _ now: MonotonicTime
  ) -> (PresenterMachine, RecipientMachine, HashingThread) {
    let presenter = PresenterMachine(
      files.manifest, holes: files.holes,
      options: PresenterOptions(
        startsAtOnce: random.chance(0.5), leafBytes: UInt64(leafBytes),
        outstandingBytesMax: UInt64(leafBytes * Int.random(in: 2...16, using: &random)),
        sliceBytes: UInt64.random(in: 100...4_000, using: &random)))
    let recipient = RecipientMachine(
      RecipientOptions(
        presenterName: "ann", presenterKey: key, offered: TransferOffer.Summary(of: files.manifest),
        destination: isStream ? .stream : .folder, rechecksEverything: faults.tampering,
        leafBytes: UInt64(leafBytes),
        creditBytesStart: UInt64.random(in: 200...4_000, using: &random),
        creditBytesMax: 16_000, seed: random.next()), at: now)
    let layout = LeafLayout(contentBytes: files.manifest.contentBytes, leafBytes: UInt64(leafBytes))
    return (presenter, recipient, HashingThread(files, layout))
  }

  /// Everything that was on its way is gone.
  func reconnect() {
    attempts += 1
    isCalm = attempts >= 6
    (presenter, recipient, hashing) = Self.connection(
      files, leafBytes, presenterKey, isStream, faults, &random, now)
    toRecipient = []
    toPresenter = []
    link = ContentLink()
    diskWork = []
    presenterEnd = nil
    recipientEnd = nil
    streamed = []
    digests = [:]
  }

  func happens(_ fault: Bool, _ probability: Double) -> Bool {
    fault && !isCalm && random.chance(probability)
  }
}
