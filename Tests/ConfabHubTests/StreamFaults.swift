import Primitives

/// What is wrong with a shared stream and the way to it, at each moment of a seeded schedule.
struct StreamFaults {
  enum Kind: CaseIterable {
    /// A server reaches nothing: what it sends is lost, and it hears nothing.
    case partition
    /// Too few of the stream's servers are there: nobody reaches anything.
    case noQuorum
    /// The disks are slow: what was sent stays on its way.
    case slowDisk
    /// There is no room: everything is refused, and what is there arrives.
    case full
  }

  private var now: Kind?
  private var cutOff = 0
  private(set) var seen: [Kind: Int] = [:]

  /// In steps of the schedule.
  private static let oneIn = 60
  private static let lastsOneIn = 40

  mutating func step(nodes: Range<Int>, using random: inout SeededRandom) {
    if now != nil {
      if Int.random(in: 0..<Self.lastsOneIn, using: &random) == 0 { now = nil }
    } else if Int.random(in: 0..<Self.oneIn, using: &random) == 0 {
      now = Kind.allCases.randomElement(using: &random)
      cutOff = Int.random(in: nodes, using: &random)
    }
  }

  mutating func end() { now = nil }

  func reaches(_ node: Int) -> Bool {
    now != .noQuorum && !(now == .partition && cutOff == node)
  }

  /// What becomes of a group that a server sends.
  enum Fate { case usual, onItsWay, unanswered, refused }

  mutating func fate(of node: Int) -> Fate {
    guard let now, !(now == .partition && reaches(node)) else { return .usual }
    seen[now, default: 0] += 1
    switch now {
    case .partition, .noQuorum: return .unanswered
    case .slowDisk: return .onItsWay
    case .full: return .refused
    }
  }
}
