import ConfabServer
import ConfabWire
import Foundation
import SwiftProtobuf
import Testing

extension ServerTests {
  @Suite struct ArchiveTests {
    @Test func classicExportNumbersAndFormats() async throws {
      try await TestServer.with { server in
        let ann = try await TestClient.connect(port: server.port)
        _ = try await ann.join(server.ownerInvitation, name: "ann")
        _ = try await ann.broadcast("first line\nsecond line")
        _ = try await ann.request(.createRoom(.with { $0.name = "plans" }))
        _ = try await ann.request(.send(TestClient.message("in the room", in: "#plans")))
        let files = try await Self.fetch(.classic, over: ann)
        #expect(files.keys.sorted() == ["SR_1_messagelog.txt", "messagelog.txt", "userlog.txt"])
        let stamp = #"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d"#
        let lobby = try Regex("1; \(stamp); ann; first line second line\n")
        #expect(files["messagelog.txt"]?.wholeMatch(of: lobby) != nil)
        #expect(
          files["SR_1_messagelog.txt"]?.wholeMatch(of: try Regex("1; \(stamp); ann; in the room\n"))
            != nil)
        #expect(
          files["userlog.txt"]?.wholeMatch(of: try Regex("1; \(stamp); ann; 127.0.0.1; 0\n")) != nil
        )
      }
    }

    @Test func exportsSayWhoMetAndHowLong() async throws {
      try await TestServer.with { server in
        let ann = try await TestClient.connect(port: server.port)
        _ = try await ann.join(server.ownerInvitation, name: "ann")
        _ = try await ann.request(.createRoom(.with { $0.name = "plans" }))
        for channel in ["#plans", "#lobby"] {
          let answer = try await ann.request(.joinMeeting(.with { $0.channel.name = channel }))
          guard case .meetingJoined(let joined) = answer else {
            Issue.record("\(answer)")
            return
          }
          _ = try await ann.request(.leaveMeeting(.with { $0.meeting = joined.info.meeting }))
        }
        let stamp = #"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d"#
        let meetings = try Regex(
          "1; \(stamp); \(stamp); lobby; ann\n2; \(stamp); \(stamp); SR_1; ann\n")
        let classic = try await Self.fetch(.classic, over: ann)
        #expect(classic["meetinglog.txt"]?.wholeMatch(of: meetings) != nil)
        let json = try await Self.fetch(.json, over: ann)
        let lines = json["meetings.jsonl"]?.split(separator: "\n") ?? []
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.contains(#""name":"ann""#) && $0.contains(#""ended":"#) })
      }
    }

    @Test func jsonExportHoldsMessages() async throws {
      try await TestServer.with { server in
        let ann = try await TestClient.connect(port: server.port)
        _ = try await ann.join(server.ownerInvitation, name: "ann")
        _ = try await ann.broadcast("hello")
        _ = try await ann.request(.createRoom(.with { $0.name = "plans" }))
        _ = try await ann.request(
          .createRoom(.with { ($0.name, $0.public) = ("garden", true) }))
        _ = try await ann.request(.send(TestClient.message("note", in: "@ann")))
        let files = try await Self.fetch(.json, over: ann)
        let channels = files["channels.jsonl"]?.split(separator: "\n").map(String.init) ?? []
        let kinds = ["lobby", "private", "public", "direct"]
        #expect(channels.count == kinds.count)
        for (channel, kind) in zip(channels, kinds) {
          #expect(channel.contains("\"kind\":\"\(kind)\""), "\(channel)")
        }
        let line = try #require(files["messages.jsonl"]?.split(separator: "\n").first)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["text"] as? String == "hello")
        #expect(object?["from"] as? String == "ann")
        #expect(object?["channel"] as? String == "#lobby")
      }
    }

    @Test func membersGetNoArchive() async throws {
      try await TestServer.withOpenRegistration { server in
        let bob = try await TestClient.connect(port: server.port)
        _ = try await bob.join(nil, name: "bob")
        let refused = try await bob.request(.openArchive(.with { $0.kind = .backup }))
        #expect(refused.refusalCode == 3005)
      }
    }

    private static func fetch(
      _ kind: WireArchiveKind, over client: TestClient
    ) async throws -> [String: String] {
      let opened = try await client.request(.openArchive(.with { $0.kind = kind }))
      guard case .archive(let archive) = opened else { throw TestClient.Ended() }
      var files: [String: String] = [:]
      for (index, file) in archive.files.enumerated() {
        var bytes = Data()
        while true {
          let read = try await client.request(
            .readArchive(
              .with {
                ($0.archive, $0.file, $0.offset) = (
                  archive.archive, UInt32(index), UInt64(bytes.count)
                )
              }))
          guard case .archiveChunk(let chunk) = read else { throw TestClient.Ended() }
          bytes += chunk.bytes
          if chunk.end { break }
        }
        files[file.name] = String(decoding: bytes, as: UTF8.self)
      }
      return files
    }
  }
}
