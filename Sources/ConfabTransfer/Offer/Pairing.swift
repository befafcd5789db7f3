package import Crypto

/// One taker of one offer: two devices, and the connection between them.
package enum Pairing {
  /// The prologue of the handshake (Noise revision 34 §6): both sides must have seen the same offer and
  /// the same answer, or nothing decrypts. The lengths keep the two apart.
  package static func prologue(offer: SignedBlob, answer: SignedBlob) -> [UInt8] {
    var writer = BlobWriter(Array("confab transfer prologue\0".utf8))
    writer.write(UInt32(offer.blob.count))
    writer.write(offer.blob)
    writer.write(UInt32(answer.blob.count))
    writer.write(answer.blob)
    return Array(SHA256.hash(data: writer.bytes))
  }
}

/// Addresses that an end of a pairing found later than its offer or answer.
///
///     prologue of the pairing 32 | identity 32 | round 4 | candidates
package struct LateCandidates: Hashable, Sendable {
  package var prologue: [UInt8]
  package var identity: [UInt8]
  /// Counts this end's lists from 1; whoever reads forgets those that are not newer than the last.
  package var round: UInt32
  package var candidates: [Candidate]

  package init(prologue: [UInt8], identity: [UInt8], round: UInt32, candidates: [Candidate]) {
    self.prologue = prologue
    self.identity = identity
    self.round = round
    self.candidates = candidates
  }

  package func signed(with key: Curve25519.Signing.PrivateKey) -> SignedBlob {
    SignedBlob(self, with: key)
  }

  /// - Parameters:
  ///   - identity: the other end's, from its offer or answer.
  package static func verify(
    _ blob: SignedBlob, prologue: [UInt8], identity: [UInt8]
  ) -> BlobVerdict<LateCandidates> {
    let verdict = blob.verdict(Self.self, pinned: identity)
    guard case .genuine(let late) = verdict, late.prologue != prologue else { return verdict }
    return .otherOffer
  }
}

extension LateCandidates: SignedContent {
  static let purpose = "confab transfer candidates"

  var signer: [UInt8] { identity }

  func write(to writer: inout BlobWriter) {
    precondition(prologue.count == SHA256.byteCount)
    writer.write(prologue)
    writer.write(identity)
    writer.write(round)
    writer.write(candidates)
  }

  init(from reader: inout BlobReader) throws(BlobError) {
    prologue = try reader.bytes(SHA256.byteCount)
    identity = try reader.bytes(TransferDevice.keyBytes)
    round = try reader.number()
    candidates = try reader.candidates()
  }
}
