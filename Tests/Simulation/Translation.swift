import ConfabDomain
import ConfabHub
import ConfabWire
import Crypto
import FoundationEssentials
import Primitives
import SwiftProtobuf

/// Between the wire and the hub, for what simulated clients ask.
enum Translation {
  static func signIn(_ wire: WireSignIn) throws -> Request {
    let method: SignInAttempt.Method
    switch wire.method {
    case .password(let with):
      method = .password(name: with.name, Secret(Array(with.password.utf8)))
    case .token(let with): method = .token(hash: Array(SHA256.hash(data: with.token)))
    default: throw Violation("a client signs in as none should")
    }
    return .signIn(SignInAttempt(method: method, device: nil, proof: nil))
  }

  static func request(_ body: WireClientFrame.OneOf_Body) throws -> Request {
    switch body {
    case .subscribe(let wire): return .subscribe(presence: wire.presence)
    case .listChannels(let wire):
      return .listChannels(notJoined: wire.notJoined, after: ChannelID(wire.after))
    case .readEvents(let wire):
      return .readEvents(
        ChannelID(wire.channel), afterPosition: wire.afterPosition, limit: Int(wire.limit))
    case .signOut: return .signOut
    case .createRoom(let wire):
      return .createRoom(name: wire.name, members: wire.members, isPublic: wire.public)
    case .joinRoom(let wire): return .joinRoom(try reference(wire.channel))
    case .leaveRoom(let wire): return .leaveRoom(try reference(wire.channel))
    case .inviteMembers(let wire):
      return .inviteMembers(try reference(wire.channel), wire.members)
    case .removeMember(let wire): return .removeMember(try reference(wire.channel), wire.member)
    case .renameRoom(let wire): return .renameRoom(try reference(wire.channel), to: wire.name)
    case .closeRoom(let wire): return .closeRoom(try reference(wire.channel))
    default: return try messageRequest(body)
    }
  }

  private static func messageRequest(_ body: WireClientFrame.OneOf_Body) throws -> Request {
    switch body {
    case .send(let wire):
      guard let id = wire.messageID else { throw Violation("a message without its id") }
      return .send(
        Outgoing(
          channel: try reference(wire.channel), id: id, text: wire.text,
          replyTo: wire.replyTo == 0 ? nil : wire.replyTo, isRetry: wire.retry))
    case .edit(let wire):
      return .edit(try reference(wire.channel), sequence: wire.sequence, text: wire.text)
    case .delete(let wire): return .delete(try reference(wire.channel), sequence: wire.sequence)
    case .react(let wire):
      return .react(
        try reference(wire.channel), sequence: wire.sequence, emoji: wire.emoji,
        remove: wire.remove)
    case .markRead(let wire):
      return .markRead(try reference(wire.channel), sequence: wire.sequence)
    default: throw Violation("a client asks what none should")
    }
  }

  private static func reference(_ wire: WireChannelRef) throws -> ChannelReference {
    switch wire.ref {
    case .id(let id): .id(ChannelID(id))
    case .name(let name): .label(name)
    case nil: throw Violation("a request without its channel")
    }
  }

  static func body(_ reply: Reply) throws -> WireServerFrame.OneOf_Body {
    switch reply {
    case .done: return .done(WireDone())
    case .signedIn(let view):
      return .signedIn(
        WireSignedIn(
          account: view.account, name: view.name, role: view.role, session: view.session,
          token: view.token?.bytes ?? []))
    case .channels(let views, let more):
      return .channelList(.with { ($0.channels, $0.more) = (views.map(info), more) })
    case .channel(let view): return .channelInfo(info(view))
    case .sent(let view):
      return .sent(
        WireSent(
          channel: view.channel, label: view.label, sequence: view.sequence,
          position: view.position, at: view.at))
    default: throw Violation("the hub answers what nobody asked")
    }
  }

  static func body(_ notice: Notice) -> WireServerFrame.OneOf_Body {
    switch notice {
    case .channelChanged(let view): .channelChanged(info(view))
    case .channelGone(let channel, let label):
      .channelGone(.with { ($0.channel, $0.label) = (channel.rawValue, label) })
    case .deviceSeen(let keys, let address):
      .deviceNotice(.with { ($0.device, $0.address) = (WireDevice(keys), address) })
    // Nobody sends files, and nobody meets.
    default: .lagging(WireLagging())
    }
  }

  private static func info(_ view: ChannelView) -> WireChannelInfo {
    .with {
      $0.id = view.id.rawValue
      $0.label = view.label
      $0.kind = WireChannelKind(view.kind)
      $0.sequence = view.sequence
      $0.position = view.position
      $0.visibleAfterPosition = view.visibleAfterPosition
      $0.joined = view.isJoined
      $0.closed = view.isClosed
    }
  }
}
