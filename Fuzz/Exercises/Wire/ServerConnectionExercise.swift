import ConfabDomain
import ConfabWire
import Primitives

/// Lets a peer say anything, and the shell answer in any order. Each request gets its one answer, the
/// state moves only along its arrows, and nothing counts after a violation.
package func exerciseServerConnection(_ bytes: [UInt8]) {
  var feed = ByteFeed(bytes)
  var exercise = ServerExercise(authority: feed.choice(of: 4) == 0 ? .operator : .network)
  while !feed.isEmpty { exercise.step(&feed) }
}

private struct ServerExercise {
  var connection: ServerConnection
  let authority: ServerConnection.Authority
  /// The sign-in that the shell checks.
  var signIn: UInt64?
  var pending: [UInt64] = []
  var isPaused = false

  init(authority: ServerConnection.Authority) {
    self.authority = authority
    connection = ServerConnection(
      server: "fuzz", place: [UInt8](repeating: 1, count: WireLimits.placeBytes),
      challenge: [UInt8](repeating: 2, count: WireLimits.challengeBytes), authority: authority)
  }

  mutating func step(_ feed: inout ByteFeed) {
    let before = connection.phase
    switch feed.choice(of: 8) {
    case 0: receive(feed.bytes(Int(feed.byte())))
    case 1, 2: receive(payload(&feed))
    case 3:
      var payload = payload(&feed)
      if !payload.isEmpty { payload[feed.choice(of: payload.count)] ^= feed.byte() }
      receive(payload)
    case 4:
      perform(connection.signedIn(request: signInNumber(&feed), reply: WireSignedIn()))
    case 5:
      let refusal = Rejection(.credentialsWrong, "No.")
      perform(connection.signInRefused(request: signInNumber(&feed), refusal))
    case 6: answer(&feed)
    default: try? connection.signInTimeIsUp()
    }
    check(before)
  }

  private func signInNumber(_ feed: inout ByteFeed) -> UInt64 {
    feed.choice(of: 4) == 0 ? UInt64(feed.byte()) : signIn ?? 0
  }

  mutating func receive(_ payload: [UInt8]) {
    guard !isPaused else { return }
    let wasClosing = connection.phase == .closing
    let time = WallTime(millisecondsSinceEpoch: 0)
    do throws(ProtocolViolation) {
      let actions = try connection.receive(payload, at: time)
      precondition(wasClosing == actions.isEmpty, "a frame got no answer, or a late one")
      perform(actions)
    } catch {
      precondition(connection.phase == .closing, "a violation was forgiven")
      precondition((try? FrameEncoder.encode(error.farewell)) != nil, "no farewell")
    }
  }

  mutating func answer(_ feed: inout ByteFeed) {
    guard !pending.isEmpty else { return }
    perform(connection.answered(request: pending.remove(at: feed.choice(of: pending.count))))
  }

  mutating func perform(_ actions: [ServerConnection.Action]) {
    for action in actions {
      switch action {
      case .send(let frame):
        precondition((try? FrameEncoder.encode(frame)) != nil, "an answer does not fit")
        precondition(frame.replyTo != 0, "an answer to nothing")
      case .signIn(let request, _):
        precondition(connection.phase == .signingIn, "a sign-in out of order")
        signIn = request
      case .request(let request, _):
        precondition(connection.phase == .ready, "a request of a stranger")
        precondition(!pending.contains(request), "two requests with one number")
        pending.append(request)
      case .pauseReading: isPaused = true
      case .resumeReading: isPaused = false
      }
    }
  }

  func check(_ before: ServerConnection.Phase) {
    let after = connection.phase
    let arrows: [ServerConnection.Phase] =
      switch before {
      case .awaitingHello:
        authority == .operator ? [.ready] : [.awaitingSignIn]
      case .awaitingSignIn: [.signingIn]
      case .signingIn: [.awaitingSignIn, .ready]
      case .ready, .closing: []
      }
    precondition(
      after == before || after == .closing || arrows.contains(after), "\(before) to \(after)")
    if after == .ready {
      precondition(connection.outstandingRequests == pending.count, "requests are miscounted")
      precondition(isPaused || pending.count < WireLimits.outstandingRequestsMax, "never paused")
    }
    precondition((0...WireLimits.frameBytesMax).contains(connection.frameBytesMax), "no limit")
  }
}

/// A frame that a correct peer might send, sometimes.
private func payload(_ feed: inout ByteFeed) -> [UInt8] {
  var frame = WireClientFrame()
  frame.request = UInt64(feed.byte())
  switch feed.choice(of: 10) {
  case 0: break
  case 1, 2:
    frame.hello.versionMin = UInt32(feed.choice(of: 3))
    frame.hello.versionMax = UInt32(feed.choice(of: 3))
    frame.hello.client = String(decoding: feed.bytes(8), as: UTF8.self)
  case 3, 4:
    frame.signIn.token.token.append(
      contentsOf: [UInt8](repeating: 4, count: 31 + feed.choice(of: 3)))
    if feed.choice(of: 2) == 0 {
      frame.signIn.device.identityKey.append(contentsOf: feed.bytes(32))
      frame.signIn.deviceProof.append(contentsOf: feed.bytes(64))
    }
  case 5: frame.ping = WirePing()
  case 6: frame.send.text = String(decoding: feed.bytes(20), as: UTF8.self)
  case 7: frame.subscribe = WireSubscribe()
  case 8: frame.signOut = WireSignOut()
  default: frame.who = WireWho()
  }
  return payloadBytes(frame)
}

private func payloadBytes(_ frame: WireClientFrame) -> [UInt8] {
  Array((try? FrameEncoder.encode(frame))?.dropFirst(WireLimits.frameLengthBytes) ?? [])
}
