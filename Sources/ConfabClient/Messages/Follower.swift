import ConfabDomain
package import ConfabWire
import Primitives

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
  }

  /// What is told of offers of files.
  package enum FileNews: Sendable {
    case offered(WireFileOffer)
    case answered(WireFileAnswered)
    case withdrawn(WireFileWithdrawn)
    case candidates(WireFileCandidates)
  }

  package typealias Handle = (Happening) async throws -> Void

  private let dialer: Dialer
  private let presence: Bool
  private let receivesFiles: Bool
  /// Nil follows every channel.
  private let only: UInt64?
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
  }

  /// Follows one channel from a position that is known.
  package init(_ dialer: Dialer, channel: UInt64, after position: UInt64) {
    self.dialer = dialer
    presence = false
    receivesFiles = false
    only = channel
    _ = cursors.begin(ChannelID(channel), at: position)
  }

  /// Runs until the task is cancelled, the session is ended, or `handle` throws.
  package mutating func run(_ handle: Handle) async throws {
    while true {
      do {
        let connection = try await dialer.dial()
        do {
          try await follow(connection, handle)
        } catch {
          cursors.disconnected()
          await connection.close()
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

  private mutating func follow(_ connection: Connection, _ handle: Handle) async throws {
    try await catchUp(connection, handle)
    backoff.reset()
    while true {
      for push in try await connection.pushes.next() {
        try await take(push, connection, handle)
      }
    }
  }

  // MARK: Catching up

  private mutating func catchUp(_ connection: Connection, _ handle: Handle) async throws {
    var subscribe = WireSubscribe()
    subscribe.presence = presence
    subscribe.canReceiveFiles = receivesFiles
    _ = try await connection.request(.subscribe(subscribe))
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
        throw ConnectionError.unreachable("The server gave an answer of the wrong kind.")
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
      guard follows(event.channel) else { return }
      try await perform(cursors.received(event), connection, handle)
    case .channelChanged(let info):
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
    default: break
    }
  }
}
