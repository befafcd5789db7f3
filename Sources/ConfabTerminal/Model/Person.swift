package import Primitives

/// Somebody who belongs to the channel on show.
package struct Person: Hashable, Sendable {
  package var name: String
  /// Nil when not active.
  package var activeSince: WallTime?

  package init(name: String, activeSince: WallTime? = nil) {
    self.name = name
    self.activeSince = activeSince
  }
}
