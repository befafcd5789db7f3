import ConfabDomain
import ConfabServer
import ConfabWire
import Foundation
import SwiftProtobuf
import Testing

extension ServerTests {
  /// Browsers: the same protocol in JSON, over WebSocket, with the same rules.
  @Suite struct WebSocketTests {
    @Test func browsersAndProgramsTalkToEachOther() async throws {
      try await TestServer.withOpenRegistration { server in
        let ann = try await TestBrowser.connect(port: server.port)
        guard case .signedIn(let signedIn) = try await ann.join(nil, name: "ann") else {
          return #expect(Bool(false), "ann could not join")
        }
        #expect(signedIn.token.count == WireLimits.tokenBytes)
        let ben = try await TestClient.connect(port: server.port)
        _ = try await ben.join(nil, name: "ben")
        try await ann.request(.subscribe(.with { $0.presence = true }))
        try await ben.subscribe()
        guard case .sent(let sent) = try await ben.broadcast("hi <b>ann</b> \u{1F44B} \u{2028}")
        else { return #expect(Bool(false), "ben could not send") }
        while true {
          let push = try await ann.push()
          guard let text = push.postedText else { continue }
          #expect(text == "hi <b>ann</b> \u{1F44B} \u{2028}")
          break
        }
        // Protobuf's JSON mapping: 64-bit numbers are strings, names are in lowerCamelCase.
        #expect(ann.lastText.contains("\"position\":\"\(sent.position)\""))
        let text = String(repeating: "\"\\ ", count: 1_000)
        try await ann.request(.send(TestClient.message(text)))
        #expect(try await ben.push().postedText == "hi <b>ann</b> \u{1F44B} \u{2028}")
        #expect(try await ben.push().postedText == text)
        guard
          case .messageList(let list) = try await ann.request(
            .readMessages(
              .with {
                $0.channel.name = "#lobby"
              }))
        else { return #expect(Bool(false), "no history") }
        #expect(list.messages.map(\.from) == ["ben", "ann"])
        #expect(server.server.metrics.rendered().contains("\nconfab_web_sessions 1\n"))
      }
    }

    @Test func onlyOurOwnPagesConnect() async throws {
      try await TestServer.with { server in
        let port = server.port
        _ = try await TestBrowser.connect(port: port, origin: "https://127.0.0.1:\(port)")
        for (origin, version, path, status) in [
          ("https://evil.example", 13, "/socket", "403"),
          ("http://127.0.0.1:\(port)", 13, "/socket", "403"), ("null", 13, "/socket", "403"),
          ("https://127.0.0.1:\(port)", 12, "/socket", "426"),
          ("https://127.0.0.1:\(port)", 13, "/sockets", "404"),
        ] {
          do {
            _ = try await TestBrowser.open(
              port: port, path: path, origin: origin, version: version)
            #expect(Bool(false), "\(origin), version \(version) was let in")
          } catch let error as TestBrowser.NotUpgraded {
            #expect(error.answer.hasPrefix("HTTP/1.1 \(status)"), "\(error.answer)")
          }
        }
      }
    }

    @Test func fragmentsAreJoinedAndPingsAnswered() async throws {
      try await TestServer.withOpenRegistration { server in
        let ann = try await TestBrowser.connect(port: server.port)
        _ = try await ann.join(nil, name: "ann")
        try await ann.send(0x01, Array(#"{"request":"77","#.utf8))
        try await ann.send(0x89, Array("are you there".utf8))
        try await ann.send(0x00, Array(#""pi"#.utf8))
        try await ann.send(0x80, Array(#"ng":{}}"#.utf8))
        let frame = try await ann.frame()
        #expect(frame.replyTo == 77)
        #expect(frame.body == .done(WireDone()))
        #expect(ann.pongs == [Array("are you there".utf8)])
        // Each of them fills several reads.
        let space = [UInt8](repeating: 0x20, count: 20_000)
        try await ann.send(0x01, Array(#"{"request":"78","#.utf8) + space)
        try await ann.send(0x00, space)
        try await ann.send(0x80, space + Array(#""ping":{}}"#.utf8))
        #expect(try await ann.frame().replyTo == 78)
      }
    }

    @Test func whatBreaksTheRulesIsToldAndClosed() async throws {
      try await TestServer.withOpenRegistration { server in
        let port = server.port
        var words = ""
        func end(
          signedIn: Bool = false, _ act: (TestBrowser) async throws -> Void
        ) async throws -> (UInt32?, UInt16?) {
          let browser = try await TestBrowser.connect(port: port)
          if signedIn { _ = try await browser.join(nil, name: "n\(UUID().uuidString.prefix(8))") }
          try await act(browser)
          try await browser.readToEnd()
          words = browser.lastText
          return (browser.pushes.last?.refusalCode, browser.closeCode)
        }
        let long = [UInt8](repeating: 0x20, count: WireLimits.preSignInBytesMax)
        #expect(try await end { try await $0.send(0x81, long) } == (1007, 1008))
        // In fragments, each of which would fit.
        let part = Array(long.prefix(4_000))
        let stream = [UInt8](
          [0x01, 0x00, 0x00].map { TestBrowser.frame($0, part) }.joined())
        let fragments = try await end { try await $0.sendRaw(stream) }
        #expect(fragments == (1007, 1008), "\(words)")
        let apart = try await end { browser in
          for first: UInt8 in [0x01, 0x00, 0x00] { try await browser.send(first, part) }
        }
        #expect(apart == (1007, 1008), "\(words)")
        let longer = [UInt8](repeating: 0x20, count: WireLimits.frameBytesMax + 1)
        #expect(try await end(signedIn: true) { try await $0.send(0x81, longer) } == (1002, 1009))
        #expect(try await end { try await $0.send(0x82, [8, 1]) } == (1001, 1002))
        #expect(try await end { try await $0.send(0x81, Array("{".utf8)) } == (1001, 1002))
        #expect(try await end { try await $0.send(0x81, [0xFF, 0xFE]) } == (1001, 1002))
        #expect(try await end { try await $0.send(0x80, [0x20]) } == (1001, 1002))
        // Not masked.
        #expect(try await end { try await $0.sendRaw([0x81, 1, 0x20]) } == (1001, 1002))
        let deep = String(repeating: "{\"hello\":", count: 30)
        #expect(try await end { try await $0.send(text: deep) } == (1001, 1002))
        // A good end.
        #expect(try await end { try await $0.send(0x88, [3, 232]) } == (nil, 1000))
      }
    }

    @Test func aSlowBrowserIsLeftBehindToo() async throws {
      try await TestServer.withOpenRegistration { server in
        let ann = try await TestClient.connect(port: server.port)
        _ = try await ann.join(nil, name: "ann")
        let slow = try await TestBrowser.connect(port: server.port)
        _ = try await slow.join(nil, name: "slow")
        try await slow.request(.subscribe(WireSubscribe()))
        try await slow.pause()
        let text = String(repeating: "x", count: 8_000)
        var count = 0
        while !server.server.metrics.rendered().contains("\nconfab_lagging_total 1\n"),
          count < 4_000
        {
          guard case .sent = try await ann.broadcast(text) else {
            return #expect(Bool(false), "message \(count) was refused")
          }
          count += 1
        }
        try await slow.resume()
        var heard = 0
        while true {
          let push = try await slow.push()
          if case .lagging = push { break }
          #expect(push.postedText == text)
          heard += 1
        }
        #expect(heard < count)
        // It subscribes again and fetches what it missed.
        try await slow.request(.subscribe(WireSubscribe()))
        guard
          case .eventList(let missed) = try await slow.request(
            .readEvents(
              .with {
                $0.channel = 1
                $0.afterPosition = UInt64(heard)
                $0.limit = 1
              }))
        else { return #expect(Bool(false), "nothing could be fetched") }
        #expect(missed.events.count == 1)
      }
    }

    @Test func lockoutAndSignOutAndTheServersEnd() async throws {
      var last: TestBrowser?
      try await TestServer.withOpenRegistration { server in
        let ann = try await TestBrowser.connect(port: server.port)
        _ = try await ann.join(nil, name: "ann")
        let guesser = try await TestBrowser.connect(port: server.port)
        func guess(_ password: String) async throws -> UInt32? {
          try await guesser.request(
            .signIn(
              .with {
                $0.password.name = "ann"
                $0.password.password = password
              })
          ).refusalCode
        }
        for code: UInt32 in [2001, 2001, 2002] {
          #expect(try await guess("wrong password") == code)
        }
        #expect(try await guess(TestClient.password) == 2002)
        #expect(try await ann.request(.signOut(WireSignOut())) == .done(WireDone()))
        try await ann.readToEnd()
        let ben = try await TestBrowser.connect(port: server.port)
        _ = try await ben.join(nil, name: "ben")
        last = ben
      }
      let ben = try #require(last)
      try await ben.readToEnd()
      #expect(ben.pushes.last?.refusalCode == Rejection.Code.serverStopping.rawValue)
      #expect(ben.closeCode == 1001)
    }
  }
}
