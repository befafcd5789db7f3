import ConfabTransfer
import Primitives
import Testing

@Suite struct HandshakeDatagramTests {
  private let scene = HandshakeScene()

  @Test func anInitiationArrivesAsItWas() throws {
    let datagram = scene.initiation.datagram()
    #expect(datagram.count == 1_200)
    let received = try #require(scene.judge(datagram).passed)
    #expect(received.message == scene.message1)
    #expect(received.header.kind == .initiation)
    #expect(received.header.receiver == HandshakeScene.responderIndex)
    #expect(received.header.sender == HandshakeScene.initiatorIndex)
    var responder = scene.pair.responder()
    #expect(try responder.readMessage1(received.message) == [1])
  }

  @Test func whatIsChangedIsDroppedWithoutAnAnswer() {
    let datagram = scene.initiation.datagram()
    // mac2 is nobody's business as long as there is no load.
    for changed in Array(datagram.dropLast(16)).bitFlips {
      let verdict = scene.judge(changed + datagram.suffix(16))
      #expect(verdict.isDrop)
      #expect(scene.judge(changed + datagram.suffix(16), isLoaded: true).isDrop)
    }
    for short in datagram.prefixes { #expect(scene.judge(short).isDrop) }
    #expect(scene.judge(datagram + [0]) == .drop(.oversized))
  }

  @Test func whoDoesNotKnowTheResponderGetsNothing() {
    let other = Initiation(
      message: scene.message1, to: scene.pair.initiatorPublic,
      receiver: HandshakeScene.responderIndex, sender: HandshakeScene.initiatorIndex)
    #expect(scene.judge(other.datagram()) == .drop(.forged))
    #expect(scene.judge(other.datagram(), isLoaded: true) == .drop(.forged))
  }

  @Test func aResponseArrivesAsItWas() throws {
    let message = [UInt8](repeating: 3, count: NoiseIK.message2OverheadBytes + 5)
    let datagram = Response.datagram(
      message: message, to: scene.pair.initiatorPublic, receiver: 1, sender: 2)
    let read = try read(datagram)
    #expect(read.message == message)
    #expect(read.header == LongHeader(.response, receiver: 1, sender: 2))
    for changed in datagram.bitFlips { expectRefused(changed) }
    for short in datagram.prefixes { expectRefused(short) }
    expectRefused(datagram + [0])
    expectRefused([0x41, 1, 0, 0] + [UInt8](repeating: 0, count: 1_300))
  }

  @Test func chanceIsRefusedByEveryReader() {
    var random = SeededRandom(seed: 11)
    for round in 0..<2_000 {
      var datagram = [UInt8].random(
        count: Int.random(in: 0...1_300, using: &random), using: &random)
      if round % 2 == 0, datagram.count > 4 {
        // Far enough to be taken for one.
        datagram.replaceSubrange(0..<4, with: [UInt8(0x40 + round / 2 % 3), 1, 0, 0])
      }
      #expect(scene.judge(datagram).isDrop)
      expectRefused(datagram)
      #expect(throws: HandshakeError.self) { try scene.cookie(datagram) }
    }
  }

  private func read(_ datagram: [UInt8]) throws -> (header: LongHeader, message: [UInt8]) {
    try datagram.withUnsafeBytes {
      try Response.read($0, ownStatic: scene.pair.initiatorPublic)
    }
  }

  private func expectRefused(_ datagram: [UInt8]) {
    #expect(throws: HandshakeError.self) { try read(datagram) }
  }
}

@Suite struct CookieTests {
  private let scene = HandshakeScene()

  @Test func underLoadTheAddressIsProvenFirst() throws {
    let datagram = scene.initiation.datagram()
    let reply = try #require(scene.judge(datagram, isLoaded: true).reply)
    #expect(reply.count == 60)
    let cookie = try scene.cookie(reply)
    let again = scene.initiation.datagram(cookie: cookie)
    #expect(scene.judge(again, isLoaded: true).passed?.message == scene.message1)
    #expect(scene.judge(again).passed != nil)
    // One bit of mac2 makes it one without a cookie.
    for changed in Array(again.suffix(16)).bitFlips {
      #expect(scene.judge(again.dropLast(16) + changed, isLoaded: true).reply != nil)
    }
  }

  @Test func aCookieIsGoodForOneAddressOnly() throws {
    let reply = try #require(scene.judge(scene.initiation.datagram(), isLoaded: true).reply)
    let again = scene.initiation.datagram(cookie: try scene.cookie(reply))
    for source in [
      DatagramSource(high: 1, low: 2, port: 4), DatagramSource(high: 1, low: 3, port: 3),
      DatagramSource(high: 0, low: 2, port: 3),
    ] {
      #expect(scene.judge(again, from: source, isLoaded: true).reply != nil)
    }
  }

  @Test func aCookieLivesTwoToFourMinutes() throws {
    let period = HandshakeGuard.secretPeriod.nanoseconds
    for made in [0, period - 1, 10 * period, 11 * period - 1] {
      let at = MonotonicTime(nanoseconds: UInt64(made))
      let reply = try #require(
        scene.judge(scene.initiation.datagram(), isLoaded: true, at: at).reply)
      let again = scene.initiation.datagram(cookie: try scene.cookie(reply))
      #expect(
        scene.judge(again, isLoaded: true, at: at + HandshakeGuard.secretPeriod).passed != nil)
      let end = MonotonicTime(nanoseconds: UInt64((made / period + 2) * period))
      #expect(scene.judge(again, isLoaded: true, at: end).reply != nil)
    }
    #expect(Cookie.lifetime < HandshakeGuard.secretPeriod)
  }

  /// Who did not see message 1 lacks mac1, whatever keys he knows.
  @Test func onlyTheMessageThatItAnswersOpensAReply() throws {
    let reply = try #require(scene.judge(scene.initiation.datagram(), isLoaded: true).reply)
    let other = Initiation(
      message: [UInt8](repeating: 0, count: NoiseIK.message1OverheadBytes),
      to: scene.pair.responderPublic, receiver: HandshakeScene.responderIndex,
      sender: HandshakeScene.initiatorIndex)
    #expect(throws: HandshakeError.forged) {
      try reply.withUnsafeBytes { try other.cookie(fromReply: $0) }
    }
    for changed in reply.bitFlips {
      #expect(throws: HandshakeError.self) { try scene.cookie(changed) }
    }
    for short in reply.prefixes {
      #expect(throws: HandshakeError.self) { try scene.cookie(short) }
    }
    #expect(throws: HandshakeError.oversized) { try scene.cookie(reply + [0]) }
  }

  /// A key must never encrypt two different cookies.
  @Test func everyOtherCookieHasAnotherSalt() throws {
    let period = HandshakeGuard.secretPeriod
    let replies = [
      scene.judge(scene.initiation.datagram(), isLoaded: true).reply,
      scene.judge(scene.initiation.datagram(), isLoaded: true, at: HandshakeScene.now + period)
        .reply,
      scene.judge(
        scene.initiation.datagram(), from: DatagramSource(high: 9, low: 9, port: 9),
        isLoaded: true
      ).reply,
    ]
    let salts = replies.compactMap { $0.map { Array($0[12..<28]) } }
    #expect(Set(salts).count == 3)
    #expect(scene.judge(scene.initiation.datagram(), isLoaded: true).reply == replies[0])
  }

}

/// A message 1 on its way, and the guard that it meets.
struct HandshakeScene {
  static let initiatorIndex: UInt32 = 0x0A0B_0C0D
  static let responderIndex: UInt32 = 0x0102_0304
  static let now = MonotonicTime(nanoseconds: 1_000_000_000_000)
  static let source = DatagramSource(high: 1, low: 2, port: 3)

  let pair = Pair()
  let message1: [UInt8]
  let initiation: Initiation
  let gate: HandshakeGuard

  init() {
    var initiator = pair.initiator()
    guard let message1 = try? initiator.writeMessage1(payload: [1]) else {
      preconditionFailure("The responder's key is one")
    }
    self.message1 = message1
    initiation = Initiation(
      message: message1, to: pair.responderPublic, receiver: Self.responderIndex,
      sender: Self.initiatorIndex)
    gate = HandshakeGuard(
      ownStatic: pair.responderPublic, seed: [UInt8](repeating: 6, count: HandshakeGuard.seedBytes))
  }

  func cookie(_ reply: [UInt8]) throws -> Cookie {
    try reply.withUnsafeBytes { try initiation.cookie(fromReply: $0) }
  }

  func judge(
    _ datagram: [UInt8], from source: DatagramSource = Self.source, isLoaded: Bool = false,
    at now: MonotonicTime = Self.now
  ) -> HandshakeGuard.Verdict {
    datagram.withUnsafeBytes { gate.judge($0, from: source, isLoaded: isLoaded, at: now) }
  }
}

extension HandshakeGuard.Verdict {
  var isDrop: Bool { if case .drop = self { true } else { false } }
  var passed: ReceivedInitiation? {
    if case .proceed(let initiation) = self { initiation } else { nil }
  }
  var reply: [UInt8]? { if case .reply(let bytes) = self { bytes } else { nil } }
}
