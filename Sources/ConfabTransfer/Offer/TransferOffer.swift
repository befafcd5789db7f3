package import Crypto
package import Primitives

/// Says that a device has files for somebody, and how to fetch them.
///
///     transfer 16 | identity 32 | agreement 32 | index 4 | address token 16 | candidates
///     | name, behind its length 1 | files 8 | bytes 8 | flags 1 | time 8
///     | manifest's hash 32 | entries 8
///
/// Candidates are their number, 1 byte, and for each: kind 1 | address 16 | port 2.
package struct TransferOffer: Hashable, Sendable {
  /// What is offered: in words for people, and as the hash of the manifest, so that nothing else can be
  /// sent.
  package struct Summary: Hashable, Sendable {
    /// Of the file or folder; of several, the first one's. Valid UTF-8, otherwise unchecked: it may not
    /// be fit for a terminal or a file system.
    package var name: String
    package var files: UInt64
    package var isFolder: Bool
    package var manifest: ManifestSummary

    package var bytes: UInt64 { manifest.contentBytes }

    package init(name: String, files: UInt64, isFolder: Bool, manifest: ManifestSummary) {
      self.name = name
      self.files = files
      self.isFolder = isFolder
      self.manifest = manifest
    }

    package init(of manifest: Manifest) {
      self.init(
        name: manifest.tops.first.map { manifest.name(of: $0) } ?? "",
        files: UInt64(manifest.fileCount),
        isFolder: manifest.tops.count == 1 && !manifest.isFile(0),
        manifest: manifest.summary)
    }

    var isWithinLimits: Bool {
      (1...OfferLimits.nameBytesMax).contains(name.utf8.count)
        && (1...OfferLimits.filesMax).contains(files) && bytes <= OfferLimits.contentBytesMax
    }
  }

  package static let transferBytes = 16

  /// Made by the presenter; the same when the offer is made again to go on with it.
  package var transfer: [UInt8]
  package var device: TransferDevice
  /// The receiver's index in initiations. One offer may have several takers, who share it.
  package var index: UInt32
  package var addressToken: TransferToken
  package var candidates: [Candidate]
  package var summary: Summary
  package var time: WallTime

  package init(
    transfer: [UInt8], device: TransferDevice, index: UInt32, addressToken: TransferToken,
    candidates: [Candidate], summary: Summary, time: WallTime
  ) {
    self.transfer = transfer
    self.device = device
    self.index = index
    self.addressToken = addressToken
    self.candidates = candidates
    self.summary = summary
    self.time = time
  }

  package func signed(with key: Curve25519.Signing.PrivateKey) -> SignedBlob {
    SignedBlob(self, with: key)
  }

  package static func verify(_ blob: SignedBlob, pinned: [UInt8]?) -> BlobVerdict<TransferOffer> {
    blob.verdict(Self.self, pinned: pinned)
  }

  /// What an answer names an offer by.
  package static func hash(of blob: SignedBlob) -> [UInt8] {
    Array(SHA256.hash(data: Array("confab transfer offer hash\0".utf8) + blob.blob))
  }
}

extension TransferOffer: SignedContent {
  static let purpose = "confab transfer offer"
  private static let folderFlag: UInt8 = 1

  var signer: [UInt8] { device.identity }

  func write(to writer: inout BlobWriter) {
    precondition(transfer.count == Self.transferBytes && summary.isWithinLimits)
    writer.write(transfer)
    writer.write(device)
    writer.write(index)
    writer.write(addressToken.bytes)
    writer.write(candidates)
    writer.writeShort(Array(summary.name.utf8))
    writer.write(summary.files)
    writer.write(summary.bytes)
    writer.write(summary.isFolder ? Self.folderFlag : 0)
    writer.write(UInt64(bitPattern: time.millisecondsSinceEpoch))
    writer.write(summary.manifest.hash.bytes)
    writer.write(summary.manifest.entryCount)
  }

  init(from reader: inout BlobReader) throws(BlobError) {
    transfer = try reader.bytes(Self.transferBytes)
    device = try reader.device()
    index = try reader.number()
    addressToken = try reader.token()
    candidates = try reader.candidates()
    guard let name = String(validating: try reader.short(), as: UTF8.self) else {
      throw .malformed
    }
    let (files, bytes) = (try reader.number(UInt64.self), try reader.number(UInt64.self))
    let isFolder = try reader.number(UInt8.self) & Self.folderFlag != 0
    time = WallTime(millisecondsSinceEpoch: Int64(bitPattern: try reader.number()))
    guard let hash = ContentHash(try reader.bytes(SHA256.byteCount)) else { throw .malformed }
    summary = Summary(
      name: name, files: files, isFolder: isFolder,
      manifest: ManifestSummary(
        hash: hash, entryCount: try reader.number(), contentBytes: bytes))
    guard summary.isWithinLimits else { throw .malformed }
  }
}

extension BlobReader {
  mutating func token() throws(BlobError) -> TransferToken {
    guard let token = TransferToken(try bytes(TransferToken.byteCount)) else { throw .malformed }
    return token
  }
}
