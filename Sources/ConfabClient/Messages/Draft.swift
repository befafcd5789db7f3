package import ConfabDomain
package import ConfabWire
package import Primitives

/// A message on its way to the server. Its id stays the same however often it is sent.
package struct Draft: Hashable, Sendable, Codable {
  package var id: MessageID
  /// As typed: `#room` or `@name`.
  package var channel: String
  package var text: String
  package var replyTo: UInt64
  package var at: WallTime

  package init(
    id: MessageID, channel: String, text: String, replyTo: UInt64 = 0, at: WallTime
  ) {
    self.id = id
    self.channel = channel
    self.text = text
    self.replyTo = replyTo
    self.at = at
  }

  package func request(retry: Bool) -> WireClientFrame.OneOf_Body {
    var send = WireSend()
    send.channel = .named(channel)
    send.id.append(contentsOf: id.bytes)
    send.text = text
    send.replyTo = replyTo
    send.retry = retry
    return .send(send)
  }
}

extension WireChannelRef {
  /// `#room`, `@name` or `#3`.
  package static func named(_ name: String) -> WireChannelRef {
    var reference = WireChannelRef()
    reference.name = name
    return reference
  }
}
