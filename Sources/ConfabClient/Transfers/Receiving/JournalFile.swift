package import ConfabNetwork
package import ConfabTransfer
import Glibc

/// The file in which a recipient notes what it has.
package struct JournalFile: ~Copyable {
  package static let name = "journal"
  private static let blockBytes = 64 << 10

  private let file: OpenFile
  private let header: [UInt8]
  private var end: UInt64
  /// What an earlier attempt had.
  package let state: ResumeState

  /// Opens it and reads what is in it, or begins it.
  package init(
    in folder: ReceivingFolder, identity: TransferIdentity, layout: LeafLayout
  ) throws(SystemError) {
    header = ResumeJournalWriter(identity, layout: layout).header
    file = try folder.openBeneath(Self.name, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    var reader = ResumeJournalReader(identity, layout: layout)
    var block = [UInt8](repeating: 0, count: Self.blockBytes)
    var place: UInt64 = 0
    while true {
      var result = Result<Int, SystemError>.success(0)
      block.withUnsafeMutableBytes { bytes in
        do throws(SystemError) {
          result = .success(try file.read(at: place, into: bytes))
        } catch {
          result = .failure(error)
        }
      }
      let count = try result.get()
      guard count > 0 else { break }
      reader.append(block[..<count])
      place += UInt64(count)
    }
    state = reader.state
    end = UInt64(reader.validBytes)
    // Nothing that is behind something torn would ever be read.
    if end == 0 { try startAfresh() } else { try cut(at: end) }
  }

  /// Forgets everything.
  package mutating func startAfresh() throws(SystemError) {
    try cut(at: 0)
    try append(header)
    try sync()
  }

  private mutating func cut(at place: UInt64) throws(SystemError) {
    guard ftruncate(file.descriptor, off_t(place)) == 0 else {
      throw SystemError(latest: "write the journal of a transfer")
    }
    end = place
  }

  package mutating func append(_ bytes: [UInt8]) throws(SystemError) {
    var result = Result<Void, SystemError>.success(())
    bytes.withUnsafeBytes { bytes in
      do throws(SystemError) {
        try file.write(bytes, at: end)
      } catch {
        result = .failure(error)
      }
    }
    // What was written of it is torn: the next goes over it.
    try result.get()
    end += UInt64(bytes.count)
  }

  package func sync() throws(SystemError) {
    try file.syncData()
  }
}
