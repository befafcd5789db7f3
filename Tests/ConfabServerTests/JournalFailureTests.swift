import ConfabDomain
import ConfabWire
import Testing

extension ServerTests {
  @Suite struct JournalFailureTests {
    @Test func fullDiskRefusesAndRecoversWithNothingHalfStored() async throws {
      let journal = FailingJournal()
      try await TestServer.with(journal: journal) { server in
        let client = try await TestClient.connect(port: server.port)
        _ = try await client.join(server.ownerInvitation, name: "ann")
        try await client.subscribe()
        _ = try await client.broadcast("before")
        journal.setFull(true)
        let refused = try await client.broadcast("lost")
        #expect(refused.refusalCode == Rejection.Code.journalUnavailable.rawValue)
        journal.setFull(false)
        var sent: WireSent?
        while sent == nil {
          switch try await client.broadcast("after") {
          case .sent(let confirmation): sent = confirmation
          case .refusal(let refusal):
            #expect(refusal.code == Rejection.Code.journalUnavailable.rawValue)
            try await Task.sleep(for: .milliseconds(50))
          case let other: throw Unexpected(body: other)
          }
        }
        // No gap: the message that was refused never had a number.
        #expect(sent?.sequence == 2)
        #expect(try await client.push().postedText == "before")
        #expect(try await client.push().postedText == "after")
      }
    }

    /// It looks for its journal once a second, and must not do so for ever.
    @Test(.timeLimit(.minutes(1))) func stopsThoughItsJournalIsGone() async throws {
      let journal = FailingJournal()
      try await TestServer.with(journal: journal) { server in
        let client = try await TestClient.connect(port: server.port)
        _ = try await client.join(server.ownerInvitation, name: "ann")
        journal.lose()
        let refused = try await client.broadcast("lost")
        #expect(refused.refusalCode == Rejection.Code.journalUnavailable.rawValue)
      }
    }

    private struct Unexpected: Error {
      let body: WireServerFrame.OneOf_Body
    }
  }
}
