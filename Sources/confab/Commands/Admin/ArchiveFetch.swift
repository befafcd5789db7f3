import ConfabClient
import ConfabWire
import Foundation
import NIOCore

/// Makes an archive on the server and brings its files here. It is gone from the server with the
/// connection.
struct ArchiveFetch {
  let connection: Connection
  let archive: WireArchive

  /// Chunks under way at once, so that distance does not slow the copy down.
  private static let chunksMax = 8
  private static let nameBytesMax = 255

  init(_ kind: WireArchiveKind, from connection: Connection) async throws {
    var open = WireOpenArchive()
    open.kind = kind
    guard case .archive(let archive) = try await connection.request(.openArchive(open)) else {
      throw connection.wrongAnswer
    }
    self.connection = connection
    self.archive = archive
  }

  /// The names of the files. What a server says never leads out of the folder it is written to.
  func names() throws -> [String] {
    try archive.files.map { file in
      let isPlain = file.name.utf8.allSatisfy { byte in
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95: true
        default: false
        }
      }
      guard isPlain, file.name.utf8.first != UInt8(ascii: "."),
        (1...Self.nameBytesMax).contains(file.name.utf8.count)
      else {
        throw ConnectionError.unreachable("The server gave a file a name that cannot be used here.")
      }
      return file.name
    }
  }

  /// Copies one file, in order.
  func copy(file: Int, to target: PartialFile) async throws {
    let bytes = archive.files[file].bytes
    let first = try await chunk(submit(file: file, at: 0))
    try target.write(first)
    // All but the last are as long as the first.
    let stride = UInt64(first.count)
    guard stride > 0 || bytes == 0 else { throw connection.wrongAnswer }
    var asked = stride
    var written = stride
    var pending: [EventLoopFuture<WireServerFrame.OneOf_Body>] = []
    while written < bytes {
      while asked < bytes, pending.count < Self.chunksMax {
        pending.append(submit(file: file, at: asked))
        asked += stride
      }
      let chunk = try await chunk(pending.removeFirst())
      guard chunk.count == min(stride, bytes - written) else { throw connection.wrongAnswer }
      try target.write(chunk)
      written += UInt64(chunk.count)
    }
  }

  private func submit(
    file: Int, at offset: UInt64
  ) -> EventLoopFuture<WireServerFrame.OneOf_Body> {
    var read = WireReadArchive()
    read.archive = archive.archive
    read.file = UInt32(file)
    read.offset = offset
    return connection.submit(.readArchive(read))
  }

  private func chunk(_ answer: EventLoopFuture<WireServerFrame.OneOf_Body>) async throws -> Data {
    guard case .archiveChunk(let chunk) = try await answer.get() else {
      throw connection.wrongAnswer
    }
    return chunk.bytes
  }
}
