import ConfabTransfer
import Crypto
import Primitives
import Testing

@Suite struct OfferTests {
  private let pinned = Example.offer.device.identity

  @Test func anOfferArrivesAsItWas() throws {
    let blob = try #require(SignedBlob(Example.signedOffer.encoded))
    #expect(TransferOffer.verify(blob, pinned: pinned) == .genuine(Example.offer))
    #expect(TransferOffer.verify(blob, pinned: nil) == .unknownKey(Example.offer))
    let other = Example.answer.device.identity
    #expect(TransferOffer.verify(blob, pinned: other) == .changedKey(Example.offer))
  }

  @Test func aFolderAndTheLargestOfferFit() throws {
    var offer = Example.offer
    offer.candidates = Array(
      repeating: Example.candidates[0], count: OfferLimits.candidatesMax)
    offer.summary = .init(
      name: String(repeating: "a", count: OfferLimits.nameBytesMax), files: OfferLimits.filesMax,
      isFolder: true,
      manifest: ManifestSummary(
        hash: ContentHash(repeating: 0xFF), entryCount: .max,
        contentBytes: OfferLimits.contentBytesMax))
    let blob = try #require(SignedBlob(offer.signed(with: Example.presenterKey).encoded))
    #expect(TransferOffer.verify(blob, pinned: pinned) == .genuine(offer))
    #expect(blob.encoded.count <= OfferLimits.signedBytesMax)
  }

  @Test func anAnswerNamesItsOffer() throws {
    let blob = try #require(SignedBlob(Example.signedAnswer.encoded))
    let key = Example.answer.device.identity
    #expect(
      TransferAnswer.verify(blob, of: Example.signedOffer, pinned: key)
        == .genuine(Example.answer))
    var other = Example.offer
    other.index += 1
    let otherOffer = other.signed(with: Example.presenterKey)
    for pinned in [key, nil, self.pinned] {
      #expect(TransferAnswer.verify(blob, of: otherOffer, pinned: pinned) == .otherOffer)
    }
  }

  @Test func lateCandidatesBelongToTheirPairing() throws {
    let blob = try #require(SignedBlob(Example.signedLate.encoded))
    let (prologue, identity) = (Example.late.prologue, Example.late.identity)
    #expect(
      LateCandidates.verify(blob, prologue: prologue, identity: identity)
        == .genuine(Example.late))
    #expect(
      LateCandidates.verify(blob, prologue: [UInt8](repeating: 0, count: 32), identity: identity)
        == .otherOffer)
    #expect(
      LateCandidates.verify(blob, prologue: prologue, identity: pinned)
        == .changedKey(Example.late))
  }

  @Test func whatIsChangedDoesNotVerify() {
    let key = Example.answer.device.identity
    expectRefused(Example.signedOffer) { TransferOffer.verify($0, pinned: pinned).isSigned }
    expectRefused(Example.signedAnswer) {
      TransferAnswer.verify($0, of: Example.signedOffer, pinned: key).isSigned
    }
    expectRefused(Example.signedLate) {
      LateCandidates.verify($0, prologue: Example.late.prologue, identity: key).isSigned
    }
  }

  /// Every bit, every shorter one, and one with a byte more.
  private func expectRefused(_ blob: SignedBlob, _ isSigned: (SignedBlob) -> Bool) {
    #expect(isSigned(blob))
    for changed in blob.encoded.bitFlips { #expect(SignedBlob(changed).map(isSigned) != true) }
    for short in blob.encoded.prefixes { #expect(SignedBlob(short).map(isSigned) != true) }
    #expect(SignedBlob(blob.encoded + [0]).map(isSigned) != true)
  }

  @Test func aSignatureServesOnePurpose() throws {
    // The offer's bytes with a signature over them that was made for something else.
    let text = Array("confab transfer answer".utf8) + [0] + Example.signedOffer.blob
    let signature = try Example.presenterKey.signature(for: text)
    let blob = try #require(SignedBlob(Example.signedOffer.blob + Array(signature)))
    #expect(TransferOffer.verify(blob, pinned: pinned) == .badSignature)
    let bare = try Example.presenterKey.signature(for: Example.signedOffer.blob)
    let bareBlob = try #require(SignedBlob(Example.signedOffer.blob + Array(bare)))
    #expect(TransferOffer.verify(bareBlob, pinned: pinned) == .badSignature)
  }

  @Test func anotherVersionIsSaidToBeOne() throws {
    var bytes = Example.signedOffer.encoded
    bytes[0] = 2
    let blob = try #require(SignedBlob(bytes))
    #expect(TransferOffer.verify(blob, pinned: pinned) == .otherVersion(2))
  }

  @Test func whatALaterProgramAddsIsSkipped() throws {
    let blob = try #require(resigned(body: Example.signedOffer.body + [1, 2, 3]))
    #expect(TransferOffer.verify(blob, pinned: pinned) == .genuine(Example.offer))
    // But its hash and its prologue are its own.
    #expect(TransferOffer.hash(of: blob) != TransferOffer.hash(of: Example.signedOffer))
  }

  @Test func thePrologueCoversBothBlobs() throws {
    let own = Pairing.prologue(offer: Example.signedOffer, answer: Example.signedAnswer)
    let other = try #require(resigned(body: Example.signedOffer.body + [0]))
    #expect(Pairing.prologue(offer: other, answer: Example.signedAnswer) != own)
    #expect(Pairing.prologue(offer: Example.signedOffer, answer: other) != own)
    #expect(Pairing.prologue(offer: Example.signedAnswer, answer: Example.signedOffer) != own)
    #expect(own.count == 32)
  }

  /// Well signed, and wrong nevertheless.
  @Test func hostileBodiesAreMalformed() throws {
    let body = Example.signedOffer.body
    let candidatesAt = 16 + 64 + 4 + 16
    let nameAt = candidatesAt + 1 + 3 * 19
    let filesAt = nameAt + 1 + Example.offer.summary.name.utf8.count
    func verdict(_ change: (inout [UInt8]) -> Void) throws -> BlobVerdict<TransferOffer> {
      var changed = body
      change(&changed)
      return TransferOffer.verify(try #require(resigned(body: changed)), pinned: pinned)
    }
    for short in body.prefixes {
      #expect(try verdict { $0 = short } == .malformed)
    }
    #expect(try verdict { $0[candidatesAt] = 33 } == .malformed)
    #expect(try verdict { $0[candidatesAt] = 255 } == .malformed)
    #expect(try verdict { $0[nameAt] = 255 } == .malformed)
    #expect(try verdict { $0[nameAt + 1] = 0xC3 } == .malformed)
    #expect(try verdict { $0.replaceSubrange(nameAt..<filesAt, with: [0]) } == .malformed)
    #expect(
      try verdict { $0.replaceSubrange(filesAt..<filesAt + 8, with: repeatElement(0, count: 8)) }
        == .malformed)
    #expect(try verdict { $0[filesAt + 5] = 0xFF } == .malformed)
    #expect(try verdict { $0[filesAt + 8] = 0x41 } == .malformed)
    // A kind of candidate that nobody knows yet, and one that leads nowhere.
    var expected = Example.offer
    expected.candidates.removeFirst()
    #expect(try verdict { $0[candidatesAt + 1] = 9 } == .genuine(expected))
    #expect(try verdict { $0[candidatesAt + 2] = 0xFF } == .genuine(expected))
  }

  @Test func chanceIsNoOffer() {
    var random = SeededRandom(seed: 12)
    for _ in 0..<3_000 {
      let count = Int.random(in: 0...500, using: &random)
      let body = [UInt8].random(count: count, using: &random)
      let head = [1, UInt8(count >> 8), UInt8(count & 0xFF)]
      guard let blob = SignedBlob(head + body + [UInt8](repeating: 0, count: 64)) else {
        Issue.record("A blob of \(count) bytes is one")
        return
      }
      #expect(!TransferOffer.verify(blob, pinned: nil).isSigned)
      #expect(!TransferAnswer.verify(blob, of: blob, pinned: nil).isSigned)
      #expect(!LateCandidates.verify(blob, prologue: [], identity: []).isSigned)
    }
    #expect(SignedBlob([UInt8](repeating: 1, count: OfferLimits.signedBytesMax + 1)) == nil)
  }

  @Test func addressesThatLeadNowhereAreNotUsed() {
    func usable(_ high: UInt64, _ low: UInt64, _ port: UInt16 = 9) -> Bool {
      Candidate(.host, high: high, low: low, port: port).isUsable
    }
    #expect(Example.candidates.allSatisfy { $0.isUsable })
    #expect(usable(0, 1))
    #expect(usable(0, 0xFFFF_7F00_0001))
    #expect(usable(0, 0xFFFF_DFFF_FFFF))
    #expect(usable(0xFE80_0000_0000_0000, 1))
    #expect(!usable(0x2001_0DB8_0000_0000, 7, 0))
    #expect(!usable(0, 0))
    #expect(!usable(0xFF02_0000_0000_0000, 1))
    #expect(!usable(0, 0xFFFF_0000_0000))
    #expect(!usable(0, 0xFFFF_E000_0001))
    #expect(!usable(0, 0xFFFF_EFFF_FFFF))
    #expect(!usable(0, 0xFFFF_FFFF_FFFF))
  }

  /// Any body, well signed by the presenter.
  private func resigned(body: [UInt8]) -> SignedBlob? {
    let blob = [1, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    let text = Array("confab transfer offer".utf8) + [0] + blob
    return (try? Example.presenterKey.signature(for: text)).flatMap { SignedBlob(blob + Array($0)) }
  }
}

extension SignedBlob {
  fileprivate var body: [UInt8] { Array(blob.dropFirst(3)) }
}

extension BlobVerdict {
  fileprivate var isSigned: Bool {
    switch self {
    case .genuine, .unknownKey, .changedKey: true
    case .badSignature, .otherVersion, .otherOffer, .malformed: false
    }
  }
}
