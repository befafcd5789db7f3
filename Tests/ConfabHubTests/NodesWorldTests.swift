import ConfabDomain
import ConfabHub
import Foundation
import OrderedCollections
import Primitives
import Testing

@Suite("Servers that share a stream are one place")
struct NodesWorldTests {
  @Test("files and meetings, whatever is late, lost, stands still or dies", arguments: 1...24)
  func onePlace(seed: UInt64) {
    var world = NodesWorld(nodes: 2 + Int(seed % 2), seed: seed)
    for _ in 0..<1_500 { world.step() }
    // Longer than anything that is waited for.
    world.calm(.seconds(60))

    #expect(world.trouble.isEmpty, "\(world.trouble)")
    #expect(world.asked.isEmpty, "somebody waits for ever: \(world.asked.values.map(\.what))")
    checkMeetings(world)
    checkOffers(&world)

    world.leaveAll()
    world.calm(.seconds(60))
    #expect(world.trouble.isEmpty, "\(world.trouble)")
    #expect(world.asked.isEmpty)
    for client in world.clients { #expect(client.told.isEmpty, "\(client.name) \(client.told)") }
    for node in world.nodes {
      #expect(node.turns.hub.sizes.fileOffers == 0)
      #expect(node.turns.hub.sizes.questionsToNodes == 0)
      #expect(node.turns.hub.state == world.stream.state)
      #expect(node.meetings.isEmpty)
    }
    #expect(world.stream.state.channels.values.allSatisfy { $0.meeting == nil })
    for what in ["offered", "accepted", "answered", "joined", "lost"] {
      #expect(world.counts[what] ?? 0 > 0, "\(what): \(world.counts)")
    }
  }

  /// One meeting of a room, on one server, and everybody who is in it is there.
  private func checkMeetings(_ world: NodesWorld) {
    for channel in world.stream.state.channels.values {
      let holders = world.nodes.filter { $0.meetings.contains { $0 == channel.meeting?.id } }
      #expect(holders.count == (channel.meeting == nil ? 0 : 1))
    }
    let going = world.stream.state.channels.values.compactMap(\.meeting?.id)
    for node in world.nodes { #expect(node.meetings.allSatisfy { going.contains($0) }) }
    for client in world.clients {
      guard let meeting = client.meeting, let node = client.node else { continue }
      #expect(world.nodes[node].meetings.contains(meeting), "\(client.name) is in no meeting")
    }
  }

  /// Both sides agree on what is offered.
  private func checkOffers(_ world: inout NodesWorld) {
    world.listOffers()
    world.calm(.seconds(1))
    let offered = world.clients.reduce(into: Set<TransferID>()) { $0.formUnion($1.offers.keys) }
    for (index, client) in world.clients.enumerated() {
      let list = world.lists[index] ?? []
      let mine = Set(client.offers.keys)
      let others = list.filter { !mine.contains($0.id) }
      for view in others {
        #expect(offered.contains(view.id), "an offer without a sender")
        // What another device of bob's had taken when this one came is no news when it is not any more.
        if view.state == .waiting, client.name != "bob" {
          #expect(
            client.heardOf.contains(view.id), "\(client.name) was not told of \(view.id)")
        }
      }
      for id in client.told {
        let state = others.first { $0.id == id }?.state
        #expect(
          state == .waiting || state == .accepted, "\(client.name) waits for \(id): \(state as Any)"
        )
      }
      for id in client.offers.keys { #expect(list.contains { $0.id == id }) }
    }
  }

  @Test("what servers say to each other survives its spelling")
  func spelling() throws {
    var world = NodesWorld(nodes: 2, seed: 7)
    for _ in 0..<400 { world.step() }
    #expect(world.said.count > 10)
    for message in world.said {
      let bytes = try JSONEncoder().encode(message)
      #expect(try JSONDecoder().decode(NodeMessage.self, from: bytes) == message)
    }
  }
}
