package import ConfabDomain
package import Primitives

/// Decides what happens in a place and who hears of it.
///
/// A value: every change comes in through `handle`, and everything to do comes out of it. Outward
/// effects wait until all that was decided before them is durable, in one queue, so that nobody
/// hears of what a power cut could still undo.
package struct Hub: Sendable {
  package init(
    state: PlaceState, options: HubOptions, entropy: any RandomNumberGenerator & Sendable
  ) { fatalError() }

  package mutating func handle(_ input: Input, at now: Now) -> [Effect] { [] }

  /// When `Input.deadline` is due, if ever.
  package var nextDeadline: MonotonicTime? { nil }
  package var state: PlaceState { fatalError() }
}
