package import ConfabDomain

/// Follows channels without a gap and without a duplicate, whatever is lost or comes twice.
///
/// For each channel there is a cursor: the position of the newest event that was delivered. Positions
/// have no gaps, so the next event is the cursor's plus one; a later one is held back while what is
/// before it is fetched; an earlier one is a duplicate.
///
/// Order of use on each connection: Subscribe; ListChannels; `begin` for new channels and `behind`
/// for all; then perform the steps, and answer each `.fetch` with `fetched` or `fetchFailed`. After
/// Lagging do the same again. When the connection ends call `disconnected`.
package struct ChannelCursors: Sendable {
  package enum Step: Sendable, Equatable {
    /// The next event of its channel.
    case deliver(WireEvent)
    /// Send ReadEvents and hand the answer to `fetched`.
    case fetch(channel: ChannelID, afterPosition: UInt64)
  }

  private var cursors: [ChannelID: ChannelCursor] = [:]
  /// Positions heard of channels that have not begun: an event may overtake the list of channels.
  private var unbegun: [ChannelID: UInt64] = [:]

  package init() {}

  /// The newest position delivered; nil for a channel that has not begun.
  package func position(of channel: ChannelID) -> UInt64? { cursors[channel]?.delivered }

  /// Follow this channel from here on: what comes after `position` will be delivered. For a room
  /// that was left and joined again it moves the cursor forward, never back.
  package mutating func begin(_ channel: ChannelID, at position: UInt64) -> [Step] {
    guard cursors[channel] != nil || cursors.count < WireLimits.followedChannelsMax else {
      return []
    }
    let head = unbegun.removeValue(forKey: channel) ?? position
    var cursor = cursors[channel] ?? ChannelCursor(channel: channel, delivered: position)
    let steps = cursor.skip(to: position) + cursor.heard(of: head)
    cursors[channel] = cursor
    return steps
  }

  /// Stop following: the person left, or may no longer read it.
  package mutating func end(_ channel: ChannelID) {
    cursors[channel] = nil
    unbegun[channel] = nil
  }

  /// An event was told.
  package mutating func received(_ event: WireEvent) -> [Step] {
    let channel = ChannelID(event.channel)
    guard var cursor = cursors[channel] else {
      note(unbegun: channel, position: event.position)
      return []
    }
    // Held events must not be shared while they are changed.
    cursors[channel] = nil
    let steps = cursor.received(event)
    cursors[channel] = cursor
    return steps
  }

  /// An answer to ReadEvents came.
  package mutating func fetched(
    _ channel: ChannelID, _ events: [WireEvent], more: Bool
  ) -> [Step] {
    guard var cursor = cursors[channel] else { return [] }
    cursors[channel] = nil
    let steps = cursor.fetched(events, more: more)
    cursors[channel] = cursor
    return steps
  }

  /// ReadEvents was refused. What is missing is asked for again when something new is heard.
  package mutating func fetchFailed(_ channel: ChannelID) {
    cursors[channel]?.fetchFailed()
  }

  /// ListChannels, or a channel's news, say that the channel has come so far.
  package mutating func behind(_ channel: ChannelID, head: UInt64) -> [Step] {
    cursors[channel]?.heard(of: head) ?? []
  }

  /// Answers that were under way will not come; the cursors stay.
  package mutating func disconnected() {
    for channel in cursors.keys { cursors[channel]?.fetchFailed() }
    unbegun = [:]
  }

  private mutating func note(unbegun channel: ChannelID, position: UInt64) {
    guard unbegun[channel] != nil || unbegun.count < WireLimits.followedChannelsMax else { return }
    unbegun[channel] = max(unbegun[channel, default: 0], position)
  }
}
