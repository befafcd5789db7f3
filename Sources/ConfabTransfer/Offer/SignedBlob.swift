import Crypto

/// An offer, an answer or a list of candidates as it travels through the server, which can lose it but
/// not change it.
///
///     version 1 | length of the body 2 | body | signature 64
///
/// A version adds fields at the end of the body, which older readers skip; what cannot be skipped
/// gets another version. The signature is Ed25519 over the purpose, a zero byte, and all in front.
package struct SignedBlob: Hashable, Sendable {
  package static let version: UInt8 = 1
  package static let signatureBytes = 64
  static let headBytes = 3

  /// Version, length and body: what is signed and what hashes are made of.
  package let blob: [UInt8]
  package let signature: [UInt8]

  package var encoded: [UInt8] { blob + signature }

  /// Nil when the bytes are too few or too many to be one, whatever its version.
  package init?(_ encoded: [UInt8]) {
    let blobBytes = encoded.count - Self.signatureBytes
    guard blobBytes >= Self.headBytes, encoded.count <= OfferLimits.signedBytesMax else {
      return nil
    }
    blob = Array(encoded[..<blobBytes])
    signature = Array(encoded[blobBytes...])
  }

  /// - Parameter key: the private half of the content's own identity key.
  init(_ content: some SignedContent, with key: Curve25519.Signing.PrivateKey) {
    precondition(Array(key.publicKey.rawRepresentation) == content.signer)
    var body = BlobWriter()
    content.write(to: &body)
    var writer = BlobWriter()
    writer.write(Self.version)
    writer.write(UInt16(body.bytes.count))
    writer.write(body.bytes)
    blob = writer.bytes
    precondition(blob.count <= OfferLimits.blobBytesMax)
    guard let signature = try? key.signature(for: Self.signedBytes(type(of: content), blob)) else {
      preconditionFailure("Ed25519 refused to sign")
    }
    self.signature = Array(signature)
  }

  /// Reads and checks.
  ///
  /// - Parameter pinned: the identity key known for the device that this is said to be from; nil when
  ///   none is known yet.
  func verdict<Content: SignedContent>(
    _ type: Content.Type, pinned: [UInt8]?
  ) -> BlobVerdict<Content> {
    guard blob[0] == Self.version else { return .otherVersion(blob[0]) }
    let bodyBytes = Int(blob[1]) << 8 | Int(blob[2])
    guard bodyBytes == blob.count - Self.headBytes else { return .malformed }
    var reader = BlobReader(blob[Self.headBytes...])
    guard let content = try? Content(from: &reader) else { return .malformed }
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: content.signer),
      key.isValidSignature(signature, for: Self.signedBytes(type, blob))
    else { return .badSignature }
    guard let pinned else { return .unknownKey(content) }
    return pinned == content.signer ? .genuine(content) : .changedKey(content)
  }

  private static func signedBytes(_ type: (some SignedContent).Type, _ blob: [UInt8]) -> [UInt8] {
    Array(type.purpose.utf8) + [0] + blob
  }
}

/// What a signed blob turned out to be.
package enum BlobVerdict<Content: Hashable & Sendable>: Hashable, Sendable {
  /// Signed with the key that is pinned for the device.
  case genuine(Content)
  /// Signed as it says, by a device that no key is known of: to be pinned, if one trusts it.
  case unknownKey(Content)
  /// Signed as it says, but not with the key that is pinned: to be stopped until a person has looked.
  case changedKey(Content)
  /// Changed on the way, or signed by somebody else than it says.
  case badSignature
  /// From a newer program, or an older one.
  case otherVersion(UInt8)
  /// Genuine, but about another offer or another pairing than this one.
  case otherOffer
  case malformed
}

/// What can be signed. Each kind signs under a purpose of its own, so that no signature serves twice.
protocol SignedContent: Hashable, Sendable {
  static var purpose: String { get }
  /// The Ed25519 key within that signs it.
  var signer: [UInt8] { get }
  func write(to writer: inout BlobWriter)
  init(from reader: inout BlobReader) throws(BlobError)
}
