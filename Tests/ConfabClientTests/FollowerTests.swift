import ConfabClient
import ConfabDomain
import ConfabWire
import Synchronization
import Testing

@Suite struct FollowerTests {
  private struct Enough: Error {}

  private static func info(_ id: UInt64, position: UInt64) -> WireChannelInfo {
    var info = WireChannelInfo()
    info.id = id
    info.label = id == 1 ? "#lobby" : "@bob"
    info.kind = id == 1 ? .lobby : .direct
    info.position = position
    info.joined = true
    return info
  }

  private static func list(_ infos: WireChannelInfo...) -> FakeServer.Answer {
    var list = WireChannelList()
    list.channels = infos
    return .reply(.channelList(list))
  }

  private static func event(_ channel: UInt64, _ position: UInt64) -> WireEvent {
    var message = WireMessage()
    message.sequence = position
    message.text = "\(channel)/\(position)"
    var event = WireEvent()
    event.channel = channel
    event.position = position
    event.body = .posted(message)
    return event
  }

  private static func events(_ channel: UInt64, _ positions: ClosedRange<UInt64>)
    -> FakeServer.Answer
  {
    var list = WireEventList()
    list.events = positions.map { event(channel, $0) }
    return .reply(.eventList(list))
  }

  /// Follows until so many messages have come.
  private func texts(_ count: Int, from server: FakeServer) async throws -> [String] {
    var follower = Follower(server.dialer, presence: true)
    var texts: [String] = []
    do {
      try await follower.run { happening in
        guard case .event(let event, _) = happening, case .posted(let message) = event.body else {
          return
        }
        texts.append(message.text)
        if texts.count == count { throw Enough() }
      }
    } catch is Enough {}
    return texts
  }

  @Test func beginsNowAndFillsGaps() async throws {
    let server = try await FakeServer { _, body in
      switch body {
      case .subscribe: return [.reply(.done(WireDone()))]
      case .listChannels:
        return [
          Self.list(Self.info(1, position: 5)),
          // One is a duplicate, the next, and one after a gap.
          .push(.event(Self.event(1, 5))), .push(.event(Self.event(1, 6))),
          .push(.event(Self.event(1, 9))),
        ]
      case .readEvents(let read):
        #expect(read.afterPosition == 6)
        return [Self.events(1, 7...9)]
      default: return []
      }
    }
    #expect(try await texts(4, from: server) == ["1/6", "1/7", "1/8", "1/9"])
    try await server.stop()
  }

  @Test func fetchesWhatItMissedWhileAway() async throws {
    let server = try await FakeServer { connection, body in
      switch (connection, body) {
      case (_, .subscribe): return [.reply(.done(WireDone()))]
      case (1, .listChannels):
        return [
          Self.list(Self.info(1, position: 0)), .push(.event(Self.event(1, 1))), .close,
        ]
      // Meanwhile bob has written for the first time.
      case (_, .listChannels):
        return [Self.list(Self.info(1, position: 3), Self.info(2, position: 2))]
      case (_, .readEvents(let read)):
        return read.channel == 1 ? [Self.events(1, 2...3)] : [Self.events(2, 1...2)]
      default: return []
      }
    }
    #expect(try await texts(5, from: server) == ["1/1", "1/2", "1/3", "2/1", "2/2"])
    try await server.stop()
  }

  @Test func catchesUpAfterLagging() async throws {
    let lists = Mutex(0)
    let server = try await FakeServer { _, body in
      switch body {
      case .subscribe: return [.reply(.done(WireDone()))]
      case .listChannels:
        let isFirst = lists.withLock { lists in
          lists += 1
          return lists == 1
        }
        return isFirst
          ? [
            Self.list(Self.info(1, position: 0)), .push(.event(Self.event(1, 1))),
            .push(.lagging(WireLagging())),
          ] : [Self.list(Self.info(1, position: 4))]
      case .readEvents(let read):
        #expect(read.afterPosition == 1)
        return [Self.events(1, 2...4)]
      default: return []
      }
    }
    #expect(try await texts(4, from: server) == ["1/1", "1/2", "1/3", "1/4"])
    try await server.stop()
  }

  @Test func endsWhenTheSessionEnds() async throws {
    let server = try await FakeServer { _, body in
      switch body {
      case .subscribe: return [.refuse(Rejection(.sessionUnknown, "The session was ended."))]
      default: return []
      }
    }
    var follower = Follower(server.dialer, presence: false)
    let error = await #expect(throws: Rejection.self) { try await follower.run { _ in } }
    #expect(error?.code == .sessionUnknown)
    try await server.stop()
  }

  /// Whoever only cares for offers asks for nothing else, and what it begins with waits for no answer.
  @Test func offersNeedNoChannels() async throws {
    let server = try await FakeServer { _, body in
      switch body {
      case .who: [.reply(.done(WireDone())), .push(.fileWithdrawn(WireFileWithdrawn()))]
      default: [.reply(.done(WireDone()))]
      }
    }
    var follower = Follower(filesOver: server.dialer, receives: true) {
      _ = try await $0.request(.who(WireWho()))
    }
    var told: [String] = []
    do {
      try await follower.run { happening in
        switch happening {
        case .connected(_, let channels): told.append("connected, \(channels.count) channels")
        case .caughtUp: told.append("caught up")
        case .file(.withdrawn): throw Enough()
        default: told.append("\(happening)")
        }
      }
    } catch is Enough {}
    #expect(told == ["connected, 0 channels", "caught up"])
    let asked = server.requests.map(\.body)
    #expect(asked.count == 2)
    guard case .subscribe(let subscribe)? = asked.first, case .who? = asked.last else {
      return #expect(Bool(false), "asked \(asked)")
    }
    #expect(subscribe.canReceiveFiles && !subscribe.presence)
    try await server.stop()
  }
}
