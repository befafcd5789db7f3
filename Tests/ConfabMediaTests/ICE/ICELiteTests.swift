import ConfabMedia
import Primitives
import STUN
import Testing

@Suite struct ICELiteTests {
  private static let local: ICECredentials = {
    var random = SeededRandom(seed: 2)
    return ICECredentials(using: &random)
  }()
  private static let client = TransportTuple(
    remoteHigh: 0, remoteLow: 0xFFFF_CB00_7107, remotePort: 54_321)
  private static let start = MonotonicTime(nanoseconds: 1_000_000_000)

  private func tuple(_ port: UInt16) -> TransportTuple {
    var tuple = Self.client
    tuple.remotePort = port
    return tuple
  }

  private func check(
    as name: String = "\(local.fragment):browser", key: ICECredentials = local,
    with extra: [STUNMessage.Attribute] = []
  ) -> [UInt8] {
    STUNMessage(
      .request, transaction: Array("twelve bytes".utf8),
      attributes: [
        .init(type: AttributeType.username, value: Array(name.utf8)),
        .init(type: AttributeType.priority, value: [110, 0, 0, 1]),
        .init(type: AttributeType.iceControlling, value: [UInt8](repeating: 7, count: 8)),
      ] + extra
    ).encoded(integrity: key.integrityKey, fingerprint: true)
  }

  private let nomination = STUNMessage.Attribute(type: AttributeType.useCandidate, value: [])

  private func answer(_ outcome: ICELite.Outcome) throws -> STUNMessage {
    guard case .answer(let bytes) = outcome else {
      throw Unanswered()
    }
    return try #require(STUNMessage(bytes))
  }

  private struct Unanswered: Error {}

  private func code(_ message: STUNMessage) -> [UInt8]? {
    message.value(of: AttributeType.errorCode).map { Array($0[2...3]) }
  }

  @Test func checkIsAnsweredWithItsSourceAndProof() throws {
    var ice = ICELite(local: Self.local, remoteFragment: "browser", at: Self.start)
    let outcome = ice.receive(check(), from: Self.client, at: Self.start)
    let message = try answer(outcome)
    #expect(message.messageClass == .success)
    let value = try #require(message.value(of: AttributeType.xorMappedAddress))
    #expect(
      MappedAddress(xored: value, transaction: message.transaction)
        == MappedAddress(address: [203, 0, 113, 7], port: 54_321))
    guard case .answer(let bytes) = outcome else { return }
    #expect(Self.local.integrityKey.authenticates(bytes))
    #expect(message.value(of: AttributeType.fingerprint) != nil)
    #expect(ice.selected == Self.client)
  }

  @Test func strangersAndLiarsGetNoAddressIn() throws {
    var ice = ICELite(local: Self.local, remoteFragment: "browser", at: Self.start)
    var random = SeededRandom(seed: 99)
    let wrong = ICECredentials(using: &random)
    let refused =
      [
        (check(key: wrong), [4, 1]), (check(as: "\(Self.local.fragment):other"), [4, 1]),
        (check(as: "\(Self.local.fragment)7:browser"), [4, 1]), (check(as: "no colon"), [4, 1]),
        (check(with: [.init(type: 0x7ABC, value: [1])]), [4, 20]),
        (check(with: [.init(type: AttributeType.iceControlled, value: [])]), [4, 87]),
        (
          STUNMessage(.request, transaction: Array("twelve bytes".utf8)).encoded(fingerprint: true),
          [4, 0]
        ),
      ] as [([UInt8], [UInt8])]
    for (request, expected) in refused {
      let outcome = ice.receive(request, from: Self.client, at: Self.start)
      let message = try answer(outcome)
      #expect(message.messageClass == .error)
      #expect(code(message) == expected)
      // With the headers of IP and UDP, no answer is twice as long as its question.
      if case .answer(let bytes) = outcome { #expect(bytes.count + 28 <= 2 * (request.count + 28)) }
    }
    #expect(ice.selected == nil)
    #expect(ice.provedTuples.isEmpty)
  }

  @Test func whatIsNoCheckIsIgnored() {
    var ice = ICELite(local: Self.local, at: Self.start)
    let withoutFingerprint = STUNMessage(
      .request, transaction: Array("twelve bytes".utf8)
    ).encoded(integrity: Self.local.integrityKey)
    let indication = STUNMessage(
      .indication, transaction: Array("twelve bytes".utf8)
    ).encoded(fingerprint: true)
    for bytes in [withoutFingerprint, indication, [], [0, 1]] {
      guard case .ignored = ice.receive(bytes, from: Self.client, at: Self.start) else {
        Issue.record("answered \(bytes)")
        continue
      }
    }
  }

  @Test func unknownOptionalAttributesAreFine() throws {
    var ice = ICELite(local: Self.local, at: Self.start)
    let extra = [0xC057, 0xC001].map { STUNMessage.Attribute(type: $0, value: [1, 2, 3, 4]) }
    let message = try answer(
      ice.receive(check(with: extra), from: Self.client, at: Self.start))
    #expect(message.messageClass == .success)
  }

  @Test func latestNominationWins() {
    var ice = ICELite(local: Self.local, at: Self.start)
    _ = ice.receive(check(), from: tuple(1), at: Self.start)
    _ = ice.receive(check(), from: tuple(2), at: Self.start)
    #expect(ice.selected == tuple(1))
    ice.authenticated(from: tuple(2))
    #expect(ice.selected == tuple(2))
    ice.authenticated(from: tuple(3))
    #expect(ice.selected == tuple(2))
    for port in [1, 2, 1] as [UInt16] {
      _ = ice.receive(check(with: [nomination]), from: tuple(port), at: Self.start)
      #expect(ice.selected == tuple(port))
    }
    ice.authenticated(from: tuple(2))
    #expect(ice.selected == tuple(1))
  }

  @Test func atMostEightAddressesAndNeverTheSelectedIsForgotten() {
    var ice = ICELite(local: Self.local, at: Self.start)
    _ = ice.receive(check(with: [nomination]), from: tuple(1), at: Self.start)
    for port in 2...20 as ClosedRange<UInt16> {
      _ = ice.receive(check(), from: tuple(port), at: Self.start + .seconds(Int(port)))
    }
    #expect(ice.provedTuples.count == ICELite.tuplesMax)
    #expect(ice.isProved(tuple(1)))
    #expect(!ice.isProved(tuple(2)))
    #expect(ice.isProved(tuple(20)))
    ice.forget(tuple(1))
    #expect(ice.selected == tuple(20))
  }

  @Test func consentEndsThirtySecondsAfterTheLastCheck() {
    var ice = ICELite(local: Self.local, at: Self.start)
    #expect(ice.hasConsent(at: Self.start + .seconds(29)))
    #expect(!ice.hasConsent(at: Self.start + .seconds(30)))
    _ = ice.receive(check(), from: Self.client, at: Self.start + .seconds(20))
    #expect(ice.hasConsent(at: Self.start + .seconds(49)))
    #expect(!ice.hasConsent(at: Self.start + .seconds(50)))
  }

  @Test func restartKeepsTheOldWayUntilTheNewOneIsNominated() throws {
    var ice = ICELite(local: Self.local, remoteFragment: "browser", at: Self.start)
    _ = ice.receive(check(with: [nomination]), from: tuple(1), at: Self.start)
    var random = SeededRandom(seed: 5)
    let next = ICECredentials(using: &random)
    ice.restart(local: next, remoteFragment: "again")
    #expect(
      try answer(ice.receive(check(), from: tuple(1), at: Self.start)).messageClass == .success)
    #expect(ice.selected == tuple(1))
    let renewed = check(as: "\(next.fragment):again", key: next, with: [nomination])
    #expect(
      try answer(ice.receive(renewed, from: tuple(2), at: Self.start)).messageClass == .success)
    #expect(ice.selected == tuple(2))
    #expect(try code(answer(ice.receive(check(), from: tuple(1), at: Self.start))) == [4, 1])
  }

  @Test func controllerReachesTheServerThroughLoss() throws {
    var random = SeededRandom(seed: 9)
    let own = ICECredentials(using: &random)
    var ice = ICELite(local: Self.local, remoteFragment: own.fragment, at: Self.start)
    var controller = ICEController(
      local: own, remote: Self.local, tuple: Self.client, tieBreaker: 4, at: Self.start)
    var now = Self.start
    for attempt in 0..<8 where !controller.isConnected {
      let request = try #require(controller.poll(at: now, using: &random))
      #expect(controller.poll(at: now, using: &random) == nil)
      if attempt >= 3, case .answer(let bytes) = ice.receive(request, from: Self.client, at: now) {
        _ = controller.receive([0] + bytes, from: Self.client, at: now)
        #expect(!controller.isConnected)
        _ = controller.receive(bytes, from: Self.client, at: now)
      }
      now = controller.nextDeadline
    }
    #expect(controller.isConnected)
    #expect(ice.selected == Self.client)
    // Some servers check, though they need not: whoever knows our password gets an answer.
    func check(_ key: ICECredentials) -> [UInt8] {
      STUNMessage(
        .request, transaction: [UInt8](repeating: 7, count: 12),
        attributes: [
          .init(
            type: AttributeType.username,
            value: Array("\(own.fragment):\(Self.local.fragment)".utf8))
        ]
      ).encoded(integrity: key.integrityKey, fingerprint: true)
    }
    let answer = controller.receive(check(own), from: Self.client, at: now)
    #expect(answer.flatMap { STUNMessage($0) }?.messageClass == .success)
    let refused = controller.receive(check(Self.local), from: Self.client, at: now)
    #expect(refused == nil)
  }

  @Test func credentialsAreThoseThatSDPCarries() {
    var random = SeededRandom(seed: 1)
    let made = ICECredentials(using: &random)
    #expect(ICECredentials(fragment: made.fragment, password: made.password) == made)
    #expect(ICECredentials(fragment: "abc", password: made.password) == nil)
    #expect(ICECredentials(fragment: "abcd", password: "short") == nil)
    #expect(ICECredentials(fragment: "ab d", password: made.password) == nil)
    #expect(ICECredentials(fragment: "ab\r\n", password: made.password) == nil)
  }

  @Test func noiseNeverTraps() {
    var ice = ICELite(local: Self.local, at: Self.start)
    var random = SeededRandom(seed: 3)
    let request = check(with: [nomination])
    for _ in 0..<20_000 {
      var bytes = request
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] ^= .random(in: 1...255, using: &random)
      }
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
      _ = ice.receive(bytes, from: tuple(9), at: Self.start)
      _ = ICELite.localFragment(of: bytes)
      _ = ICELite.answerToStranger(bytes)
    }
    #expect(ice.selected == nil)
  }
}
