import ConfabTransfer
import Crypto
import Primitives
import Testing

@Suite struct NoiseIKTests {
  private let pair = Pair()

  @Test func bothSidesShareKeysAndPayloads() throws {
    var initiator = pair.initiator()
    var responder = pair.responder()
    let message1 = try initiator.writeMessage1(payload: [1, 2, 3])
    #expect(message1.count == NoiseIK.message1OverheadBytes + 3)
    #expect(try responder.readMessage1(message1) == [1, 2, 3])
    let (message2, keys) = try responder.writeMessage2(payload: [4])
    #expect(message2.count == NoiseIK.message2OverheadBytes + 1)
    let (payload, mirrored) = try initiator.readMessage2(message2)
    #expect(payload == [4])
    #expect(keys.send == mirrored.receive && keys.receive == mirrored.send)
    #expect(keys.send != keys.receive)
    #expect(initiator.handshakeHash == responder.handshakeHash)
  }

  /// Their ephemeral keys are all that differs.
  @Test func twoHandshakesHaveNothingInCommon() throws {
    func message1() throws -> [UInt8] {
      var initiator = NoiseInitiator(
        staticPrivate: pair.initiatorStatic, remoteStatic: pair.responderPublic, prologue: [],
        ephemeral: .init())
      return try initiator.writeMessage1(payload: [])
    }
    #expect(try message1().prefix(32) != message1().prefix(32))
  }

  @Test func whatIsChangedIsRefusedAndSpoilsNothing() throws {
    var initiator = pair.initiator()
    var responder = pair.responder()
    let message1 = try initiator.writeMessage1(payload: [7, 8])
    for changed in message1.bitFlips where changed.count == message1.count {
      // The top bit of a public key is not part of it (RFC 7748 §5), but it is part of the hash.
      #expect(throws: HandshakeError.self) { try responder.readMessage1(changed) }
    }
    for short in message1.prefixes {
      #expect(throws: HandshakeError.self) { try responder.readMessage1(short) }
    }
    #expect(try responder.readMessage1(message1) == [7, 8])

    let (message2, keys) = try responder.writeMessage2(payload: [9])
    for changed in message2.bitFlips {
      #expect(throws: HandshakeError.self) { try initiator.readMessage2(changed) }
    }
    for short in message2.prefixes {
      #expect(throws: HandshakeError.self) { try initiator.readMessage2(short) }
    }
    #expect(throws: HandshakeError.forged) { try initiator.readMessage2(message2 + [0]) }
    #expect(try initiator.readMessage2(message2).keys.receive == keys.send)
  }

  @Test func lengthsHaveErrorsOfTheirOwn() throws {
    var responder = pair.responder()
    let least = [UInt8](repeating: 1, count: NoiseIK.message1OverheadBytes - 1)
    #expect(throws: HandshakeError.truncated) { try responder.readMessage1(least) }
    let most = [UInt8](repeating: 1, count: NoiseIK.messageBytesMax + 1)
    #expect(throws: HandshakeError.oversized) { try responder.readMessage1(most) }
    var initiator = pair.initiator()
    let room = NoiseIK.messageBytesMax - NoiseIK.message1OverheadBytes
    let message1 = try initiator.writeMessage1(payload: [UInt8](repeating: 0, count: room))
    #expect(message1.count == NoiseIK.messageBytesMax)
    #expect(try responder.readMessage1(message1).count == room)
    #expect(throws: HandshakeError.truncated) {
      try initiator.readMessage2([UInt8](repeating: 1, count: NoiseIK.message2OverheadBytes - 1))
    }
    #expect(throws: HandshakeError.oversized) { try initiator.readMessage2(most) }
  }

  @Test func strangersAreTurnedAway() throws {
    var stranger = NoiseInitiator(
      staticPrivate: Pair.agreement(9), remoteStatic: pair.responderPublic,
      prologue: pair.prologue, ephemeral: .init())
    var responder = pair.responder()
    let message1 = try stranger.writeMessage1(payload: [])
    #expect(throws: HandshakeError.strangerKey) { try responder.readMessage1(message1) }
  }

  @Test func anotherOfferOrAnotherResponderDoesNotDecrypt() throws {
    var responder = pair.responder()
    var other = pair.initiator(prologue: [UInt8](repeating: 6, count: 32))
    let otherOffer = try other.writeMessage1(payload: [])
    #expect(throws: HandshakeError.forged) { try responder.readMessage1(otherOffer) }
    var mistaken = NoiseInitiator(
      staticPrivate: pair.initiatorStatic,
      remoteStatic: Array(Pair.agreement(9).publicKey.rawRepresentation), prologue: pair.prologue,
      ephemeral: .init())
    let toAnother = try mistaken.writeMessage1(payload: [])
    #expect(throws: HandshakeError.forged) { try responder.readMessage1(toAnother) }
  }

  /// All points of small order on the curve and its twist (RFC 7748 §6.1; the list is Bernstein's).
  @Test(arguments: [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ])
  func zeroSecretsAreRefused(point hex: String) throws {
    let point = try #require([UInt8](hex: hex))
    var initiator = pair.initiator()
    var responder = pair.responder()
    let message1 = try initiator.writeMessage1(payload: [])
    #expect(throws: HandshakeError.keyUnfit) {
      try responder.readMessage1(point + message1.dropFirst(32))
    }
    _ = try responder.readMessage1(message1)
    let (message2, _) = try responder.writeMessage2(payload: [])
    #expect(throws: HandshakeError.keyUnfit) {
      try initiator.readMessage2(point + message2.dropFirst(32))
    }
    var misled = NoiseInitiator(
      staticPrivate: pair.initiatorStatic, remoteStatic: point, prologue: [], ephemeral: .init())
    #expect(throws: HandshakeError.keyUnfit) { try misled.writeMessage1(payload: []) }
  }

  @Test func theNextKeysAreTheRekeyOfNoise() throws {
    let keys = TransferKeys(
      send: [UInt8](repeating: 1, count: 32), receive: [UInt8](repeating: 2, count: 32))
    let next = keys.next()
    // ENCRYPT(k, 2^64−1, zerolen, zeros), spelled out.
    let nonce = try AES.GCM.Nonce(data: [0, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8))
    let box = try AES.GCM.seal(
      [UInt8](repeating: 0, count: 32), using: SymmetricKey(data: keys.send), nonce: nonce)
    #expect(next.send == Array(box.ciphertext))
    #expect(next.receive != keys.receive && next.receive.count == 32)
    #expect(next.next().send != next.send)
    let mirrored = TransferKeys(send: keys.receive, receive: keys.send).next()
    #expect(mirrored.receive == next.send && mirrored.send == next.receive)
  }
}
