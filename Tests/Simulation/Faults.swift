import ConfabWire
import Primitives

/// What goes wrong in one universe. Each seed switches some kinds off (swarm testing: Groce et al.,
/// 2012), because faults that always come together hide what one of them alone would show.
struct Faults {
  enum Kind: CaseIterable {
    /// A connection breaks, with everything that was on its way.
    case connectionLoss
    /// The server's process ends at once; what it wrote stays.
    case kill
    /// The machine ends at once; of what was not synced a prefix stays.
    case powerCut
    /// Writing fails for a while.
    case diskFull
    /// What was written does not reach the disk.
    case syncFailure
    /// The civil clock is set.
    case clockJump
    /// A client stops reading for a while.
    case slowReader
    /// A client's process ends; its outbox and its token stay.
    case clientRestart
  }

  /// In the order of their cases, so that a seed always chooses the same.
  let kinds: [Kind]
  /// Frames take so long at most.
  let latencyMax: Duration
  /// Frames come in pieces.
  let tears: Bool
  /// Bytes that may be pushed to a reader whose socket takes none before it is lagging.
  let outboundBytesMax: Int
  /// Unsent bytes at which a server's socket takes no more.
  let unsentBytesHigh: Int
  /// Of a hundred steps so many are faults.
  let percent: Int

  init(using random: inout SeededRandom) {
    kinds = Kind.allCases.filter { _ in random.chance(0.5) }
    latencyMax = random.chance(0.5) ? .milliseconds(2) : .milliseconds(300)
    tears = random.chance(0.3)
    (outboundBytesMax, unsentBytesHigh) =
      random.chance(0.5) ? (800, 400) : (WireLimits.outboundBytesMax, 262_144)
    percent = Int.random(in: 1...4, using: &random)
  }
}
