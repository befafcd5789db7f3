import ConfabJournal
import ConfabServer
import Foundation
import Testing

extension ServerTests {
  /// A data folder that cannot be served from: the server says what is wrong and what to do, and leaves
  /// the folder as it is.
  @Suite struct StartFailureTests {
    @Test func journalOfANewerVersionIsLeftAlone() async throws {
      try await withStoppedPlace { folder in
        // SQLite keeps user_version, which is the journal's format, in bytes 60 to 63 of its header.
        try overwrite(folder, at: 60, with: [0, 0, 0, 99])
        let before = FileManager.default.contents(atPath: Self.journal(in: folder))
        let words = failure(startingIn: folder)
        #expect(words.contains("format 99"), "\(words)")
        #expect(words.contains("newer Confab"), "\(words)")
        #expect(FileManager.default.contents(atPath: Self.journal(in: folder)) == before)
      }
    }

    @Test func damagedDatabaseSaysToRestoreABackup() async throws {
      try await withStoppedPlace { folder in
        // Everything behind the header: whichever page is read first is no page any more.
        let size = try #require(FileManager.default.contents(atPath: Self.journal(in: folder)))
          .count
        try overwrite(folder, at: 100, with: [UInt8](repeating: 0xA5, count: size - 100))
        let words = failure(startingIn: folder)
        #expect(words.contains("damaged"), "\(words)")
        #expect(words.contains("confab admin restore"), "\(words)")
      }
    }

    @Test func otherDatabaseIsNotTaken() async throws {
      try await withStoppedPlace { folder in
        // The application id, bytes 68 to 71.
        try overwrite(folder, at: 68, with: [1, 2, 3, 4])
        #expect(failure(startingIn: folder).contains("not one of Confab's"))
      }
    }

    /// Nobody may make files below `/proc`, not even the owner of the machine.
    @Test func folderThatCannotBeMadeIsNamed() {
      let words = failure(startingIn: "/proc/confab-data")
      #expect(words.contains("/proc/confab-data"), "\(words)")
    }

    private static func journal(in folder: String) -> String { folder + "/confab.sqlite" }

    /// A folder in which a server has served, with a message in its journal.
    private func withStoppedPlace(_ body: (String) throws -> Void) async throws {
      let folder = TestServer.temporaryFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try await TestServer.with(folder: folder) { server in
        let client = try await TestClient.connect(port: server.port)
        _ = try await client.join(server.ownerInvitation, name: "ann")
        _ = try await client.broadcast("kept")
      }
      try body(folder)
    }

    private func overwrite(_ folder: String, at offset: UInt64, with bytes: [UInt8]) throws {
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: Self.journal(in: folder)))
      try file.seek(toOffset: offset)
      try file.write(contentsOf: bytes)
      try file.close()
    }

    /// The words of the failure; empty when the server can start.
    private func failure(startingIn folder: String) -> String {
      do {
        _ = try TestServer.make(folder: folder)
        return ""
      } catch {
        return "\(error)"
      }
    }
  }
}
