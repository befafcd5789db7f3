import ConfabDomain
import Foundation

/// Messages without an answer, and what is to be told when it comes.
package struct PendingSends: Sendable {
  package enum Purpose: Hashable, Sendable {
    /// Typed in a channel, where it waits on show.
    case line(localID: Int, key: String)
    /// `/broadcast`, typed in this channel.
    case broadcast(from: String)
    /// BCM
    case classicBroadcast
    /// SRM
    case classicRoom
  }

  private var purposes: [MessageID: Purpose] = [:]

  package init() {}

  subscript(id: MessageID) -> Purpose? {
    get { purposes[id] }
    set { purposes[id] = newValue }
  }

  var isEmpty: Bool { purposes.isEmpty }
  var count: Int { purposes.count }

  /// A channel has another name now.
  mutating func rename(_ old: String, to new: String) {
    for (id, purpose) in purposes {
      guard case .line(let localID, old) = purpose else { continue }
      purposes[id] = .line(localID: localID, key: new)
    }
  }

  /// - Parameter id: as the wire has it.
  func localID(of id: Data) -> Int? {
    guard let id = MessageID(bytes: id), case .line(let localID, _)? = purposes[id] else {
      return nil
    }
    return localID
  }
}
