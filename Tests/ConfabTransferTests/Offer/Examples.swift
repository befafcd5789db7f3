import ConfabTransfer
import Crypto
import Primitives

/// Offers and answers that are the same in every run.
enum Example {
  static let presenterKey = Pair.signing(21)
  static let recipientKey = Pair.signing(22)

  static let offer = TransferOffer(
    transfer: Array(0..<16), device: device(presenterKey, Pair.agreement(3)),
    index: 0x0102_0304, addressToken: token(0xA0), candidates: candidates,
    summary: .init(
      name: "Vorlesung Nº 3.mkv", files: 1, isFolder: false,
      manifest: ManifestSummary(
        hash: ContentHash(repeating: 0x33), entryCount: 1, contentBytes: 5_368_709_120)),
    time: WallTime(millisecondsSinceEpoch: 1_790_000_000_123))

  static let answer = TransferAnswer(
    offerHash: TransferOffer.hash(of: signedOffer), device: device(recipientKey, Pair.agreement(1)),
    index: 0x0A0B_0C0D, candidates: [candidates[1]], resumes: true)

  static let late = LateCandidates(
    prologue: Pairing.prologue(offer: signedOffer, answer: signedAnswer),
    identity: Array(recipientKey.publicKey.rawRepresentation), round: 1,
    candidates: [candidates[2]])

  static let signedOffer = offer.signed(with: presenterKey)
  static let signedAnswer = answer.signed(with: recipientKey)
  static let signedLate = late.signed(with: recipientKey)

  static let candidates = [
    // 2001:db8::7, ::ffff:192.0.2.1, ::ffff:203.0.113.9
    Candidate(.host, high: 0x2001_0DB8_0000_0000, low: 7, port: 40_000),
    Candidate(.reflexive, high: 0, low: 0xFFFF_C000_0201, port: 50_001),
    Candidate(.relay, high: 0, low: 0xFFFF_CB00_7109, port: 7_575),
  ]

  static func token(_ first: UInt8) -> TransferToken {
    guard let token = TransferToken((0..<16).map { first + $0 }) else {
      preconditionFailure("16 bytes are a token")
    }
    return token
  }

  static func nonce(_ value: UInt64) -> RelayNonce {
    guard let nonce = RelayNonce(value) else { preconditionFailure("0 stands for none") }
    return nonce
  }

  static func device(
    _ identity: Curve25519.Signing.PrivateKey, _ agreement: Curve25519.KeyAgreement.PrivateKey
  ) -> TransferDevice {
    TransferDevice(
      identity: Array(identity.publicKey.rawRepresentation),
      agreement: Array(agreement.publicKey.rawRepresentation))
  }
}
