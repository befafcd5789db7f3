import ConfabDomain
import ConfabServer
import ConfabWire
import NIOCore
import NIOPosix
import SwiftProtobuf
import Testing

extension ServerTests {
  /// Peers that are slow, silent, or guess.
  @Suite struct HostilePeerTests {
    /// Ten seconds, whatever a stranger does meanwhile; all kinds wait at the same time.
    @Test func strangersAreCutOffWhereverTheyStop() async throws {
      try await TestServer.with { server in
        let port = server.port
        async let silent = RawClient.exchange(port: port, sending: [])
        // The beginning of a TLS record that announces 512 bytes more.
        async let slowHandshake = RawClient.exchange(
          port: port, sending: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC])
        async let silentInTLS = RawClient.exchange(port: port, alpn: ["confab/1"], sending: [])
        let browser = try await TestBrowser.open(port: port)
        let greeted = try await TestClient.connect(port: port)
        #expect(try await silent.isEmpty)
        try await browser.readToEnd()
        #expect(browser.pushes.first?.refusalCode == Rejection.Code.signInTimeout.rawValue)
        _ = try await slowHandshake
        var decoder = FrameDecoder()
        decoder.append(try await silentInTLS)
        let payload = try #require(try decoder.next())
        let code = try WireServerFrame.decode(payload).body?.refusalCode
        #expect(code == Rejection.Code.signInTimeout.rawValue)
        #expect(try await greeted.push().refusalCode == Rejection.Code.signInTimeout.rawValue)
        let other = try await TestClient.connect(port: port)
        guard case .signedIn = try await other.join(server.ownerInvitation, name: "ann") else {
          return #expect(Bool(false), "nobody could sign in afterwards")
        }
      }
    }

    @Test func aFloodOfWrongPasswordsLocksNobodyElseOut() async throws {
      try await TestServer.withOpenRegistration { server in
        let ann = try await TestClient.connect(port: server.port)
        _ = try await ann.join(nil, name: "ann")
        let port = server.port
        // 500 guesses from one address, 10 connections beside each other.
        let codes = try await withThrowingTaskGroup(of: [UInt32].self) { group in
          for _ in 0..<10 {
            group.addTask {
              var codes: [UInt32] = []
              let guesser = try await TestClient.connect(port: port)
              for guess in 0..<50 {
                do {
                  let answer = try await guesser.signIn(name: "ann", password: "guess no \(guess)")
                  codes.append(answer.refusalCode ?? 0)
                } catch is TestClient.Ended {
                  return codes
                }
              }
              return codes
            }
          }
          return try await group.reduce(into: []) { $0 += $1 }
        }
        let known = Set(
          [
            Rejection.Code.credentialsWrong, .accountLocked, .addressLimited, .signInBusy,
            .signInTimeout,
          ].map(\.rawValue))
        #expect(!codes.isEmpty && Set(codes).isSubset(of: known), "\(Set(codes))")
        #expect(codes.contains(Rejection.Code.accountLocked.rawValue))
        // Whoever is signed in notices nothing.
        guard case .sent = try await ann.broadcast("still here") else {
          return #expect(Bool(false), "a session suffered from guesses")
        }
      }
    }

    @Test func aSlowReaderIsLeftBehindAndCatchesUp() async throws {
      try await withSlowReader { ann, slow, text, count in
        try await slow.resume()
        let heard = try await heardUntilLagging(slow, text)
        #expect(heard < count)
        // The rest is in the journal, behind what was heard.
        guard
          case .messageList(let list) = try await slow.request(
            .readMessages(
              .with {
                $0.channel.name = "#lobby"
                $0.sinceSequence = UInt64(heard)
                $0.limit = 1
              }))
        else { return #expect(Bool(false), "nothing could be read") }
        #expect(list.messages.first?.sequence == UInt64(heard + 1))
      }
    }

    /// Somebody who is let into a channel has not asked anew: what was dropped is still to be told.
    @Test func aNewConversationDoesNotHideWhatASlowReaderMissed() async throws {
      try await withSlowReader { ann, slow, text, count in
        let first = TestClient.message("the first words", in: "@slow")
        guard case .sent = try await ann.request(.send(first)) else {
          return #expect(Bool(false), "the message was refused")
        }
        try await slow.resume()
        #expect(try await heardUntilLagging(slow, text) < count)
      }
    }

    /// Somebody who subscribed reads no more, until the server has dropped something.
    private func withSlowReader(
      _ body: (_ ann: TestClient, _ slow: TestClient, _ text: String, _ count: Int) async throws ->
        Void
    ) async throws {
      try await TestServer.withOpenRegistration { server in
        let ann = try await TestClient.connect(port: server.port)
        _ = try await ann.join(nil, name: "ann")
        let slow = try await TestClient.connect(port: server.port)
        _ = try await slow.join(nil, name: "slow")
        let quick = try await TestClient.connect(port: server.port)
        _ = try await quick.join(nil, name: "quick")
        try await slow.subscribe()
        try await quick.subscribe()
        try await slow.pause()
        let text = String(repeating: "x", count: 8_000)
        var count = 0
        while !hasLagged(server), count < 4_000 {
          guard case .sent = try await ann.broadcast(text) else {
            return #expect(Bool(false), "message \(count) was refused")
          }
          count += 1
          // Who reads hears everything at once, whoever else does not.
          #expect(try await quick.push().postedText == text)
        }
        try #require(hasLagged(server))
        try await body(ann, slow, text, count)
      }
    }

    private func heardUntilLagging(_ slow: TestClient, _ text: String) async throws -> Int {
      var heard = 0
      while true {
        let push = try await slow.push()
        if case .lagging = push { return heard }
        #expect(push.postedText == text)
        heard += 1
      }
    }

    private func hasLagged(_ server: TestServer) -> Bool {
      server.server.metrics.rendered().contains("\nconfab_lagging_total 1\n")
    }
  }
}
