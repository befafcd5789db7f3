import ConfabDomain
import ConfabNetwork
import ConfabServer
import ConfabWire
import Foundation
import Primitives
import STUN
import SwiftProtobuf
import Testing

extension ServerTests {
  @Suite struct BadInputTests {
    @Test(arguments: [
      "POST / HTTP/1.1\r\nHost: example.org\r\n\r\n", "NICK ann\r\nUSER ann 0 * :ann\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n",
    ])
    func clearTextIsToldWhatThisPortSpeaks(_ text: String) async throws {
      try await TestServer.with { server in
        let answer = try await RawClient.exchange(port: server.port, sending: Array(text.utf8))
        let words = String(decoding: answer, as: UTF8.self)
        #expect(words.contains("speaks TLS"))
        #expect(words.hasSuffix("\r\n") && words.split(separator: "\r\n").count == 1)
      }
    }

    /// Browsers show words that stand in an answer of HTTP, and go where it says.
    @Test(arguments: [
      (
        "GET /room/3 HTTP/1.1\r\nHost: [::1]:4747\r\n\r\n",
        "Location: https://[::1]:4747/room/3\r\n"
      ),
      (
        "HEAD / HTTP/1.0\r\nAccept: */*\r\nhost: example.org\r\n\r\n",
        "Location: https://example.org/\r\n"
      ),
      ("GET / HTTP/1.1\r\nHost: example.org/@elsewhere\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"),
      ("GET / HTTP/1.1\r\n\r\nHost: example.org\r\n", "HTTP/1.1 400 Bad Request\r\n"),
      ("GET /", "HTTP/1.1 400 Bad Request\r\n"),
    ])
    func browsersWithoutTLSAreSentOn(_ request: String, _ expected: String) async throws {
      try await TestServer.with { server in
        let answer = try await RawClient.exchange(port: server.port, sending: Array(request.utf8))
        let words = String(decoding: answer, as: UTF8.self)
        #expect(words.contains(expected), "\(words)")
        #expect(words.contains("\r\n\r\nconfab: this port speaks TLS"))
      }
    }

    /// A check of ICE for nobody, over TCP: framed like it, it is refused.
    @Test func iceOverTCPIsAnsweredAndStrangersAreRefused() async throws {
      try await TestServer.with { server in
        let check = STUNMessage(
          .request, transaction: Array("twelve bytes".utf8),
          attributes: [.init(type: AttributeType.username, value: Array("nobody:else".utf8))]
        ).encoded(fingerprint: true)
        let answer = try await RawClient.firstAnswer(
          port: server.port, sending: [0, UInt8(check.count)] + check)
        #expect(answer.count > 2 && Int(answer[1]) == answer.count - 2)
        let refusal = try #require(STUNMessage(Array(answer.dropFirst(2))))
        #expect(refusal.value(of: AttributeType.errorCode) == [0, 0, 4, 1])
      }
    }

    @Test func randomBytesInsideTLSAreRefusedWithANumber() async throws {
      try await TestServer.with { server in
        var random = SeededRandom(seed: 11)
        let payload = [UInt8].random(count: 64, using: &random)
        try await expectFarewell(
          server, sending: [0, 0, 0, 64] + payload, code: .malformedFrame)
      }
    }

    @Test func lengthOfFourGiBIsRefusedAtOnce() async throws {
      try await TestServer.with { server in
        try await expectFarewell(server, sending: [255, 255, 255, 255], code: .frameTooLong)
      }
    }

    @Test func megabyteFrameIsRefusedAndTheWordsArrive() async throws {
      try await TestServer.with { server in
        let megabyte = [UInt8](repeating: 0, count: 1_048_576)
        try await expectFarewell(server, sending: [0, 16, 0, 0] + megabyte, code: .frameTooLong)
      }
    }

    /// Nothing of it is kept, far less hashed.
    @Test func passwordOfTenMegabytesIsRefusedAtOnce() async throws {
      try await TestServer.with { server in
        let signIn = WireClientFrame.with {
          $0.request = 1
          $0.signIn.password.name = "ann"
          $0.signIn.password.password = String(repeating: "x", count: 10_000_000)
        }
        let payload: [UInt8] = try signIn.serializedBytes()
        let length = withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) }
        try await expectFarewell(server, sending: length + payload, code: .frameTooLong)
      }
    }

    @Test func moreThanAStrangerMaySendIsRefused() async throws {
      try await TestServer.with { server in
        let client = try await TestClient.connect(port: server.port)
        let long = String(repeating: "x", count: 10_000)
        let request = try await client.send(
          .signIn(.with { ($0.password.name, $0.password.password) = ("ann", long) }))
        do {
          let body = try await client.reply(to: request)
          #expect(body.refusalCode == Rejection.Code.signInTimeout.rawValue)
        } catch is TestClient.Ended {
          #expect(client.pushes.last?.refusalCode == Rejection.Code.signInTimeout.rawValue)
        }
      }
    }

    @Test(arguments: ["", String(repeating: "x", count: 8_193)])
    func unfitMessagesAreRefused(_ text: String) async throws {
      try await TestServer.with { server in
        let client = try await TestClient.connect(port: server.port)
        _ = try await client.join(server.ownerInvitation, name: "ann")
        let code = try await client.broadcast(text).refusalCode
        let expected: Rejection.Code = text.isEmpty ? .messageEmpty : .messageTooLong
        #expect(code == expected.rawValue)
        // The connection lives on.
        guard case .sent(let sent) = try await client.broadcast("fine") else {
          return #expect(Bool(false), "the connection did not go on")
        }
        #expect(sent.sequence == 1)
      }
    }

    @Test(arguments: ["a\u{1B}[2J", "аnn", "", "a b", String(repeating: "x", count: 33)])
    func unfitNamesAreRefused(_ name: String) async throws {
      try await TestServer.with { server in
        let client = try await TestClient.connect(port: server.port)
        let refused = try await client.join(server.ownerInvitation, name: name)
        #expect(refused.refusalCode == Rejection.Code.nameInvalid.rawValue)
      }
    }

    @Test func invalidUTF8IsAMalformedFrame() async throws {
      try await TestServer.with { server in
        // Request 1, Hello, with a client's name that is no UTF-8.
        let hello: [UInt8] = [
          0x08, 0x01, 0x12, 0x08, 0x08, 0x01, 0x10, 0x01, 0x1A, 0x02, 0xC3, 0x28,
        ]
        try await expectFarewell(
          server, sending: [0, 0, 0, UInt8(hello.count)] + hello, code: .malformedFrame)
      }
    }

    @Test func roomNameTwiceAtTheSameInstantIsOneRoom() async throws {
      try await TestServer.with { server in
        let client = try await TestClient.connect(port: server.port)
        _ = try await client.join(server.ownerInvitation, name: "ann")
        let first = try await client.send(.createRoom(.with { $0.name = "plans" }))
        let second = try await client.send(.createRoom(.with { $0.name = "Plans" }))
        let answers = [try await client.reply(to: first), try await client.reply(to: second)]
        #expect(answers[0].refusalCode == nil)
        #expect(answers[1].refusalCode == Rejection.Code.nameTaken.rawValue)
      }
    }

    @Test func wrongPasswordsLockTheAccountAndSayForHowLong() async throws {
      try await TestServer.with { server in
        let client = try await TestClient.connect(port: server.port)
        _ = try await client.join(server.ownerInvitation, name: "ann")
        let thief = try await TestClient.connect(port: server.port)
        for _ in 1...3 { _ = try await thief.signIn(name: "ann", password: "not the one") }
        let other = try await TestClient.connect(port: server.port)
        let refused = try await other.signIn(name: "ann")
        #expect(refused.refusalCode == Rejection.Code.accountLocked.rawValue)
        if case .refusal(let refusal) = refused { #expect(refusal.retryAfterMs > 0) }
      }
    }

    @Test func secondServerOnAFolderIsToldSo() async throws {
      try await TestServer.with { server in
        #expect(throws: StartFailure.self) { try TestServer.make(folder: server.folder) }
        do {
          _ = try TestServer.make(folder: server.folder)
        } catch let failure as StartFailure {
          #expect(failure.description.contains("used by another server"))
        }
      }
    }

    @Test func portInUseIsToldSo() async throws {
      try await TestServer.with { server in
        let folder = TestServer.temporaryFolder()
        let second = try TestServer.make(folder: folder) { $0.listen.port = server.port }
        await #expect(throws: StartFailure.self) { _ = try await second.start() }
        try? FileManager.default.removeItem(atPath: folder)
      }
    }

    @Test func fileInPlaceOfTheFolderIsToldSo() throws {
      let path = TestServer.temporaryFolder()
      #expect(FileManager.default.createFile(atPath: path, contents: Data()))
      defer { try? FileManager.default.removeItem(atPath: path) }
      #expect(throws: StartFailure.self) { try TestServer.make(folder: path) }
    }

    @Test func hundredsOfHalfOpenConnectionsHurtNobody() async throws {
      try await TestServer.with { server in
        let port = server.port
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<300 {
            group.addTask { _ = try await SilentClient.connect(port: port) }
          }
          try await group.waitForAll()
        }
        let client = try await TestClient.connect(port: server.port)
        guard case .signedIn = try await client.join(server.ownerInvitation, name: "ann") else {
          return #expect(Bool(false), "nobody could sign in beside them")
        }
      }
    }

    private func expectFarewell(
      _ server: TestServer, sending bytes: [UInt8], code: Rejection.Code
    ) async throws {
      let answer = try await RawClient.exchange(
        port: server.port, alpn: ["confab/1"], sending: bytes)
      var decoder = FrameDecoder()
      decoder.append(answer)
      let payload = try decoder.next()
      let frame = try WireServerFrame.decode(try #require(payload))
      #expect(frame.body?.refusalCode == code.rawValue)
      // And it goes on serving others.
      let other = try await TestClient.connect(port: server.port)
      try await other.close()
    }
  }
}
