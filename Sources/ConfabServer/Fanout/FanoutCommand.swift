import ConfabDomain
import ConfabHub
import NIOCore

/// What an event loop must do for its connections, in order.
enum FanoutCommand: Sendable {
  case reply(ConnectionID, UInt64, Reply)
  case refuse(ConnectionID, UInt64, Rejection)
  /// An answer that a reading thread has spelled already.
  case answer(ConnectionID, UInt64, frame: [UInt8])
  case notify(ConnectionID, Notice)
  case close(ConnectionID, Rejection)
  case subscribe(ConnectionID, ChannelID)
  case unsubscribe(ConnectionID, ChannelID)
  case watchPresence(ConnectionID)
  case tell(ChannelID, Joined)
  case tellPresence(ByteBuffer)

  /// Nil for what is for many.
  var connection: ConnectionID? {
    switch self {
    case .reply(let id, _, _), .refuse(let id, _, _), .answer(let id, _, _), .notify(let id, _),
      .close(let id, _), .subscribe(let id, _), .unsubscribe(let id, _), .watchPresence(let id):
      id
    case .tell, .tellPresence: nil
    }
  }
}

extension ConnectionID {
  private static let loopBits: UInt64 = 10

  /// - Parameters:
  ///   - serial: never the same twice while the server runs.
  ///   - loopIndex: which event loop the connection lives on.
  init(serial: UInt64, loopIndex: Int) {
    self.init(serial << Self.loopBits | UInt64(loopIndex))
  }

  var loopIndex: Int { Int(rawValue & (1 << Self.loopBits - 1)) }
}
