import ConfabDomain
package import ConfabWire
import NIOCore
import Primitives
import SwiftProtobuf

/// Tells what happens in a person's channels without a gap and without a duplicate, over as many
/// connections as it takes.
///
/// It subscribes first, then asks where each channel stands, then fetches what it missed.
package struct Follower {
  package enum Happening: Sendable {
    /// Signed in and subscribed. What was missed follows.
    case connected(Connection, channels: [WireChannelInfo])
    /// Everything that was missed has been told.
    case caughtUp
    case lost(reason: String, nextAttempt: Duration)
    case event(WireEvent, in: WireChannelInfo)
    case channelChanged(WireChannelInfo, was: WireChannelInfo?)
    case channelGone(WireChannelGone)
    case presence(WirePresence)
    case device(WireDeviceNotice)
    case file(FileNews)
    case meeting(MeetingNews)
  }

  /// What is told of meetings: of every channel's that there is one, and more of one that this
  /// connection watches.
  package enum MeetingNews: Sendable {
    case changed(WireMeetingInfo)
    case participant(meeting: UInt64, WireParticipant, by: String)
    case left(WireParticipantLeft)
    case speaking(WireSpeaking)
    case gone(WireMeetingGone)
  }

  /// What is told of offers of files.
  package enum FileNews: Sendable {
    case offered(WireFileOffer)
    case answered(WireFileAnswered)
    case withdrawn(WireFileWithdrawn)
    case candidates(WireFileCandidates)
  }

  package typealias Handle = (Happening) async throws -> Void
  /// Asks the server for something on each connection, right behind SignIn.
  package typealias Begin = @Sendable (OpeningConnection) async throws -> Void

  /// What is under way while a connection is being made.
  private struct Opening {
    var subscribed: EventLoopFuture<WireServerFrame.OneOf_Body>
    var begun: Task<Void, any Error>
  }

  private let dialer: Dialer
  private let presence: Bool
  private let receivesFiles: Bool
  /// Nil follows every channel.
  private let only: UInt64?
  /// Set where only offers of files count: nothing of the channels is fetched then.
  private let begin: Begin?
  private var cursors = ChannelCursors()
  private var channels: [UInt64: WireChannelInfo] = [:]
  private var isResuming = false
  private var backoff = Backoff(seed: .random(in: 0 ... .max))

  /// Follows everything from now on.
  ///
  /// - Parameter receivesFiles: offers of files come with what answering them takes, and others see
  ///   that this person can receive.
  package init(_ dialer: Dialer, presence: Bool, receivesFiles: Bool = false) {
    self.dialer = dialer
    self.presence = presence
    self.receivesFiles = receivesFiles
    only = nil
    begin = nil
  }

  /// Follows offers of files and nothing else, with as few round trips as can be: what `begin` asks for
  /// is on its way with SignIn. `connected` names no channels.
  package init(
    filesOver dialer: Dialer, receives: Bool, begin: @escaping Begin = { _ in }
  ) {
    self.dialer = dialer
    presence = false
    receivesFiles = receives
    only = nil
    self.begin = begin
  }

  /// Follows one channel from a position that is known.
  package init(_ dialer: Dialer, channel: UInt64, after position: UInt64) {
    self.dialer = dialer
    presence = false
    receivesFiles = false
    only = channel
    begin = nil
    _ = cursors.begin(ChannelID(channel), at: position)
  }

  /// Runs until the task is cancelled, the session is ended, or `handle` throws.
  package mutating func run(_ handle: Handle) async throws {
    while true {
      do {
        var opening: Opening?
        let connection = try await dialer.dial { opening = begin(over: $0) }
        do {
          try await follow(connection, opening, handle)
        } catch {
          cursors.disconnected()
          // A command that has done what it was for does not wait for farewells.
          if Task.isCancelled { connection.leave() } else { await connection.close() }
          throw error
        }
      } catch  where Dialer.mayPass(error) {
        let wait = Dialer.wait(after: error, backoff.next())
        try await handle(.lost(reason: words(for: error), nextAttempt: wait))
        try await Task.sleep(for: wait)
      }
    }
  }

  private func words(for error: any Error) -> String {
    (error as? Rejection)?.message ?? "\(error)"
  }

  private func begin(over connection: OpeningConnection) -> Opening? {
    begin.map { begin in
      Opening(
        subscribed: connection.submit(.subscribe(subscription)),
        begun: Task { try await begin(connection) })
    }
  }

  private mutating func follow(
    _ connection: Connection, _ opening: Opening?, _ handle: Handle
  ) async throws {
    if let opening {
      _ = try await opening.subscribed.get()
      try await handle(.connected(connection, channels: []))
      try await opening.begun.value
      try await handle(.caughtUp)
    } else {
      try await catchUp(connection, handle)
    }
    backoff.reset()
    while true {
      for push in try await connection.pushes.next() {
        try await take(push, connection, handle)
      }
    }
  }

  // MARK: Catching up

  private var subscription: WireSubscribe {
    .with {
      $0.presence = presence
      $0.canReceiveFiles = receivesFiles
    }
  }

  private mutating func catchUp(_ connection: Connection, _ handle: Handle) async throws {
    _ = try await connection.request(.subscribe(subscription))
    // Waiting offers are told anew after subscribing.
    guard begin == nil else { return }
    let infos = try await connection.channels(notJoined: false)
    channels = [:]
    for info in infos { channels[info.id] = info }
    try await handle(.connected(connection, channels: infos))
    for info in infos where follows(info.id) {
      try await perform(begin(info), connection, handle)
    }
    isResuming = true
    try await handle(.caughtUp)
  }

  private func follows(_ channel: UInt64) -> Bool { only == nil || only == channel }

  /// A channel that is new to this follower: from now on at the start, and for rooms that everybody
  /// may read; otherwise from the beginning of what one may read, because all of it is news.
  private mutating func begin(_ info: WireChannelInfo) -> [ChannelCursors.Step] {
    let channel = ChannelID(info.id)
    var steps: [ChannelCursors.Step] = []
    if cursors.position(of: channel) == nil {
      let isPersonal = info.kind == .private || info.kind == .direct
      let start = isResuming && isPersonal ? info.visibleAfterPosition : info.position
      steps = cursors.begin(channel, at: start)
    } else if cursors.position(of: channel) ?? 0 < info.visibleAfterPosition {
      // Left and joined again: what lies between is not for this person.
      steps = cursors.begin(channel, at: info.visibleAfterPosition)
    }
    return steps + cursors.behind(channel, head: info.position)
  }

  private mutating func perform(
    _ steps: [ChannelCursors.Step], _ connection: Connection, _ handle: Handle
  ) async throws {
    var steps = steps[...]
    while let step = steps.popFirst() {
      switch step {
      case .deliver(let event):
        guard let info = channels[event.channel] else { continue }
        try await handle(.event(event, in: info))
      case .fetch(let channel, let position):
        steps += try await fetch(channel, after: position, connection)
      }
    }
  }

  private mutating func fetch(
    _ channel: ChannelID, after position: UInt64, _ connection: Connection
  ) async throws -> [ChannelCursors.Step] {
    var read = WireReadEvents()
    read.channel = channel.rawValue
    read.afterPosition = position
    do {
      guard case .eventList(let list) = try await connection.request(.readEvents(read)) else {
        throw ConnectionError.wrongAnswer
      }
      return cursors.fetched(channel, list.events, more: list.more)
    } catch let rejection as Rejection where !rejection.mayPass {
      // No longer ours to read.
      cursors.end(channel)
      return []
    }
  }

  // MARK: News

  private mutating func take(
    _ push: WireServerFrame.OneOf_Body, _ connection: Connection, _ handle: Handle
  ) async throws {
    switch push {
    case .event(let event):
      guard begin == nil, follows(event.channel) else { return }
      try await perform(cursors.received(event), connection, handle)
    case .channelChanged(let info):
      guard begin == nil else { return }
      let old = channels.updateValue(info, forKey: info.id)
      try await handle(.channelChanged(info, was: old))
      if follows(info.id) {
        try await perform(begin(info), connection, handle)
      }
    case .channelGone(let gone):
      channels[gone.channel] = nil
      cursors.end(ChannelID(gone.channel))
      try await handle(.channelGone(gone))
    case .presence(let person): try await handle(.presence(person))
    case .deviceNotice(let notice): try await handle(.device(notice))
    case .fileOffered(let offer): try await handle(.file(.offered(offer)))
    case .fileAnswered(let answer): try await handle(.file(.answered(answer)))
    case .fileWithdrawn(let end): try await handle(.file(.withdrawn(end)))
    case .fileCandidates(let candidates): try await handle(.file(.candidates(candidates)))
    case .lagging: try await catchUp(connection, handle)
    default:
      if let news = MeetingNews(push) { try await handle(.meeting(news)) }
    }
  }
}

extension Follower.MeetingNews {
  fileprivate init?(_ push: WireServerFrame.OneOf_Body) {
    switch push {
    case .meetingChanged(let info): self = .changed(info)
    case .participantChanged(let change):
      self = .participant(meeting: change.meeting, change.participant, by: change.by)
    case .participantLeft(let left): self = .left(left)
    case .speaking(let speaking): self = .speaking(speaking)
    case .meetingGone(let gone): self = .gone(gone)
    default: return nil
    }
  }
}
