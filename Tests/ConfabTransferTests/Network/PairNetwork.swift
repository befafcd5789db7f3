import ConfabTransfer
import Primitives

/// Two endpoints' surroundings: which address leads to whom, over which link.
struct PairNetwork {
  enum End: Int {
    case presenter = 0
    case recipient = 1

    var other: End { self == .presenter ? .recipient : .presenter }
  }

  struct Arrival {
    var at: UInt64
    /// Keeps those of one moment in the order in which they were sent.
    var order: UInt64
    var end: End
    /// Whom the receiver takes for the sender.
    var from: PathAddress
    var bytes: [UInt8]
  }

  /// From one end to an address of the other.
  struct Route {
    var sender: End
    var to: PathAddress
    /// How the sender looks on the other side.
    var appearsAs: PathAddress
    var link: PairLink
  }

  private(set) var routes: [Route] = []
  private var heap: [Arrival] = []
  private var nextOrder: UInt64 = 0
  private var chance: SeededRandom
  private(set) var unroutable = 0

  init(seed: UInt64) { chance = SeededRandom(seed: seed) }

  /// A path both ways: each end is reached at its address, and appears at it.
  mutating func connect(
    presenter: PathAddress, recipient: PathAddress, forth: LinkConditions, back: LinkConditions
  ) {
    routes.append(
      Route(
        sender: .presenter, to: recipient, appearsAs: presenter, link: PairLink(forth)))
    routes.append(
      Route(
        sender: .recipient, to: presenter, appearsAs: recipient, link: PairLink(back)))
  }

  /// The path's links become others, or, with nil, it is cut.
  mutating func change(
    presenter: PathAddress, recipient: PathAddress, to conditions: LinkConditions?
  ) {
    for index in routes.indices.reversed()
    where routes[index].to == presenter && routes[index].appearsAs == recipient
      || routes[index].to == recipient && routes[index].appearsAs == presenter
    {
      if let conditions {
        routes[index].link = PairLink(conditions)
      } else {
        routes.remove(at: index)
      }
    }
  }

  /// The end's address translator forgets: from now on it appears at another address, and is no
  /// longer reached at the old one.
  mutating func rebind(_ end: End, from old: PathAddress, to new: PathAddress) {
    for index in routes.indices {
      if routes[index].sender == end, routes[index].appearsAs == old {
        routes[index].appearsAs = new
      } else if routes[index].sender == end.other, routes[index].to == old {
        routes[index].to = new
      }
    }
  }

  mutating func send(
    _ datagram: UnsafeRawBufferPointer, from end: End, to address: PathAddress, at now: UInt64
  ) {
    guard let index = routes.firstIndex(where: { $0.sender == end && $0.to == address }) else {
      unroutable += 1
      return
    }
    let arrivals = routes[index].link.send(bytes: datagram.count, at: now, &chance)
    guard !arrivals.isEmpty else { return }
    var bytes = Array(datagram)
    let corrupt = routes[index].link.conditions.corrupt
    if corrupt > 0, chance.chance(corrupt) {
      let place = Int.random(in: 0..<bytes.count, using: &chance)
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
    }
    for time in arrivals {
      push(
        Arrival(
          at: time, order: nextOrder, end: end.other, from: routes[index].appearsAs, bytes: bytes))
      nextOrder += 1
    }
  }

  // MARK: What is under way, the soonest first

  var nextArrivalAt: UInt64? { heap.first?.at }
  var underWay: Int { heap.count }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    (heap[a].at, heap[a].order) < (heap[b].at, heap[b].order)
  }

  private mutating func push(_ arrival: Arrival) {
    heap.append(arrival)
    var child = heap.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop(dueAt now: UInt64) -> Arrival? {
    guard let first = heap.first, first.at <= now else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && isBefore(child, least) {
        least = child
      }
      guard least != parent else { return first }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
