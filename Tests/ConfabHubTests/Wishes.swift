import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives

// What tests often ask for.
extension HubHarness {
  static func attempt(
    _ name: String, _ password: String = "password", device: DeviceKeys? = nil,
    signature: [UInt8]? = nil
  ) -> Request {
    let proof = device.map {
      DeviceProof(identity: $0.identity, challenge: [], signature: signature ?? goodSignature)
    }
    return .signIn(
      SignInAttempt(
        method: .password(name: name, Secret(Array(password.utf8))), device: device, proof: proof))
  }

  static func keys(_ key: UInt8) -> DeviceKeys {
    DeviceKeys(
      identity: [UInt8](repeating: key, count: 32),
      agreement: [UInt8](repeating: key &+ 100, count: 32), name: "device \(key)")
  }

  /// A connection of somebody who signed in.
  func signedIn(_ name: String, from address: String = "192.0.2.1") -> ConnectionID {
    let id = connect(from: address)
    let answer = ask(Self.attempt(name), on: id)
    precondition(answer.signedIn != nil, "\(name) cannot sign in: \(answer.all)")
    return id
  }

  /// A connection that hears what happens.
  func listening(_ name: String, from address: String = "192.0.2.1") -> ConnectionID {
    let id = signedIn(name, from: address)
    precondition(ask(.subscribe(presence: true), on: id).isDone)
    return id
  }

  @discardableResult
  func trySignIn(
    _ name: String, _ password: String = "wrong one", from address: String = "192.0.2.1",
    device: DeviceKeys? = nil, signature: [UInt8]? = nil
  ) -> Answer {
    ask(
      Self.attempt(name, password, device: device, signature: signature),
      on: connect(from: address))
  }

  static func send(
    _ channel: String, _ text: String = "hello", id: UInt64, retry: Bool = false
  ) -> Request {
    .send(
      Outgoing(
        channel: .label(channel), id: MessageID(high: 0, low: id), text: text, replyTo: nil,
        isRetry: retry))
  }

  static func room(_ name: String, _ members: String..., isPublic: Bool = false) -> Request {
    .createRoom(name: name, members: members, isPublic: isPublic)
  }

  /// Positions of one channel, or of all of them, that a connection heard, in order.
  func positions(_ id: ConnectionID, in channel: ChannelID? = nil) -> [UInt64] {
    events(id).filter { channel == nil || $0.event.body.channel == channel }.compactMap(\.position)
  }

  func events(_ id: ConnectionID) -> [StampedEvent] {
    (heard[id] ?? []).compactMap { if case .event(let event) = $0 { event } else { nil } }
  }

  /// The texts of messages that a connection heard.
  func posted(_ id: ConnectionID) -> [String] {
    events(id).compactMap {
      if case .messagePosted(_, let message) = $0.event.body { message.text } else { nil }
    }
  }

  func presences(_ id: ConnectionID) -> [PresenceView] {
    (heard[id] ?? []).compactMap { if case .presence(let view) = $0 { view } else { nil } }
  }

  func notices(_ id: ConnectionID) -> [Notice] {
    (heard[id] ?? []).compactMap { if case .notice(let notice) = $0 { notice } else { nil } }
  }

  func farewell(_ id: ConnectionID) -> Rejection? {
    if case .closed(let reason)? = heard[id]?.last { reason } else { nil }
  }

  /// Who is active, as somebody is told who asks.
  func active(asSeenBy id: ConnectionID) -> [String] {
    ask(.who(after: ""), on: id).people?.map(\.name) ?? []
  }
}
