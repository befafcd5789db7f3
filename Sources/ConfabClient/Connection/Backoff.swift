import Primitives

/// How long to wait before trying again: twice as long each time, and never the same for two clients,
/// so that a server which comes back is not met by all of them at once.
package struct Backoff: Sendable {
  package static let shortest: Duration = .milliseconds(200)
  package static let longest: Duration = .seconds(15)

  private var random: SeededRandom
  private var ceiling = Self.shortest

  package init(seed: UInt64) {
    random = SeededRandom(seed: seed)
  }

  /// Between half of the ceiling and the whole of it; then the ceiling rises.
  package mutating func next() -> Duration {
    let milliseconds = ceiling.milliseconds
    ceiling = min(ceiling * 2, Self.longest)
    return .milliseconds(Int64.random(in: milliseconds / 2...milliseconds, using: &random))
  }

  /// It worked: the next failure begins anew.
  package mutating func reset() {
    ceiling = Self.shortest
  }
}
