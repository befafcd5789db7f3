package import ConfabDomain

/// Names a connection for as long as it lasts; the shell gives it out and never uses one twice.
package struct ConnectionID: Hashable, Sendable, Codable {
  package var rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// Names something the hub asked the shell to find out.
package struct Ticket: Hashable, Sendable {
  package var rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// Who is at the other end of a connection.
package struct Peer: Hashable, Sendable {
  /// The address without a port; "local" for the operator's socket.
  package var address: String
  /// On the server's own machine, through the socket that only its owner may open: no sign-in, and
  /// every right of an owner but none of a person.
  package var isOperator: Bool

  package init(address: String, isOperator: Bool = false) {
    self.address = address
    self.isOperator = isOperator
  }
}

/// All that can happen to a hub.
package enum Input: Sendable {
  case connected(ConnectionID, Peer)
  case disconnected(ConnectionID)
  /// `request` is the client's number; exactly one reply or refusal carries it back.
  case request(ConnectionID, request: UInt64, Request)

  // Answers to what the hub asked for.
  case passwordChecked(Ticket, PasswordVerdict)
  /// Nil when too many passwords wait already.
  case passwordHashed(Ticket, PasswordHash?)
  case lookedUp(Ticket, LookUpAnswer)

  /// All entries through this one are on disk.
  case durable(through: UInt64)
  /// Nothing after the last durable entry was stored, and nothing of it will be.
  case appendFailed(reason: String)
  /// The state as the journal has it, after a failure.
  case reloaded(PlaceState)
  /// Another server of the place appended first: what was appended last was not stored, and what was
  /// stored instead has arrived.
  case overtaken
  /// Another server's entries, and the state after them.
  case arrived([StampedEvent], after: PlaceState)

  /// What another server of the place tells of itself.
  case heard(NodeReport)
  /// What another server says, to all or to this one.
  case told(NodeMessage)
  /// Everything that other servers had stored when it was asked for has arrived, or does not come.
  case caughtUp(Ticket)

  /// What the media side tells, and its answers.
  case media(MediaReport)
  /// The server is about to stop, and goes on until what follows from this is durable.
  case stopping

  /// `Hub.nextDeadline` is over.
  case deadline
}

extension Input {
  /// Whether it tells what became of what was decided, and asks for nothing.
  var isOutcome: Bool {
    switch self {
    case .durable, .appendFailed, .reloaded, .overtaken, .arrived: true
    default: false
    }
  }
}

package enum PasswordVerdict: Sendable, Equatable {
  case right
  case wrong
  /// The device named in the attempt did not prove itself.
  case proofWrong
  /// Not checked: too many wait already.
  case busy
}

package enum LookUpAnswer: Sendable {
  case facts(MessageFacts?)
  case stored(StoredMessage?)
  case failed(reason: String)
}

/// A password or another secret on its way: it never prints itself.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  package let bytes: [UInt8]
  package init(_ bytes: [UInt8]) { self.bytes = bytes }
  package var description: String { "(secret)" }
  package var debugDescription: String { "(secret)" }
}
