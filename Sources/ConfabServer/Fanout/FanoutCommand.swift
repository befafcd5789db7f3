import ConfabDomain
import ConfabHub
import ConfabWire
import NIOCore

/// What an event loop must do for its connections, in order.
enum FanoutCommand: Sendable {
  case reply(ConnectionID, UInt64, Reply)
  case refuse(ConnectionID, UInt64, Rejection)
  /// An answer that a reading thread has spelled already.
  case answer(ConnectionID, UInt64, frame: [UInt8])
  case notify(ConnectionID, Notice)
  /// Spelled once for all of them.
  case notifyAll([ConnectionID], Notice)
  case close(ConnectionID, Rejection)
  case beginTelling(ConnectionID)
  case subscribe(ConnectionID, ChannelID)
  case unsubscribe(ConnectionID, ChannelID)
  case watchPresence(ConnectionID)
  case tell(ChannelID, Joined)
  case tellPresence(Joined)

  /// Nil for what is for many.
  var connection: ConnectionID? {
    switch self {
    case .reply(let id, _, _), .refuse(let id, _, _), .answer(let id, _, _), .notify(let id, _),
      .close(let id, _), .beginTelling(let id), .subscribe(let id, _), .unsubscribe(let id, _),
      .watchPresence(let id):
      id
    case .notifyAll, .tell, .tellPresence: nil
    }
  }
}

// What the server must know of a connection wherever its number goes stands in the number.
extension ConnectionID {
  private static let loopBits: UInt64 = 10
  private static let webBit: UInt64 = 1 << loopBits

  /// - Parameters:
  ///   - serial: never the same twice while the server runs.
  ///   - loopIndex: which event loop the connection lives on.
  ///   - encoding: how frames are spelled on it.
  init(serial: UInt64, loopIndex: Int, encoding: FrameEncoding) {
    let web = encoding == .web ? Self.webBit : 0
    self.init(serial << (Self.loopBits + 1) | web | UInt64(loopIndex))
  }

  var loopIndex: Int { Int(rawValue & (Self.webBit - 1)) }

  var encoding: FrameEncoding { rawValue & Self.webBit == 0 ? .native : .web }
}
