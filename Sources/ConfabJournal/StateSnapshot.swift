package import ConfabDomain
import Foundation

/// A state spelled out to be kept. Spelling it takes a second in a large place, and so is not done by the
/// thread that appends.
package struct StateSnapshot: Sendable {
  package let entry: UInt64
  let bytes: Data

  package init(of state: PlaceState) throws(JournalError) {
    entry = state.entry
    do { bytes = try JSONEncoder().encode(state) } catch { throw .other("\(error)") }
  }

  /// Nil when the bytes mean nothing to this version.
  static func state(of bytes: some DataProtocol) -> PlaceState? {
    try? JSONDecoder().decode(PlaceState.self, from: Data(bytes))
  }
}

extension Journal {
  package func makeSnapshot(of state: PlaceState) throws(JournalError) -> StateSnapshot {
    try StateSnapshot(of: state)
  }
}
