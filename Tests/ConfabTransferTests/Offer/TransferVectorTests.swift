import ConfabTransfer
import Foundation
import GoldenFiles
import Primitives
import Testing

/// `Vectors/transfer.json`: the bytes of signalling, handshakes and the relay, which other programs
/// rely on. Keys in it are a byte repeated 32 times: 1 and 2 the initiator's static and ephemeral one,
/// 3 and 4 the responder's, 21 and 22 the identities; the cookie seed is 6.
@Suite struct TransferVectorTests {
  @Test func bytesStayAsTheyAre() throws {
    let lines = try vectors().map { "  \"\($0.name)\": \"\($0.bytes.hex)\"" }
    try GoldenFile("Vectors/transfer.json").expect(
      "{\n" + lines.joined(separator: ",\n") + "\n}\n")
  }

  private func vectors() throws -> [(name: String, bytes: [UInt8])] {
    try signalling() + handshake() + relay()
  }

  private func signalling() -> [(name: String, bytes: [UInt8])] {
    var bare = Example.offer
    bare.candidates = []
    bare.summary = .init(
      name: "plans", files: 12, isFolder: true,
      manifest: ManifestSummary(
        hash: ContentHash(repeating: 0x44), entryCount: 13, contentBytes: 0))
    return [
      ("offer", Example.signedOffer.encoded),
      ("offer without candidates", bare.signed(with: Example.presenterKey).encoded),
      ("hash of the offer", TransferOffer.hash(of: Example.signedOffer)),
      ("answer", Example.signedAnswer.encoded),
      ("late candidates", Example.signedLate.encoded),
      (
        "prologue",
        Pairing.prologue(offer: Example.signedOffer, answer: Example.signedAnswer)
      ),
    ]
  }

  private func handshake() throws -> [(name: String, bytes: [UInt8])] {
    let scene = HandshakeScene()
    let reply = try #require(scene.judge(scene.initiation.datagram(), isLoaded: true).reply)
    let cookie = try scene.cookie(reply)
    var responder = scene.pair.responder()
    _ = try responder.readMessage1(scene.message1)
    let (message2, keys) = try responder.writeMessage2(payload: [2])
    let response = Response.datagram(
      message: message2, to: scene.pair.initiatorPublic,
      receiver: HandshakeScene.initiatorIndex, sender: HandshakeScene.responderIndex)
    return [
      (
        "header of an initiation",
        LongHeader(
          .initiation, receiver: HandshakeScene.responderIndex,
          sender: HandshakeScene.initiatorIndex
        ).encoded
      ),
      ("initiation", scene.initiation.datagram()),
      ("cookie reply", reply),
      ("mac2 with the cookie", Array(scene.initiation.datagram(cookie: cookie).suffix(16))),
      ("response", response),
      ("responder's key to send", keys.send),
      ("responder's next key to send", keys.next().send),
    ]
  }

  private func relay() -> [(name: String, bytes: [UInt8])] {
    let (token, nonce) = (Example.token(0xB0), Example.nonce(0x0102_0304_0506_0708))
    return [
      ("relay bind, without a nonce", RelayDatagram.bind(token, nil).encoded),
      ("relay challenge", RelayDatagram.challenge(token, nonce).encoded),
      ("relay bind", RelayDatagram.bind(token, nonce).encoded),
      ("relay bound", RelayDatagram.bound(token, nonce).encoded),
      ("relay refused, token unknown", RelayDatagram.refused(token, .tokenUnknown).encoded),
      ("relay refused, expired", RelayDatagram.refused(token, .expired).encoded),
      ("relay refused, quota used up", RelayDatagram.refused(token, .quotaUsedUp).encoded),
      ("relay refused, busy", RelayDatagram.refused(token, .busy).encoded),
    ]
  }
}
