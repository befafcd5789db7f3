import ConfabDomain
import ConfabWire
import Primitives
import Testing

@Suite struct ChannelCursorsTests {
  /// Whatever the network does, each event is delivered once and in order.
  @Test(arguments: 1...300) func deliversEverythingOnceAndInOrder(seed: UInt64) {
    var world = FollowerWorld(seed: seed)
    for _ in 0..<400 { world.step() }
    world.settle()
    for channel in world.channels {
      #expect(
        world.delivered[channel, default: []] == world.visible(channel), "channel \(channel)")
    }
    #expect(world.fetches < 2_000)
  }

  @Test func holdsBackAndFetchesTheGap() {
    var cursors = ChannelCursors()
    #expect(cursors.begin(plans, at: 3).isEmpty)
    #expect(cursors.received(event(4)) == [.deliver(event(4))])
    #expect(cursors.received(event(4)).isEmpty)
    #expect(cursors.received(event(7)) == [.fetch(channel: plans, afterPosition: 4)])
    #expect(cursors.received(event(8)).isEmpty)
    #expect(
      cursors.fetched(plans, [event(5), event(6)], more: false)
        == [5, 6, 7, 8].map { .deliver(event($0)) })
    #expect(cursors.position(of: plans) == 8)
  }

  @Test func aPageGoesOnWhereTheLastEnded() {
    var cursors = ChannelCursors()
    _ = cursors.begin(plans, at: 0)
    #expect(cursors.behind(plans, head: 4) == [.fetch(channel: plans, afterPosition: 0)])
    #expect(
      cursors.fetched(plans, [event(1), event(2)], more: true)
        == [
          .deliver(event(1)), .deliver(event(2)), .fetch(channel: plans, afterPosition: 2),
        ])
    #expect(
      cursors.fetched(plans, [event(3), event(4)], more: false)
        == [.deliver(event(3)), .deliver(event(4))])
  }

  @Test func aPageThatHoldsLessThanWasToldDoesNotLoseIt() {
    var cursors = ChannelCursors()
    _ = cursors.begin(plans, at: 4)
    _ = cursors.received(event(7))
    _ = cursors.received(event(8))
    #expect(
      cursors.fetched(plans, [event(5)], more: false)
        == [5, 7, 8].map { .deliver(event($0)) })
  }

  @Test func aPageThatEndsBehindWhatWasToldAsksForWhatIs() {
    var cursors = ChannelCursors()
    _ = cursors.begin(plans, at: 0)
    _ = cursors.behind(plans, head: 2)
    _ = cursors.received(event(1))
    _ = cursors.received(event(2))
    #expect(
      cursors.fetched(plans, [event(1)], more: true)
        == [.fetch(channel: plans, afterPosition: 2)])
    // The answer is empty, and what happens next must not be skipped.
    #expect(cursors.fetched(plans, [], more: false).isEmpty)
    #expect(cursors.received(event(3)) == [.deliver(event(3))])
  }

  @Test func whatMayNotBeSeenIsSkipped() {
    var cursors = ChannelCursors()
    _ = cursors.begin(plans, at: 2)
    #expect(cursors.behind(plans, head: 9) == [.fetch(channel: plans, afterPosition: 2)])
    // Left at 3 and joined again at 8: the server shows what comes from there.
    #expect(
      cursors.fetched(plans, [event(8), event(9)], more: false)
        == [.deliver(event(8)), .deliver(event(9))])
    #expect(cursors.behind(plans, head: 12) == [.fetch(channel: plans, afterPosition: 9)])
    #expect(cursors.fetched(plans, [], more: false).isEmpty)
    #expect(cursors.position(of: plans) == 12)
  }

  @Test func anEventThatOvertakesTheListIsNotLost() {
    var cursors = ChannelCursors()
    #expect(cursors.received(event(5)).isEmpty)
    #expect(cursors.begin(plans, at: 4) == [.fetch(channel: plans, afterPosition: 4)])
    #expect(cursors.fetched(plans, [event(5)], more: false) == [.deliver(event(5))])
  }

  @Test func anEmptyPageThatPromisesMoreEndsTheAsking() {
    var cursors = ChannelCursors()
    _ = cursors.begin(plans, at: 0)
    _ = cursors.behind(plans, head: 9)
    #expect(cursors.fetched(plans, [], more: true).isEmpty)
  }

  @Test func whatIsHeldBackIsBounded() {
    var cursors = ChannelCursors()
    _ = cursors.begin(plans, at: 0)
    let count = UInt64(WireLimits.heldEventsMax + 100)
    for position in 2...count { _ = cursors.received(event(position)) }
    let steps = cursors.fetched(plans, [event(1)], more: false)
    // Delivered is what was held; what was forgotten is fetched.
    #expect(steps.first == .deliver(event(1)))
    #expect(
      steps.last == .fetch(channel: plans, afterPosition: UInt64(WireLimits.heldEventsMax) + 1))
  }

  private let plans = ChannelID(4)
  private func event(_ position: UInt64) -> WireEvent {
    var event = WireEvent()
    (event.channel, event.position) = (plans.rawValue, position)
    return event
  }
}

/// A server that tells events, and a network that loses, repeats and reorders them.
private struct FollowerWorld {
  let channels = [1, 2, 3].map { ChannelID($0) }
  var random: SeededRandom
  var cursors = ChannelCursors()
  var heads: [ChannelID: UInt64] = [:]
  var begins: [ChannelID: UInt64] = [:]
  var toTell: [WireEvent] = []
  var toFetch: [(channel: ChannelID, afterPosition: UInt64)] = []
  var delivered: [ChannelID: [UInt64]] = [:]
  var fetches = 0
  /// Each seed leaves some kinds of trouble out, so that others are seen alone.
  let loss: Double
  let repeats: Double
  let reorders: Bool

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    loss = random.chance(0.5) ? 0.2 : 0
    repeats = random.chance(0.5) ? 0.2 : 0
    reorders = random.chance(0.5)
    for channel in channels { heads[channel] = UInt64.random(in: 0...20, using: &random) }
  }

  func visible(_ channel: ChannelID) -> [UInt64] {
    guard let begin = begins[channel], let head = heads[channel], head > begin else { return [] }
    return Array(begin + 1...head)
  }

  mutating func step() {
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<9: happen()
    case 9..<14: hear()
    case 14..<17: answerFetch()
    case 17: begin()
    case 18: learnHeads()
    default: if random.chance(0.2) { reconnect() }
    }
  }

  mutating func happen() {
    let channel = channels[Int.random(in: 0..<channels.count, using: &random)]
    let position = heads[channel, default: 0] + 1
    heads[channel] = position
    let event = makeEvent(channel, position)
    if !random.chance(loss) { toTell.append(event) }
    if random.chance(repeats) { toTell.append(event) }
  }

  mutating func hear() {
    guard !toTell.isEmpty else { return }
    let index = reorders ? Int.random(in: 0..<toTell.count, using: &random) : 0
    perform(cursors.received(toTell.remove(at: index)))
  }

  mutating func answerFetch() {
    guard !toFetch.isEmpty else { return }
    let (channel, after) = toFetch.remove(at: Int.random(in: 0..<toFetch.count, using: &random))
    if random.chance(0.1) { return cursors.fetchFailed(channel) }
    let pageMax = UInt64.random(in: 1...10, using: &random)
    let head = heads[channel, default: 0]
    let end = min(head, after + pageMax)
    let page = after < end ? (after + 1...end).map { makeEvent(channel, $0) } : []
    perform(cursors.fetched(channel, page, more: end < head))
  }

  mutating func begin() {
    let channel = channels[Int.random(in: 0..<channels.count, using: &random)]
    guard begins[channel] == nil else { return }
    let position = UInt64.random(in: 0...heads[channel, default: 0], using: &random)
    begins[channel] = position
    perform(cursors.begin(channel, at: position))
    perform(cursors.behind(channel, head: heads[channel, default: 0]))
  }

  mutating func learnHeads() {
    for channel in channels where begins[channel] != nil {
      perform(cursors.behind(channel, head: heads[channel, default: 0]))
    }
  }

  mutating func reconnect() {
    toTell = []
    toFetch = []
    cursors.disconnected()
    learnHeads()
  }

  /// Everything under way arrives, and the heads are learned once more.
  mutating func settle() {
    while !toTell.isEmpty { hear() }
    learnHeads()
    while !toFetch.isEmpty {
      answerFetch()
      learnHeads()
    }
  }

  mutating func perform(_ steps: [ChannelCursors.Step]) {
    for step in steps {
      switch step {
      case .deliver(let event): delivered[ChannelID(event.channel), default: []] += [event.position]
      case .fetch(let channel, let after):
        fetches += 1
        toFetch.append((channel, after))
      }
    }
  }

  func makeEvent(_ channel: ChannelID, _ position: UInt64) -> WireEvent {
    var event = WireEvent()
    (event.channel, event.position) = (channel.rawValue, position)
    return event
  }
}
