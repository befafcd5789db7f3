import ConfabDomain
import ConfabHub
import ConfabServer
import ConfabWire
import SwiftProtobuf
import Testing

extension ServerTests {
  @Suite struct RemovalTests {
    @Test func whoIsPutOutWhileTheJournalReadsGetsNoAnswer() async throws {
      let journal = FailingJournal()
      try await TestServer.withOpenRegistration(journal: journal) { server in
        let ann = try await TestClient.connect(port: server.port)
        _ = try await ann.join(server.ownerInvitation, name: "ann")
        let bob = try await TestClient.connect(port: server.port)
        _ = try await bob.join(nil, name: "bob")
        _ = try await ann.request(
          .createRoom(.with { ($0.name, $0.members) = ("plans", ["bob"]) }))
        _ = try await ann.request(.send(TestClient.message("secret", in: "#plans")))

        journal.holdReaders()
        let read = try await bob.send(.readMessages(.with { $0.channel.name = "#plans" }))
        journal.waitForReader()
        let removed = try await ann.request(
          .removeMember(.with { ($0.channel.name, $0.member) = ("#plans", "bob") }))
        journal.releaseReaders()
        #expect(removed.refusalCode == nil)
        #expect(try await bob.reply(to: read).refusalCode == Rejection.Code.notAMember.rawValue)
      }
    }
  }
}
