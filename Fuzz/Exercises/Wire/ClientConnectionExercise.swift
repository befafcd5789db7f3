import ConfabDomain
import ConfabWire
import Primitives

/// Lets a server say anything. Each request is answered at most once, the state moves only along its
/// arrows, nothing counts after the end, and events are delivered in ascending order.
package func exerciseClientConnection(_ bytes: [UInt8]) {
  var feed = ByteFeed(bytes)
  var exercise = ClientExercise(kind: feed.choice(of: 3))
  while !feed.isEmpty { exercise.step(&feed) }
}

private struct ClientExercise {
  var connection: ClientConnection
  var cursors = ChannelCursors()
  var pending: Set<UInt64> = []
  var newestRequest: UInt64 = 0
  var positions: [UInt64: UInt64] = [:]

  static let credentials = Credentials(.password(name: "ann", password: "p"), device: nil)

  init(kind: Int) {
    let keys = DeviceKeys(
      identity: [UInt8](repeating: 1, count: DeviceKeys.keyBytes),
      agreement: [UInt8](repeating: 2, count: DeviceKeys.keyBytes), name: "fuzz")
    let credentials: Credentials? =
      switch kind {
      case 0: nil
      case 1: Self.credentials
      default: Credentials(.token([UInt8](repeating: 3, count: 32)), device: keys)
      }
    connection = ClientConnection(client: "fuzz", credentials: credentials)
  }

  mutating func step(_ feed: inout ByteFeed) {
    let before = connection.phase
    switch feed.choice(of: 9) {
    case 0: receive(feed.bytes(Int(feed.byte())))
    case 1, 2, 3: receive(payload(&feed))
    case 4: perform(connection.connected())
    case 5:
      perform(connection.signed([UInt8](repeating: 5, count: WireLimits.signatureBytes)))
    case 6: perform(connection.signIn(Self.credentials))
    case 7: ask()
    default: follow(&feed)
    }
    check(before)
  }

  mutating func receive(_ payload: [UInt8]) {
    let wasClosed = connection.phase == .closed
    do throws(ProtocolViolation) {
      let actions = try connection.receive(payload)
      precondition(!wasClosed || actions.isEmpty, "something counted after the end")
      perform(actions)
    } catch {
      precondition(connection.phase == .closed && !wasClosed, "a violation was forgiven")
    }
  }

  mutating func ask() {
    let mayAsk = connection.takesRequests
    guard let (request, frame) = try? connection.request(.ping(WirePing())) else {
      precondition(
        !mayAsk || pending.count == WireLimits.outstandingRequestsMax,
        "a request was refused without need")
      return
    }
    precondition(mayAsk && frame.request == request, "a request too early")
    precondition(pending.insert(request).inserted, "two requests with one number")
    newestRequest = request
  }

  mutating func follow(_ feed: inout ByteFeed) {
    let channel = UInt64(feed.choice(of: 3))
    let position = UInt64(feed.choice(of: 64))
    switch feed.choice(of: 6) {
    case 0: deliver(cursors.begin(ChannelID(channel), at: position))
    case 1: deliver(cursors.behind(ChannelID(channel), head: position))
    case 2: cursors.fetchFailed(ChannelID(channel))
    case 3: cursors.disconnected()
    case 4:
      let events = (0..<UInt64(feed.choice(of: 8))).map { event(channel, position + $0) }
      deliver(cursors.fetched(ChannelID(channel), events, more: feed.choice(of: 2) == 0))
    default: deliver(cursors.received(event(channel, position)))
    }
  }

  mutating func deliver(_ steps: [ChannelCursors.Step]) {
    for step in steps {
      switch step {
      case .deliver(let event):
        precondition(
          event.position > positions[event.channel, default: 0], "an event came twice")
        positions[event.channel] = event.position
      case .fetch(let channel, let after):
        precondition(after == cursors.position(of: channel), "a fetch from somewhere else")
      }
    }
  }

  mutating func perform(_ actions: [ClientConnection.Action]) {
    for action in actions {
      switch action {
      case .send(let frame):
        precondition((try? FrameEncoder.encode(frame)) != nil, "a request does not fit")
        newestRequest = frame.request
      case .reply(let request, _), .refused(let request, _):
        precondition(pending.remove(request) != nil, "an answer to nothing")
      case .push(.event(let event)): deliver(cursors.received(event))
      case .push: precondition(connection.phase == .ready, "news before signing in")
      case .sign(let challenge):
        precondition(challenge.count == WireLimits.challengeBytes, "an odd challenge")
      case .closed: precondition(connection.phase == .closed, "not the end")
      case .welcomed, .signedIn, .signInRefused: break
      }
    }
  }

  func check(_ before: ClientConnection.Phase) {
    let after = connection.phase
    let arrows: [ClientConnection.Phase] =
      switch before {
      case .idle: [.awaitingWelcome]
      case .awaitingWelcome: [.awaitingProof, .awaitingSignedIn, .ready]
      case .awaitingProof: [.awaitingSignedIn]
      case .awaitingSignedIn: [.awaitingCredentials, .ready]
      case .awaitingCredentials: [.awaitingProof, .awaitingSignedIn]
      case .ready, .closed: []
      }
    precondition(
      after == before || after == .closed || arrows.contains(after), "\(before) to \(after)")
    if after == .ready {
      precondition(connection.outstandingRequests == pending.count, "requests are miscounted")
    }
  }

  /// A frame that a correct server might send, sometimes.
  private func payload(_ feed: inout ByteFeed) -> [UInt8] {
    var frame = WireServerFrame()
    frame.replyTo =
      switch feed.choice(of: 4) {
      case 0: 0
      case 1: UInt64(feed.byte())
      default: newestRequest
      }
    switch feed.choice(of: 10) {
    case 0: break
    case 1, 2:
      frame.welcome = WireWelcome(
        version: UInt32(1 + feed.choice(of: 8) / 7), server: "fuzz",
        place: [UInt8](repeating: 1, count: WireLimits.placeBytes),
        challenge: [UInt8](repeating: 2, count: WireLimits.challengeBytes - feed.choice(of: 8) / 7),
        at: WallTime(millisecondsSinceEpoch: 0))
    case 3, 4: frame.signedIn = WireSignedIn()
    case 5: frame.refusal.code = UInt32(feed.byte())
    case 6: frame.done = WireDone()
    case 7, 8: frame.event = event(UInt64(feed.choice(of: 3)), UInt64(feed.choice(of: 64)))
    default:
      if feed.choice(of: 8) == 0 { frame.goodbye = WireGoodbye() } else { frame.lagging = .init() }
    }
    let bytes = try? FrameEncoder.encode(frame)
    return Array(bytes?.dropFirst(WireLimits.frameLengthBytes) ?? [])
  }

  private func event(_ channel: UInt64, _ position: UInt64) -> WireEvent {
    var event = WireEvent()
    (event.channel, event.position) = (channel, position)
    return event
  }
}
