import ConfabTransfer
import Crypto

/// Reads offers, answers and late candidates, as they come and under a good signature. Nothing unsigned
/// is believed, and what is signed and understood says the same when it is signed again.
package func exerciseBlobs(_ bytes: [UInt8]) {
  if let blob = SignedBlob(bytes) {
    precondition(blob.encoded == bytes, "a blob changed by being read")
    precondition(TransferOffer.verify(blob, pinned: nil).content == nil, "a forged offer")
    precondition(
      TransferAnswer.verify(blob, of: blob, pinned: nil).content == nil, "a forged answer")
    precondition(
      LateCandidates.verify(blob, prologue: [], identity: []).content == nil, "forged candidates")
  }
  var feed = ByteFeed(bytes)
  let kind = feed.choice(of: 3)
  var body = feed.bytes(OfferLimits.blobBytesMax - 3)
  let identityAt = [16, 32, 32][kind]
  guard body.count >= identityAt + identity.count else { return }
  body.replaceSubrange(identityAt..<identityAt + identity.count, with: identity)
  let purpose = ["offer", "answer", "candidates"][kind]
  guard let blob = signed(body, as: "confab transfer \(purpose)") else { return }
  switch kind {
  case 0: reread(offer: blob)
  case 1: reread(answer: blob)
  default: reread(late: blob, body)
  }
}

private func reread(offer blob: SignedBlob) {
  guard let offer = TransferOffer.verify(blob, pinned: identity).content else { return }
  let again = TransferOffer.verify(offer.signed(with: key), pinned: identity).content
  precondition(again == offer, "an offer changed by being signed again")
  precondition(offer.candidates.allSatisfy(\.isUsable), "an address that leads nowhere")
  let answer = TransferAnswer(
    offerHash: TransferOffer.hash(of: blob), device: offer.device, index: 1, candidates: [],
    resumes: false)
  let verdict = TransferAnswer.verify(answer.signed(with: key), of: blob, pinned: identity)
  precondition(verdict.content == answer, "an answer to this offer is not one")
}

private func reread(answer blob: SignedBlob) {
  // Whatever it says, it answers no offer that it does not name.
  precondition(TransferAnswer.verify(blob, of: blob, pinned: identity).content == nil)
}

private func reread(late blob: SignedBlob, _ body: [UInt8]) {
  let prologue = Array(body.prefix(32))
  guard
    let late = LateCandidates.verify(blob, prologue: prologue, identity: identity).content
  else { return }
  let again = LateCandidates.verify(
    late.signed(with: key), prologue: prologue, identity: identity)
  precondition(again.content == late, "candidates changed by being signed again")
  let other = LateCandidates.verify(blob, prologue: [1], identity: identity)
  precondition(other == .otherOffer, "candidates of another pairing")
}

private func signed(_ body: [UInt8], as purpose: String) -> SignedBlob? {
  let blob = [SignedBlob.version, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
  let text = Array(purpose.utf8) + [0] + blob
  return (try? key.signature(for: text)).flatMap { SignedBlob(blob + Array($0)) }
}

private let key: Curve25519.Signing.PrivateKey = {
  guard
    let key = try? Curve25519.Signing.PrivateKey(
      rawRepresentation: [UInt8](repeating: 7, count: 32))
  else { preconditionFailure("32 bytes are a key") }
  return key
}()

private let identity = Array(key.publicKey.rawRepresentation)

extension BlobVerdict {
  fileprivate var content: Content? {
    switch self {
    case .genuine(let content), .unknownKey(let content), .changedKey(let content): content
    case .badSignature, .otherVersion, .otherOffer, .malformed: nil
    }
  }
}
