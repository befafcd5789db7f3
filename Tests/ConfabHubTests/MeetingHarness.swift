import ConfabDomain
import ConfabHub
import Crypto
import OrderedCollections
import Primitives

// What tests about meetings ask for.
extension HubHarness {
  /// Ann owns the place, bob the private room #plans, cat and dan are in it.
  static func withRoom() -> (harness: HubHarness, bob: ConnectionID, cat: ConnectionID) {
    let harness = HubHarness()
    let (bob, cat) = (harness.listening("bob"), harness.listening("cat"))
    precondition(harness.ask(room("plans", "ann", "cat", "dan"), on: bob).channel != nil)
    return (harness, bob, cat)
  }

  static func join(
    _ channel: String = "#plans", microphone: Bool = false, camera: Bool = false,
    key: [UInt8] = []
  ) -> Request {
    .meeting(.join(.label(channel), microphone: microphone, camera: camera, key: key))
  }

  static let meeting = MeetingID(1)

  @discardableResult
  func joins(_ id: ConnectionID, _ channel: String = "#plans", key: [UInt8] = [])
    -> MeetingJoinedView?
  {
    let answer = ask(Self.join(channel, key: key), on: id)
    guard case .meetingJoined(let view)? = answer.reply else { return nil }
    return view
  }

  func leaves(_ id: ConnectionID) { ask(.meeting(.leave(Self.meeting)), on: id) }

  /// The names of those in #plans' meeting, and with `?` of those who wait before it, as bob sees it.
  func roster(asSeenBy id: ConnectionID) -> [String] {
    guard
      case .meetingStanding(let view)? = ask(
        .meeting(.watch(.label("#plans"), stop: false)), on: id
      ).reply
    else { return [] }
    ask(.meeting(.watch(.label("#plans"), stop: true)), on: id)
    return view.participants.map { $0.name + ($0.isWaiting ? "?" : "") }
  }

  func changes(_ id: ConnectionID) -> [ParticipantView] {
    notices(id).compactMap {
      if case .participantChanged(_, let view, _) = $0 { view } else { nil }
    }
  }

  func departures(_ id: ConnectionID) -> [MeetingDeparture] {
    notices(id).compactMap { if case .participantLeft(_, _, let why, _) = $0 { why } else { nil } }
  }

  func gone(_ id: ConnectionID) -> [MeetingDeparture] {
    notices(id).compactMap { if case .meetingGone(_, _, let why, _) = $0 { why } else { nil } }
  }

  func news(_ id: ConnectionID) -> [MeetingView] {
    notices(id).compactMap { if case .meetingChanged(let view) = $0 { view } else { nil } }
  }

  var end: MeetingEnd? {
    store.events.lazy.compactMap {
      if case .meetingEnded(_, let end) = $0.event.body { end } else { nil }
    }.last
  }

  var namesAtEnd: [String] { end?.attendances.map { store.state.name(of: $0.account) } ?? [] }

  func party(_ participant: UInt32) -> MediaParty {
    MediaParty(meeting: Self.meeting, participant: ParticipantID(participant))
  }

  // MARK: - Guests

  func guestLink(_ id: ConnectionID, uses: UInt32 = 0) -> Secret? {
    let answer = ask(
      .meeting(.createGuestLink(.label("#plans"), uses: uses, expiresIn: nil)), on: id)
    guard case .guestLink(let secret, let path, _)? = answer.reply else { return nil }
    precondition(path == "/room/1/meeting")
    return secret
  }

  @discardableResult
  func guest(_ name: String, _ secret: Secret) -> (id: ConnectionID, answer: Answer) {
    let id = connect()
    let hash = Array(SHA256.hash(data: secret.bytes))
    let answer = ask(
      .signIn(
        SignInAttempt(method: .guest(secretHash: hash, name: name), device: nil, proof: nil)),
      on: id)
    return (id, answer)
  }
}
