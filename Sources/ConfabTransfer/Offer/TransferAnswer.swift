package import Crypto

/// Takes an offer up: who comes for the files, and from where.
///
///     hash of the offer 32 | identity 32 | agreement 32 | index 4 | candidates | flags 1
package struct TransferAnswer: Hashable, Sendable {
  package var offerHash: [UInt8]
  package var device: TransferDevice
  /// The sender's index in initiations.
  package var index: UInt32
  package var candidates: [Candidate]
  /// A part of the files is there already.
  package var resumes: Bool

  package init(
    offerHash: [UInt8], device: TransferDevice, index: UInt32, candidates: [Candidate],
    resumes: Bool
  ) {
    self.offerHash = offerHash
    self.device = device
    self.index = index
    self.candidates = candidates
    self.resumes = resumes
  }

  package func signed(with key: Curve25519.Signing.PrivateKey) -> SignedBlob {
    SignedBlob(self, with: key)
  }

  /// - Parameter offer: the one that it has to answer.
  package static func verify(
    _ blob: SignedBlob, of offer: SignedBlob, pinned: [UInt8]?
  ) -> BlobVerdict<TransferAnswer> {
    let verdict = blob.verdict(Self.self, pinned: pinned)
    switch verdict {
    case .genuine(let answer), .unknownKey(let answer), .changedKey(let answer):
      return answer.offerHash == TransferOffer.hash(of: offer) ? verdict : .otherOffer
    case .badSignature, .otherVersion, .otherOffer, .malformed: return verdict
    }
  }
}

extension TransferAnswer: SignedContent {
  static let purpose = "confab transfer answer"
  private static let resumesFlag: UInt8 = 1

  var signer: [UInt8] { device.identity }

  func write(to writer: inout BlobWriter) {
    precondition(offerHash.count == SHA256.byteCount)
    writer.write(offerHash)
    writer.write(device)
    writer.write(index)
    writer.write(candidates)
    writer.write(resumes ? Self.resumesFlag : 0)
  }

  init(from reader: inout BlobReader) throws(BlobError) {
    offerHash = try reader.bytes(SHA256.byteCount)
    device = try reader.device()
    index = try reader.number()
    candidates = try reader.candidates()
    resumes = try reader.number(UInt8.self) & Self.resumesFlag != 0
  }
}
