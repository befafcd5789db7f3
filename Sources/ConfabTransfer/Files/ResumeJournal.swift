import Primitives

/// What a transfer is by its content: the same files from the same device are the same transfer,
/// whenever and however often it is begun.
package struct TransferIdentity: Hashable, Sendable {
  /// The device's identity key (Ed25519, 32 bytes).
  package var presenterKey: ContentHash
  package var manifest: ContentHash

  package init(presenterKey: ContentHash, manifest: ContentHash) {
    self.presenterKey = presenterKey
    self.manifest = manifest
  }

  /// Names the journal and the unfinished files in the recipient's folder, so that the next attempt
  /// finds them.
  package var folderName: String {
    var crc = CRC32C()
    crc.update(presenterKey.bytes)
    let device = (0..<4).map { UInt8(truncatingIfNeeded: crc.value >> (24 - 8 * $0)) }
    return TransferFolderName.text(
      device: device.hex, manifest: manifest.bytes.prefix(TransferFolderName.manifestBytes).hex)
  }
}

/// `.confab-DEVICE-MANIFEST.part`, in hexadecimal.
package enum TransferFolderName {
  static let manifestBytes = 12
  private static let deviceBytes = 4

  static func text(device: String, manifest: String) -> String {
    ".confab-\(device)-\(manifest).part"
  }

  /// What stands for the manifest in it; nil for other names.
  package static func manifest(in name: String) -> String? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let manifest = parts[2].split(separator: ".").first.map(String.init),
      parts[1].count == 2 * deviceBytes, manifest.count == 2 * manifestBytes,
      (parts[1] + manifest).allSatisfy({ $0.isASCII && $0.isHexDigit && !$0.isUppercase }),
      name == text(device: String(parts[1]), manifest: manifest)
    else { return nil }
    return manifest
  }
}

/// The log of what a recipient has on its disk, by which a transfer goes on after a crash.
///
/// Append-only. A record is written only after what it claims is durable; what is no longer true is
/// withdrawn by a record that is durable before the claim becomes false. Every record ends with a
/// checksum that continues the header's, so that what is torn, foreign or garbage ends the log.
///
///     header | "confab-resume" 1 | presenter's key 32 | manifest 32 | content 8 | leaf 8 | CRC 4 |
///     record | kind 1 | body's length 4 | body | CRC 4 |
///
/// Numbers are big-endian.
package enum ResumeJournal {
  package enum Record: Hashable, Sendable {
    /// These leaves are verified and durable.
    case leaves(first: UInt64, [ContentHash])
    /// These leaves are verified, durable, and nothing but zeros.
    case zeroLeaves(Range<UInt64>)
    /// What was said of these leaves no longer holds: they are about to be written again.
    case withdrawn(Range<UInt64>)
    /// The entry is about to get its name, or has it.
    case publishing(entry: UInt64, name: String)
  }

  enum Kind: UInt8 {
    case leaves = 1
    case withdrawn = 2
    case publishing = 3
    case zeroLeaves = 4
  }

  static let magic = Array("confab-resume".utf8) + [1]
  static let headerBytes = magic.count + 32 + 32 + 8 + 8 + 4
  /// In one record, so that a torn one costs little.
  package static let leavesPerRecordMax = 1_024
  static let bodyBytesMax = 8 + 32 * leavesPerRecordMax
}

/// Makes the bytes that the shell appends. It remembers nothing but which journal it is.
package struct ResumeJournalWriter: Sendable {
  /// What a new journal begins with.
  package let header: [UInt8]
  private let crc: CRC32C

  package init(_ identity: TransferIdentity, layout: LeafLayout) {
    var bytes = ResumeJournal.magic
    bytes += identity.presenterKey.bytes
    bytes += identity.manifest.bytes
    bytes.append(bigEndian: layout.contentBytes, byteCount: 8)
    bytes.append(bigEndian: layout.leafBytes, byteCount: 8)
    var crc = CRC32C()
    crc.update(bytes)
    bytes.append(bigEndian: UInt64(crc.value), byteCount: 4)
    header = bytes
    self.crc = crc
  }

  package func encode(_ record: ResumeJournal.Record) -> [UInt8] {
    let kind: ResumeJournal.Kind
    var body: [UInt8] = []
    switch record {
    case .leaves(let first, let hashes):
      precondition(hashes.count <= ResumeJournal.leavesPerRecordMax)
      kind = .leaves
      body.append(bigEndian: first, byteCount: 8)
      for hash in hashes { body += hash.bytes }
    case .withdrawn(let leaves), .zeroLeaves(let leaves):
      if case .withdrawn = record { kind = .withdrawn } else { kind = .zeroLeaves }
      body.append(bigEndian: leaves.lowerBound, byteCount: 8)
      body.append(bigEndian: leaves.upperBound, byteCount: 8)
    case .publishing(let entry, let name):
      kind = .publishing
      body.append(bigEndian: entry, byteCount: 8)
      body += Array(name.utf8)
    }
    var bytes = [kind.rawValue]
    bytes.append(bigEndian: UInt64(body.count), byteCount: 4)
    bytes += body
    var crc = crc
    crc.update(bytes)
    bytes.append(bigEndian: UInt64(crc.value), byteCount: 4)
    return bytes
  }

  /// Verified leaves in any order, as few records as can be.
  package func encode(_ leaves: [(leaf: UInt64, hash: ContentHash)]) -> [UInt8] {
    var bytes: [UInt8] = []
    var run: (first: UInt64, hashes: [ContentHash]) = (0, [])
    for (leaf, hash) in leaves.sorted(by: { $0.leaf < $1.leaf }) {
      let continues = leaf == run.first + UInt64(run.hashes.count)
      if !continues || run.hashes.count == ResumeJournal.leavesPerRecordMax {
        if !run.hashes.isEmpty { bytes += encode(.leaves(first: run.first, run.hashes)) }
        run = (leaf, [])
      }
      run.hashes.append(hash)
    }
    if !run.hashes.isEmpty { bytes += encode(.leaves(first: run.first, run.hashes)) }
    return bytes
  }

  /// Of a record: kind and length are checked with the body.
  func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = crc
    crc.update(bytes)
    return crc.value
  }
}

extension Array where Element == UInt8 {
  fileprivate mutating func append(bigEndian number: UInt64, byteCount: Int) {
    for index in (0..<byteCount).reversed() {
      append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index)))
    }
  }
}
