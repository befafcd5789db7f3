import ConfabTransfer

/// A recipient says anything. Nothing beyond the content is sent or hashed, hashes are asked for in order,
/// and success is claimed only when the recipient named the root.
package func exercisePresenter(_ bytes: [UInt8]) {
  var feed = ByteFeed(bytes)
  var exercise = PresenterExercise()
  while !feed.isEmpty { exercise.step(&feed) }
}

private struct PresenterExercise {
  private static let content = SmallContent()

  private var machine: PresenterMachine
  private var hashed: UInt64 = 0
  private var mayHash: UInt64 = 0
  private var digestsLeft: [Int]
  private var sent: [Range<UInt64>] = []
  private var isChecking = false
  private var isOver = false
  private var wasRootNamed = false

  init() {
    let manifest = Self.content.manifest
    machine = PresenterMachine(
      manifest, holes: [200..<400],
      options: PresenterOptions(
        leafBytes: SmallContent.leafBytes, outstandingBytesMax: 300, sliceBytes: 120))
    digestsLeft = (0..<manifest.count).filter { manifest.size(of: $0) > 0 }
    settle()
  }

  mutating func step(_ feed: inout ByteFeed) {
    switch feed.choice(of: 10) {
    case 0: tell(.control(feed.bytes(Int(feed.byte()))))
    case 1, 2, 3:
      let said = message(&feed, leaves: Self.content.leaves, root: Self.content.root)
      if said == .complete(root: Self.content.root) { wasRootNamed = true }
      tell(.control(said.encoded()))
    case 4: acknowledge(&feed)
    case 5, 6: hash()
    case 7: digest()
    case 8:
      guard isChecking else { return }
      isChecking = false
      tell(.sourcesUnchanged)
    default:
      guard feed.isChosen(oneIn: 12) else { return }
      switch feed.choice(of: 3) {
      case 0: tell(.sourceChanged(entry: 0))
      case 1: tell(.sourceUnreadable(entry: 3, reason: "so"))
      default: tell(.cancel)
      }
    }
  }

  private mutating func tell(_ input: PresenterInput) {
    machine.handle(input)
    settle()
  }

  private mutating func acknowledge(_ feed: inout ByteFeed) {
    guard !sent.isEmpty else { return }
    tell(.contentAcknowledged(sent.remove(at: feed.choice(of: sent.count))))
  }

  private mutating func hash() {
    guard hashed < mayHash else { return }
    let leaf = hashed
    hashed += 1
    tell(.leafHashed(leaf, Self.content.leaves[Int(leaf)]))
  }

  /// A file's digest is known when its last leaf is.
  private mutating func digest() {
    guard let entry = digestsLeft.first else { return }
    let range = Self.content.manifest.content(of: entry)
    guard hashed >= Self.content.layout.leaves(touching: range).upperBound else { return }
    digestsLeft.removeFirst()
    tell(.fileDigested(entry: entry, ContentHash(repeating: 3)))
  }

  private mutating func settle() {
    while true {
      if let effect = machine.nextEffect() {
        perform(effect)
      } else if machine.nextControl() == nil {
        return
      }
    }
  }

  private mutating func perform(_ effect: PresenterEffect) {
    let end = Self.content.manifest.contentBytes
    switch effect {
    case .sendContent(let range):
      precondition(!range.isEmpty && range.upperBound <= end, "sends what there is not")
      precondition(range.count <= 120, "a slice without limit")
      sent.append(range)
    case .hashLeaves(let leaves):
      precondition(
        leaves >= mayHash && leaves <= Self.content.layout.leafCount, "hashes what there is not")
      mayHash = leaves
    case .checkSources(let range):
      precondition(range.upperBound <= end, "compares what there is not")
      precondition(!isChecking, "compares twice at once")
      isChecking = true
    case .done(let root):
      precondition(!isOver && wasRootNamed && root == Self.content.root, "success unasked")
      isOver = true
    case .failed:
      precondition(!isOver, "two ends")
      isOver = true
    case .recipientPaused, .recipientResumed: break
    }
  }
}
