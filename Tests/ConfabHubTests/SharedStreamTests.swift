import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Servers that share a stream decide as one")
struct SharedStreamTests {
  @Test("whatever is late, lost or dies, everybody hears one order", arguments: 1...24)
  func oneOrder(seed: UInt64) {
    var world = SharedWorld(nodes: 1 + Int(seed % 3), seed: seed)
    for _ in 0..<800 { world.step() }
    world.settle()
    check(world, acknowledgedMin: 50)
  }

  @Test("and so they do when one is cut off or the stream slow, full or gone", arguments: 1...24)
  func oneOrderUnderFaults(seed: UInt64) {
    var world = SharedWorld(nodes: 2 + Int(seed % 2), seed: seed)
    world.faults = StreamFaults()
    for _ in 0..<1_600 { world.step() }
    world.settle()
    check(world, acknowledgedMin: 15)
    let seen = world.faults?.seen ?? [:]
    #expect(seen.values.reduce(0, +) > 5)
  }

  private func check(_ world: SharedWorld, acknowledgedMin: Int) {
    var stored: OrderedDictionary<MessageID, UInt64> = [:]
    for event in world.stream.batches.flatMap(\.events) {
      guard case .messagePosted(.lobby, let message) = event.event.body else { continue }
      #expect(stored[message.id] == nil, "stored twice")
      stored[message.id] = event.sequence
    }
    #expect(stored.values.elementsEqual(1...UInt64(stored.count)))
    for (id, sequence) in world.acknowledged { #expect(stored[id] == sequence, "\(id)") }
    #expect(world.acknowledged.count > acknowledgedMin)
    #expect(world.nodes.count == 1 || world.overtaken > 2)
    for node in world.nodes {
      #expect(node.turns.isIdle)
      #expect(node.turns.hub.state == world.stream.state)
      for person in node.people.values {
        #expect(zip(person.positions, person.positions.dropFirst()).allSatisfy { $0 + 1 == $1 })
        let newest = world.stream.state.channels[.lobby]?.position
        #expect(person.positions.isEmpty || person.positions.last == newest)
      }
    }
  }

  @Test("what is due while a group is on its way is due when that is over, and asked for once")
  func deadlines() {
    let harness = HubHarness()
    let start = harness.now
    var turns = HubTurns(harness.hub, isShared: true)
    _ = turns.take(
      .heard(
        NodeReport(
          node: NodeID(7), address: NodeAddress(address: "there.example:4747", pin: nil),
          people: [], meetings: [], offers: 0, isLeaving: false)), at: start)
    _ = turns.decide(at: start)
    #expect(turns.nextDeadline != nil)
    let id = ConnectionID(1)
    _ = turns.take(.connected(id, Peer(address: "local", isOperator: true)), at: start)
    _ = turns.take(
      .request(id, request: 1, .createInvitation(uses: 1, expiresIn: nil)), at: start)
    let effects = turns.decide(at: start)
    #expect(effects.contains { if case .append = $0 { true } else { false } })
    #expect(turns.nextDeadline == nil)
    #expect(turns.take(.deadline, at: start).isEmpty)
    _ = turns.take(.durable(through: harness.hub.state.entry + 1), at: start)
    #expect(turns.nextDeadline != nil)
    #expect(turns.isIdle)
  }
}
