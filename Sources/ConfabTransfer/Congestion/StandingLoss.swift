package import Primitives

/// Loss that stands with a full queue whatever we do: somebody there ignores loss, as the first BBR
/// does. Who backs off from it beside such a sender is left with nothing, so as much is granted.
///
/// Several of ours that grant it would make it themselves, each taking the others for such a sender.
/// So it is granted only after a test without it, at the end of every PROBE_RTT. That draws flows of
/// ours together, so that they are tested at the same time, and then there is no more of it than
/// probing costs; of somebody who ignores loss there is as much as before.
package struct StandingLoss: Sendable {
  static let testTime: Duration = .seconds(2)
  /// Lost of what was sent at the path's rate or below, in a test. In simulation four of ours, which
  /// grant nothing, lose 0.1 to 2.2 %, and one beside the first BBR 3.4 to 4.4 %.
  static let lossMin = 0.025
  /// Whoever ignores loss adds to it when we do, so what stands is granted with so much more.
  static let margin = 1.5

  private var loss = PathLoss()
  private var testBeganAt: MonotonicTime?
  private var isTesting = false
  private var isProven = false
  private var sent = 0.0
  private var lost = 0.0

  package init() {}

  private var isGranted: Bool { isProven && !isTesting }

  /// The share that stands, while somebody is known to ignore it.
  package var share: Double { isGranted ? loss.share : 0 }

  /// The share that is granted.
  package var grantedShare: Double { min(Self.margin * share, PathLoss.shareMax) }

  /// The share of so many packets that is granted.
  package func bound(of packets: Double) -> Double {
    isGranted ? min(Self.margin * loss.bound(of: packets), PathLoss.shareMax) : 0
  }

  /// PROBE_RTT has ended.
  package mutating func beginTest(at now: MonotonicTime) {
    testBeganAt = now
    isTesting = true
    sent = 0
    lost = 0
  }

  /// One round's packets that were sent at the path's rate or below.
  package mutating func add(sent: Double, lost: Double, at now: MonotonicTime) {
    loss.addLevel(sent: sent, lost: lost)
    guard isTesting, let testBeganAt else { return }
    self.sent += sent
    self.lost += lost
    guard now.since(testBeganAt) >= Self.testTime else { return }
    isTesting = false
    isProven = self.lost > self.sent * Self.lossMin
  }
}
