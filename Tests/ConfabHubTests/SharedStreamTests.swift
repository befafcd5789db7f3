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

    var stored: OrderedDictionary<MessageID, UInt64> = [:]
    for event in world.stream.batches.flatMap(\.events) {
      guard case .messagePosted(.lobby, let message) = event.event.body else { continue }
      #expect(stored[message.id] == nil, "stored twice")
      stored[message.id] = event.sequence
    }
    #expect(stored.values.elementsEqual(1...UInt64(stored.count)))
    for (id, sequence) in world.acknowledged { #expect(stored[id] == sequence, "\(id)") }
    #expect(world.acknowledged.count > 50)
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
}
