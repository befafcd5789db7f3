import ConfabDomain
import ConfabServer
import ConfabWire
import Foundation
import Primitives
import SwiftProtobuf
import Testing

extension ServerTests {
  @Suite struct MeetingTests {
    @Test func twoPeopleAndAGuestMeet() async throws {
      try await TestServer.withOpenRegistration { server in
        let ann = try await owner(server)
        let bob = try await TestClient.connect(port: server.port)
        _ = try await bob.join(nil, name: "bob")
        try await bob.subscribe()
        let join = WireJoinMeeting.with {
          $0.channel.name = "#lobby"
          $0.microphone = true
        }
        guard case .meetingJoined(let joined) = try await bob.request(.joinMeeting(join)) else {
          Issue.record("not joined")
          return
        }
        #expect(joined.participants.map(\.name) == ["bob"])
        #expect(joined.limits.sdpBytesMax == 32_768)
        #expect(joined.key.count == 16)
        guard case .meetingJoined(let second) = try await ann.request(.joinMeeting(join)) else {
          Issue.record("not joined")
          return
        }
        #expect(second.participants.map(\.name) == ["bob", "ann"])
        #expect(second.host)
        let publish = WirePublishMedia.with { ($0.meeting, $0.sdp) = (second.info.meeting, "v=0") }
        #expect(
          try await ann.request(.publishMedia(publish)).refusalCode
            == Rejection.Code.mediaUnfit.rawValue, "that is no description")
        let link = WireCreateGuestLink.with { $0.channel.name = "#lobby" }
        guard case .invitation(let invitation) = try await ann.request(.createGuestLink(link))
        else {
          Issue.record("no link")
          return
        }
        let (page, secret) = try parts(of: invitation.webLink)
        #expect(page == "/room/lobby/meeting")
        let bea = try await TestClient.connect(port: server.port)
        let signIn = WireSignIn.with {
          $0.guest.secret = secret
          $0.guest.name = "bea"
        }
        guard case .signedIn(let signedIn) = try await bea.request(.signIn(signIn)),
          case .meetingJoined(let waiting) = try await bea.request(.joinMeeting(join))
        else {
          Issue.record("the guest does not come")
          return
        }
        #expect(signedIn.role == .guest)
        #expect(signedIn.name == "bea-guest")
        #expect(waiting.waiting)
        let admit = WireAnswerKnock.with {
          ($0.meeting, $0.participant, $0.admit) = (waiting.info.meeting, waiting.participant, true)
        }
        #expect(try await ann.request(.answerKnock(admit)) == .done(.init()))
        guard case .meetingAdmitted(let admitted) = try await bea.push() else {
          Issue.record("not let in")
          return
        }
        #expect(admitted.participants.map(\.name) == ["bob", "ann", "bea-guest"])
        let metrics = server.server.metrics.rendered()
        #expect(metrics.contains("\nconfab_meetings 1\n"))
        #expect(metrics.contains("\nconfab_meetings_joined_total 3\n"))
      }
    }

    @Test func aStoppedServerEndsMeetingsInTheHistory() async throws {
      let folder = TestServer.temporaryFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try await TestServer.with(folder: folder) { server in
        let ann = try await owner(server)
        let join = WireJoinMeeting.with { $0.channel.name = "#lobby" }
        _ = try await ann.request(.joinMeeting(join))
      }
      try await TestServer.with(folder: folder) { server in
        let ann = try await TestClient.connect(port: server.port)
        _ = try await ann.signIn(name: "ann")
        let read = WireReadEvents.with { $0.channel = 1 }
        guard case .eventList(let list) = try await ann.request(.readEvents(read)) else {
          Issue.record("no events")
          return
        }
        #expect(list.events.map(\.isMeeting) == [true, true])
        #expect(list.events.last?.meetingEnded.reason == .serverStopped)
        #expect(list.events.last?.meetingEnded.attendances.map(\.name) == ["ann"])
      }
    }

    @Test func aCodeSignsABrowserInOnce() async throws {
      try await TestServer.with { server in
        let ann = try await owner(server)
        guard case .signInCode(let code) = try await ann.request(.createSignInCode(.init()))
        else {
          Issue.record("no code")
          return
        }
        #expect(code.webAddress.hasPrefix("https://"))
        #expect(code.pin.count == 43)
        let signIn = WireSignIn.with { $0.code.code = code.code }
        let browser = try await TestClient.connect(port: server.port)
        guard case .signedIn(let signedIn) = try await browser.request(.signIn(signIn)) else {
          Issue.record("not signed in")
          return
        }
        #expect(signedIn.name == "ann")
        #expect(signedIn.token.count == 32)
        let thief = try await TestClient.connect(port: server.port)
        #expect(
          try await thief.request(.signIn(signIn)).refusalCode
            == Rejection.Code.signInCodeInvalid.rawValue)
      }
    }

    private func owner(_ server: TestServer) async throws -> TestClient {
      let client = try await TestClient.connect(port: server.port)
      _ = try await client.join(server.ownerInvitation, name: "ann")
      return client
    }

    /// The page's path and the guest's secret.
    private func parts(of link: String) throws -> (String, Data) {
      let url = try #require(URL(string: link))
      let fragment = try #require(url.fragment)
      let pairs = fragment.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
      let secret = try #require(pairs.first { $0[0] == "guest" }?.last)
      return (url.path, Data(try #require([UInt8](base64URL: secret))))
    }
  }
}

extension WireEvent {
  fileprivate var isMeeting: Bool {
    switch body {
    case .meetingStarted, .meetingEnded: true
    default: false
    }
  }
}
