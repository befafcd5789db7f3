/// What share of the packets the path loses whatever we do: radio, bad cables, shaped lines.
///
/// Congestion takes packets when a queue is full, that is when we or others send more; chance takes
/// them always. So losses are counted by what the sender did when the lost packet left, and only
/// while no queue shows in the round trip. The share is the median of several windows, so that bursts
/// in less than half of them say nothing, and never more than what is lost while we send less than
/// the path delivers: a policer or a very short queue stops dropping then, chance does not.
package struct PathLoss: Sendable {
  /// What a packet's sender was doing.
  package enum Pace: UInt8, Sendable {
    /// Less than the path delivers.
    case below
    /// As much.
    case level
    /// More: whatever is lost may be our own doing.
    case above
  }

  /// More than this is not taken for chance: nobody offers such lines, and policers look so.
  static let shareMax = 0.15
  /// A window ends after so many packets at the earliest: at 5 % it then sees about six losses.
  static let windowPackets = 128.0
  static let windowPacketsMax = 1024.0
  static let windowCount = 8
  /// Packets sent below the path's rate that say something; older ones fade.
  static let belowPacketsMin = 64.0
  static let belowPacketsMax = 1024.0
  /// Standard deviations that chance is granted around its mean.
  static let deviations = 2.0

  private var windows: [Double] = []
  private var oldestWindow = 0
  private var sent = 0.0
  private var lost = 0.0
  private var sentBelow = 0.0
  private var lostBelow = 0.0
  /// Share of packets, 0 to `shareMax`.
  package private(set) var share = 0.0

  package init() { windows.reserveCapacity(Self.windowCount) }

  /// One round's packets that were sent at the path's rate, without a queue in sight.
  package mutating func addLevel(sent: Double, lost: Double) {
    self.sent += sent
    self.lost += lost
    // At least a round, so that what a fast line loses rarely is seen in most windows.
    let enough = min(max(sent, Self.windowPackets), Self.windowPacketsMax)
    guard self.sent >= enough else { return }
    let window = self.lost / self.sent
    if windows.count < Self.windowCount {
      windows.append(window)
    } else {
      windows[oldestWindow] = window
      oldestWindow = (oldestWindow + 1) % Self.windowCount
    }
    self.sent = 0
    self.lost = 0
    reckon()
  }

  /// One round's packets that were sent below the path's rate.
  package mutating func addBelow(sent: Double, lost: Double) {
    sentBelow += sent
    lostBelow += lost
    if sentBelow > Self.belowPacketsMax {
      lostBelow *= Self.belowPacketsMax / sentBelow
      sentBelow = Self.belowPacketsMax
    }
    reckon()
  }

  private mutating func reckon() {
    guard !windows.isEmpty else { return }
    let sorted = windows.sorted()
    var share = sorted[(sorted.count - 1) / 2]
    if sentBelow >= Self.belowPacketsMin {
      let below = lostBelow / sentBelow
      share = min(share, below + Self.deviations * Self.deviation(share, of: sentBelow))
    }
    self.share = min(share, Self.shareMax)
  }

  /// The share of so many packets that chance may take before something else must be behind it.
  package func bound(of packets: Double) -> Double {
    guard share > 0 else { return 0 }
    return share + Self.deviations * Self.deviation(share, of: packets)
  }

  /// Standard deviation of the share of lost packets (binomial distribution).
  private static func deviation(_ share: Double, of packets: Double) -> Double {
    (share * (1 - share) / max(1, packets)).squareRoot()
  }
}
