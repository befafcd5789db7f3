import ConfabDomain
import FoundationEssentials
import OrderedCollections
import Primitives
import Testing

@Suite("Telling a place again")
struct ReplayTests {
  @Test(
    "the same events give the same state and the same numbers", arguments: [1, 2, 3] as [UInt64])
  func replay(_ seed: UInt64) {
    var wishes = RandomWishes(seed: seed)
    wishes.run(steps: 500)
    var again = PlaceState()
    var stamps: [StampedEvent] = []
    for event in wishes.story.events { stamps.append(again.apply(event)) }
    #expect(again == wishes.story.state)
    // An event that was stamped already, its time clamped, is stamped in the same way again: this is
    // how a journal is read.
    var fromJournal = PlaceState()
    for stamped in stamps { #expect(fromJournal.apply(stamped.event) == stamped) }
    #expect(fromJournal == again)
  }

  @Test("a state that was kept comes back as it was", arguments: [4, 5] as [UInt64])
  func coding(_ seed: UInt64) throws {
    var wishes = RandomWishes(seed: seed)
    wishes.run(steps: 500)
    var story = wishes.story
    let device = story.registerDevice(ann)
    story.openSession(ann, device: device)
    story.fail(ann)
    story.happen(.accountLocked(ann, device: device, until: story.now + .seconds(10)))
    story.happen(
      .invitationCreated(
        NewInvitation(
          id: story.state.nextInvitation, secretHash: [1, 2], role: .member, uses: 3,
          expiresAt: nil)))
    let bytes = try JSONEncoder().encode(story.state)
    #expect(try JSONDecoder().decode(PlaceState.self, from: bytes) == story.state)
  }

  @Test(
    "whatever is wished for, the tables agree after each step",
    arguments: 10...29 as ClosedRange<UInt64>)
  func invariants(_ seed: UInt64) {
    var wishes = RandomWishes(seed: seed)
    for step in 1...200 {
      wishes.step()
      checkInvariants(of: wishes.story.state, "seed \(seed), step \(step)")
    }
    // A test of nothing but refusals would prove little.
    #expect(wishes.granted > 30, "seed \(seed)")
  }

  @Test(
    "counters have no gaps, and time in a channel never runs backwards",
    arguments: 30...39 as ClosedRange<UInt64>)
  func gapless(_ seed: UInt64) {
    var wishes = RandomWishes(seed: seed)
    wishes.run(steps: 400)
    var positions: [ChannelID: UInt64] = [:]
    var sequences: [ChannelID: UInt64] = [:]
    var times: [ChannelID: WallTime] = [:]
    for (index, stamped) in wishes.stamped.enumerated() {
      #expect(stamped.entry == wishes.firstEntry + UInt64(index))
      guard let channel = stamped.event.body.channel else { continue }
      positions[channel, default: 0] += 1
      #expect(stamped.position == positions[channel])
      if case .messagePosted = stamped.event.body {
        sequences[channel, default: 0] += 1
        #expect(stamped.sequence == sequences[channel])
      }
      #expect(stamped.event.at >= times[channel, default: stamped.event.at])
      times[channel] = stamped.event.at
    }
  }
}
