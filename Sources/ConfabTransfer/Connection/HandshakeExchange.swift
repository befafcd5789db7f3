import Crypto
import Primitives

/// The two messages of the handshake, and how often they are sent.
///
/// The recipient sends message 1 to every candidate, round after round until one answers. Until
/// message 1 comes, the presenter sends empty responses the same way: nobody can read anything from
/// them, but they open the address translators on its side.
struct HandshakeExchange: Sendable {
  private enum Side: Sendable {
    case recipient(NoiseInitiator, Initiation?)
    case presenter(NoiseResponder?, expected: [UInt8])
    /// The recipient has the keys; nothing more is to be said.
    case finished
  }

  /// Messages 1 that cost a Diffie-Hellman, in a second, before cookies are asked for.
  static let computationsPerSecondMax = 4

  private var side: Side
  private let front: HandshakeGuard
  private var second: UInt64 = 0
  private var computations = 0
  private let staticPrivate: Curve25519.KeyAgreement.PrivateKey
  private let remoteStatic: [UInt8]
  private let token: [UInt8]
  private let localIndex: UInt32
  private let remoteIndex: UInt32

  /// Message 1 as it came, to know it again.
  private var message1: [UInt8] = []
  private(set) var response: [UInt8] = []
  /// What each path's responder under load handed out.
  private var cookies: [Int: (cookie: Cookie, until: UInt64)] = [:]

  // Rounds of sending.
  private(set) var isDone = false
  private var nextPath = 0
  private var round: UInt64 = 0
  private var roundBegan: UInt64
  private var nextSendAt: UInt64
  private var lastHurryAt: UInt64 = 0
  /// How many datagrams went to each path, and when the last did: a round trip is measured where
  /// there was only one.
  private var sendings: [(count: Int, last: UInt64)] = []

  init(_ setup: ConnectionSetup, at now: UInt64) {
    staticPrivate = setup.staticPrivate
    remoteStatic = setup.remoteStatic
    token = setup.token
    localIndex = setup.localIndex
    remoteIndex = setup.remoteIndex
    roundBegan = now
    nextSendAt = now
    // A secret that is this pairing's alone.
    let seed = SHA256.hash(
      data: Array("confab cookie".utf8) + setup.staticPrivate.rawRepresentation + setup.prologue)
    front = HandshakeGuard(
      ownStatic: Array(setup.staticPrivate.publicKey.rawRepresentation), seed: Array(seed))
    switch setup.role {
    case .recipient:
      var initiator = NoiseInitiator(
        staticPrivate: setup.staticPrivate, remoteStatic: setup.remoteStatic,
        prologue: setup.prologue, ephemeral: setup.ephemeral)
      // It fails only for a public key that is none; then nothing is sent and time runs out.
      let message = try? initiator.writeMessage1(payload: setup.token)
      side = .recipient(
        initiator,
        message.map {
          Initiation(
            message: $0, to: setup.remoteStatic, receiver: setup.remoteIndex,
            sender: setup.localIndex)
        })
    case .presenter:
      let responder = NoiseResponder(
        staticPrivate: setup.staticPrivate, expectedRemoteStatic: setup.remoteStatic,
        prologue: setup.prologue, ephemeral: setup.ephemeral)
      side = .presenter(responder, expected: setup.token)
    }
  }

  var deadline: UInt64? { isDone ? nil : nextSendAt }

  // MARK: Sending

  /// The path to send to now, if it is time.
  mutating func nextDue(pathCount: Int, at now: UInt64) -> Int? {
    guard !isDone, nextSendAt <= now else { return nil }
    guard pathCount > 0 else {
      nextSendAt = now + TransferLimits.handshakeInterval
      return nil
    }
    if nextPath >= pathCount { nextPath = 0 }
    if nextPath == 0 { roundBegan = now }
    defer {
      nextPath += 1
      if nextPath >= pathCount {
        nextPath = 0
        let interval = min(
          TransferLimits.handshakeInterval << min(round, 8), TransferLimits.handshakeIntervalMax)
        nextSendAt = max(roundBegan + interval, now + PathTable.probeSpacing)
        round += 1
      } else {
        nextSendAt = now + PathTable.probeSpacing
      }
    }
    return nextPath
  }

  mutating func datagram(for path: Int, at now: UInt64) -> [UInt8] {
    while sendings.count <= path { sendings.append((0, 0)) }
    sendings[path] = (sendings[path].count + 1, now)
    guard case .recipient(_, let initiation?) = side else {
      return LongHeader(.response, receiver: remoteIndex, sender: localIndex).encoded
    }
    if let known = cookies[path], known.until > now {
      return initiation.datagram(cookie: known.cookie)
    }
    return initiation.datagram()
  }

  /// Something came that only message 2 explains: it must be on its way, or lost.
  mutating func hurry(at now: UInt64) {
    guard !isDone, now >= lastHurryAt + TransferLimits.handshakeHurryInterval else { return }
    lastHurryAt = now
    nextSendAt = min(nextSendAt, now + RoundTrip.granularity)
  }

  // MARK: Receiving

  enum Outcome {
    case ignored
    /// Keys at last, and the round trip where it is known.
    case keys(TransferKeys, isValidated: Bool, roundTrip: UInt64?)
    /// Message 1 came again: answer it with the same message 2.
    case repeated
    /// Too many came: whoever this is shall show that it receives at its address.
    case askForCookie([UInt8])
  }

  mutating func receive(
    _ datagram: UnsafeRawBufferPointer, from address: PathAddress, on path: Int?, at now: UInt64
  ) -> Outcome {
    // Both indices are in offer and answer, and so in the prologue. The header that repeats them is
    // protected by nothing: what differs in it was changed on the way.
    guard let header = try? LongHeader(datagram), header.receiver == localIndex,
      header.sender == remoteIndex
    else { return .ignored }
    switch (header.kind, side) {
    case (.initiation, .presenter(let responder, let expected)):
      let source = DatagramSource(high: address.high, low: address.low, port: address.port)
      switch front.judge(
        datagram, from: source, isLoaded: isLoaded(at: now),
        at: MonotonicTime(nanoseconds: now))
      {
      case .drop: return .ignored
      case .reply(let reply): return .askForCookie(reply)
      case .proceed(let received): return initiation(received, responder, expected: expected)
      }
    case (.response, .recipient(let initiator, .some)) where !isDone:
      return response(datagram, initiator, on: path, at: now)
    case (.cookieReply, .recipient(_, let initiation?)) where !isDone:
      guard let path, let cookie = try? initiation.cookie(fromReply: datagram) else {
        return .ignored
      }
      cookies[path] = (cookie, now + UInt64(clamping: Cookie.lifetime.nanoseconds))
      hurry(at: now)
      return .ignored
    default: return .ignored
    }
  }

  private mutating func isLoaded(at now: UInt64) -> Bool {
    if now / 1_000_000_000 != second {
      second = now / 1_000_000_000
      computations = 0
    }
    return computations >= Self.computationsPerSecondMax
  }

  private mutating func initiation(
    _ received: ReceivedInitiation, _ responder: NoiseResponder?, expected: [UInt8]
  ) -> Outcome {
    guard var responder else { return received.message == message1 ? .repeated : .ignored }
    computations += 1
    guard let payload = try? responder.readMessage1(received.message),
      let (message, keys) = try? responder.writeMessage2(payload: [])
    else { return .ignored }
    side = .presenter(nil, expected: expected)
    message1 = received.message
    response = Response.datagram(
      message: message, to: remoteStatic, receiver: remoteIndex, sender: localIndex)
    isDone = true
    return .keys(
      keys, isValidated: !expected.isEmpty && payload.starts(with: expected), roundTrip: nil)
  }

  private mutating func response(
    _ datagram: UnsafeRawBufferPointer, _ initiator: NoiseInitiator, on path: Int?, at now: UInt64
  ) -> Outcome {
    let ownStatic = Array(staticPrivate.publicKey.rawRepresentation)
    var initiator = initiator
    guard let (_, message) = try? Response.read(datagram, ownStatic: ownStatic),
      let (_, keys) = try? initiator.readMessage2(message)
    else { return .ignored }
    isDone = true
    side = .finished
    var roundTrip: UInt64?
    if let path, path < sendings.count, sendings[path].count == 1 {
      roundTrip = now - sendings[path].last
    }
    return .keys(keys, isValidated: true, roundTrip: roundTrip)
  }
}
