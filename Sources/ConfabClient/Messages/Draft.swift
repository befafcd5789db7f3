package import ConfabDomain
package import ConfabWire
package import Primitives

/// A message on its way to the server. Its id stays the same however often it is sent.
package struct Draft: Hashable, Sendable, Codable {
  package var id: MessageID
  /// As typed: `#room` or `@name`.
  package var channel: String
  /// The server's number of the channel, which outlasts its name; nil where it was not known, and for a
  /// person to whom nothing had been written.
  package var channelID: UInt64?
  package var text: String
  package var replyTo: UInt64
  package var at: WallTime

  package init(
    id: MessageID, channel: String, channelID: UInt64? = nil, text: String, replyTo: UInt64 = 0,
    at: WallTime
  ) {
    self.id = id
    self.channel = channel
    self.channelID = channelID
    self.text = text
    self.replyTo = replyTo
    self.at = at
  }

  package func request(retry: Bool) -> WireClientFrame.OneOf_Body {
    var send = WireSend()
    send.channel = channelID.map { .numbered($0) } ?? .named(channel)
    send.id.append(contentsOf: id.bytes)
    send.text = text
    send.replyTo = replyTo
    send.retry = retry
    return .send(send)
  }
}

extension WireChannelRef {
  package static func numbered(_ id: UInt64) -> WireChannelRef {
    var reference = WireChannelRef()
    reference.id = id
    return reference
  }

  /// `#room`, `@name` or `#3`.
  package static func named(_ name: String) -> WireChannelRef {
    var reference = WireChannelRef()
    reference.name = name
    return reference
  }
}
