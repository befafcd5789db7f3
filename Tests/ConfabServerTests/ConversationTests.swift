import ConfabDomain
import ConfabNetwork
import ConfabServer
import ConfabWire
import SwiftProtobuf
import Testing

extension ServerTests {
  @Suite struct ConversationTests {
    @Test func ownerJoinsWithTheLinkAndTalks() async throws {
      try await TestServer.with { server in
        let client = try await TestClient.connect(port: server.port)
        guard
          case .signedIn(let signedIn) = try await client.join(server.ownerInvitation, name: "ann")
        else { return #expect(Bool(false), "not signed in") }
        #expect(signedIn.role == .owner)
        #expect(signedIn.token.count == WireLimits.tokenBytes)
        try await client.subscribe()
        guard case .sent(let sent) = try await client.broadcast("hello") else {
          return #expect(Bool(false), "not sent")
        }
        #expect(sent.sequence == 1)
        #expect(try await client.push().postedText == "hello")
      }
    }

    @Test func twoPeopleHearEachOtherInOrder() async throws {
      try await TestServer.withOpenRegistration { server in
        let ann = try await TestClient.connect(port: server.port)
        _ = try await ann.join(nil, name: "ann")
        let bob = try await TestClient.connect(port: server.port)
        _ = try await bob.join(nil, name: "bob")
        try await bob.subscribe()
        var requests: [UInt64] = []
        for number in 1...200 {
          requests.append(try await ann.send(.send(TestClient.message("\(number)"))))
        }
        for number in 1...200 { #expect(try await bob.push().postedText == "\(number)") }
        for (index, request) in requests.enumerated() {
          guard case .sent(let sent) = try await ann.reply(to: request) else {
            return #expect(Bool(false), "message \(index) was not sent")
          }
          #expect(sent.sequence == UInt64(index + 1))
        }
      }
    }

    @Test func historySearchAndEventsComeFromTheJournal() async throws {
      try await TestServer.with { server in
        let client = try await TestClient.connect(port: server.port)
        _ = try await client.join(server.ownerInvitation, name: "ann")
        for text in ["one fish", "two fish", "red bird"] { _ = try await client.broadcast(text) }
        let read = try await client.request(.readMessages(.with { $0.channel.name = "#lobby" }))
        guard case .messageList(let list) = read else { return #expect(Bool(false), "\(read)") }
        #expect(list.messages.map(\.text) == ["one fish", "two fish", "red bird"])
        #expect(list.messages.map(\.from) == ["ann", "ann", "ann"])
        let found = try await client.request(.search(.with { $0.words = "fish" }))
        guard case .searchHitList(let hits) = found else { return #expect(Bool(false), "\(found)") }
        #expect(hits.hits.map(\.message.text).sorted() == ["one fish", "two fish"])
        #expect(hits.hits.allSatisfy { $0.label == "#lobby" })
        let missed = try await client.request(
          .readEvents(.with { ($0.channel, $0.afterPosition) = (1, 1) }))
        guard case .eventList(let events) = missed else { return #expect(Bool(false), "\(missed)") }
        #expect(events.events.map(\.position) == [2, 3])
      }
    }

    @Test func everythingIsThereAfterARestart() async throws {
      let folder = TestServer.temporaryFolder()
      var token = [UInt8]()
      var link: String?
      try await TestServer.with(folder: folder) { server in
        link = server.running.addresses.ownerLink?.native
      }
      try await TestServer.with(folder: folder) { server in
        // The same secret and the same key; only the free port differs.
        let again = server.running.addresses.ownerLink?.native
        #expect(again?.split(separator: "?").last == link?.split(separator: "?").last)
        let client = try await TestClient.connect(port: server.port)
        let reply = try await client.join(server.ownerInvitation, name: "ann")
        if case .signedIn(let signedIn) = reply { token = Array(signedIn.token) }
        _ = try await client.broadcast("kept")
      }
      try await TestServer.with(folder: folder) { server in
        #expect(server.running.addresses.ownerLink == nil)
        let client = try await TestClient.connect(port: server.port)
        let reply = try await client.request(.signIn(.with { $0.token.token = .init(token) }))
        guard case .signedIn(let signedIn) = reply else { return #expect(Bool(false), "\(reply)") }
        #expect(signedIn.name == "ann")
        let read = try await client.request(.readMessages(.with { $0.channel.name = "#lobby" }))
        guard case .messageList(let list) = read else { return #expect(Bool(false), "\(read)") }
        #expect(list.messages.map(\.text) == ["kept"])
      }
    }

    @Test func operatorNeedsNoSignIn() async throws {
      try await TestServer.with { server in
        let client = try await TestClient.connect(adminSocket: server.running.addresses.adminSocket)
        let made = try await client.request(
          .addAccount(
            .with { ($0.name, $0.role, $0.password) = ("bob", .member, TestClient.password) }))
        #expect(made == .done(WireDone()))
        let invited = try await client.request(.createInvitation(WireCreateInvitation()))
        guard case .invitation(let invitation) = invited else {
          return #expect(Bool(false), "\(invited)")
        }
        #expect(invitation.link.hasPrefix("confab://127.0.0.1:\(server.port)/?pin="))
        #expect(invitation.webLink.hasPrefix("https://127.0.0.1:\(server.port)/#pin="))
        let bob = try await TestClient.connect(port: server.port)
        #expect(try await bob.signIn(name: "bob", password: "wrong password").refusalCode == 2001)
        guard case .signedIn = try await bob.signIn(name: "bob") else {
          return #expect(Bool(false), "bob could not sign in on the same connection")
        }
      }
    }

    @Test func goodbyeIsSaidWhenTheServerStops() async throws {
      var client: TestClient?
      try await TestServer.with { server in
        client = try await TestClient.connect(port: server.port)
        _ = try await client?.join(server.ownerInvitation, name: "ann")
      }
      #expect(try await client?.push().refusalCode == Rejection.Code.serverStopping.rawValue)
    }
  }
}
