package import ConfabNetwork
package import ConfabTransfer
import Glibc

/// The file in which a recipient notes what it has.
package struct JournalFile: ~Copyable {
  package static let name = "journal"
  private static let blockBytes = 64 << 10

  private let file: OpenFile
  private let header: [UInt8]
  private var end: UInt64 = 0
  /// What an earlier attempt had.
  package let state: ResumeState

  private init(file: OpenFile, header: [UInt8], end: UInt64, state: ResumeState) {
    self.file = file
    self.header = header
    self.end = end
    self.state = state
  }

  /// Opens it and reads what is in it, or begins it.
  package static func open(
    in folder: ReceivingFolder, identity: TransferIdentity, layout: LeafLayout
  ) throws(SystemError) -> JournalFile {
    let file = try folder.openBeneath(name, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    let reader = try read(file, ResumeJournalReader(identity, layout: layout))
    var journal = JournalFile(
      file: file, header: ResumeJournalWriter(identity, layout: layout).header,
      end: UInt64(reader.validBytes), state: reader.state)
    guard reader.validBytes > 0 else {
      try journal.startAfresh()
      return journal
    }
    // Nothing that is behind something torn would ever be read.
    try journal.cut(at: journal.end)
    // What it says may be in no more than a cache, and is about to be relied on.
    try journal.sync()
    return journal
  }

  private static func read(
    _ file: OpenFile, _ reader: ResumeJournalReader
  ) throws(SystemError) -> ResumeJournalReader {
    var reader = reader
    var block = [UInt8](repeating: 0, count: blockBytes)
    var place: UInt64 = 0
    while true {
      let result = block.withUnsafeMutableBytes { bytes -> Result<Int, SystemError> in
        do throws(SystemError) {
          return .success(try file.read(at: place, into: bytes))
        } catch {
          return .failure(error)
        }
      }
      let count = try result.get()
      guard count > 0 else { return reader }
      reader.append(block[..<count])
      place += UInt64(count)
    }
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
    if case .failure(let error) = result {
      // What was written of it is torn, and would hide what comes behind.
      try cut(at: end)
      throw error
    }
    end += UInt64(bytes.count)
  }

  package func sync() throws(SystemError) {
    try file.syncData()
  }
}
