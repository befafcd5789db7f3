import ConfabDomain

/// Where a client stands in one channel.
struct ChannelCursor: Sendable {
  let channel: ChannelID
  /// The newest position that was delivered, or that need not be.
  private(set) var delivered: UInt64
  /// The newest position that we know to exist.
  private var head: UInt64
  /// Told ahead of their turn, ascending by position.
  private var held: [WireEvent] = []
  /// While a ReadEvents is under way: the head when it was sent. Its last page holds everything up to
  /// there that we may see, because nothing is told before it can be read.
  private var fetchingThrough: UInt64?

  init(channel: ChannelID, delivered: UInt64) {
    self.channel = channel
    self.delivered = delivered
    head = delivered
  }

  mutating func skip(to position: UInt64) -> [ChannelCursors.Step] {
    guard position > delivered else { return [] }
    delivered = position
    return deliverHeld()
  }

  mutating func heard(of position: UInt64) -> [ChannelCursors.Step] {
    head = max(head, position)
    return fetchIfBehind()
  }

  mutating func received(_ event: WireEvent) -> [ChannelCursors.Step] {
    guard event.position > delivered else { return [] }
    head = max(head, event.position)
    guard event.position == delivered + 1 else {
      hold(event)
      return fetchIfBehind()
    }
    delivered = event.position
    return [.deliver(event)] + deliverHeld()
  }

  mutating func fetched(_ events: [WireEvent], more: Bool) -> [ChannelCursors.Step] {
    guard let through = fetchingThrough else { return [] }
    fetchingThrough = nil
    var steps: [ChannelCursors.Step] = []
    for event in events where event.position > delivered {
      // A jump within a page is a part of the channel that we may not see.
      delivered = event.position
      steps.append(.deliver(event))
    }
    head = max(head, delivered)
    // A page that is empty and promises more would be asked for again for ever.
    if more && !events.isEmpty { return steps + deliverHeld() + fetch() }
    steps += deliverHeld(through: through)
    return steps + deliverHeld() + fetchIfBehind()
  }

  mutating func fetchFailed() {
    fetchingThrough = nil
  }

  /// Beyond the limit the event is forgotten, and `head` sees to it that it is fetched.
  private mutating func hold(_ event: WireEvent) {
    guard held.count < WireLimits.heldEventsMax else { return }
    var index = held.endIndex
    while index > 0, held[index - 1].position > event.position { index -= 1 }
    guard index == 0 || held[index - 1].position < event.position else { return }
    held.insert(event, at: index)
  }

  private mutating func deliverHeld() -> [ChannelCursors.Step] {
    var steps: [ChannelCursors.Step] = []
    var used = 0
    for event in held {
      if event.position == delivered + 1 {
        delivered = event.position
        steps.append(.deliver(event))
      } else if event.position > delivered {
        break
      }
      used += 1
    }
    held.removeFirst(used)
    return steps
  }

  /// Everything up to `position` is here, or will never be ours to see.
  private mutating func deliverHeld(through position: UInt64) -> [ChannelCursors.Step] {
    let count = held.firstIndex { $0.position > position } ?? held.count
    let steps = held.prefix(count).filter { $0.position > delivered }
    held.removeFirst(count)
    delivered = max(delivered, position)
    return steps.map { .deliver($0) }
  }

  private mutating func fetchIfBehind() -> [ChannelCursors.Step] {
    guard head > delivered, fetchingThrough == nil else { return [] }
    return fetch()
  }

  private mutating func fetch() -> [ChannelCursors.Step] {
    fetchingThrough = head
    return [.fetch(channel: channel, afterPosition: delivered)]
  }
}
