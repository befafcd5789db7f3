import ConfabTransfer
import Primitives
import Testing

@Suite("The table of paths")
struct PathTableTests {
  private static let later: UInt64 = 60_000_000_000

  private static func address(_ number: Int) -> PathAddress {
    PathAddress(ipv4: 0xC000_0200 + UInt32(number), port: 7777)
  }

  /// As many as there can be. The first is in use, the second the relay, and all were heard of once.
  private static func full() throws -> PathTable {
    var table = PathTable(secret: [1], datagramBytesMax: 1_472)
    for number in 0..<PathTable.pathsMax {
      let added = table.add(address(number), kind: number == 1 ? .relay : .direct, at: 0)
      let path = try #require(added)
      table[path].lastHeardAt = UInt64(number)
    }
    table.activate(0)
    return table
  }

  @Test("one that may still be of use is not forgotten")
  func fullTable() throws {
    var table = try Self.full()
    let added = table.add(Self.address(100), kind: .direct, at: 1_000)
    #expect(added == nil)
  }

  @Test("the one that was silent longest is forgotten for a new one, but for those in use")
  func silentPath() throws {
    var table = try Self.full()
    let path = table.add(Self.address(100), kind: .direct, at: Self.later, keeping: 2)
    #expect(path == 3)
    #expect(table.count == PathTable.pathsMax)
    #expect(table.index(of: Self.address(3)) == nil)
    #expect(table.index(of: Self.address(100)) == 3)
  }

  @Test("one that answered no challenge is forgotten at once")
  func unansweredPath() throws {
    var table = try Self.full()
    table[7].lastHeardAt = nil
    table.beginValidation(7, at: 0)
    var now: UInt64 = 0
    while let deadline = table.deadline {
      // As long as an answer may come it is kept.
      let added = table.add(Self.address(100), kind: .direct, at: 1_000)
      #expect(added == nil)
      now = deadline
      while let path = table.dueChallenge(at: now) { table.challenged(path, at: now) }
    }
    let added = table.add(Self.address(100), kind: .direct, at: 1_000)
    #expect(added == 7)
  }

  /// SplitMix64 backwards: what made them once.
  private static func successor(of output: UInt64) -> UInt64 {
    func unshift(_ value: UInt64, _ bits: UInt64) -> UInt64 {
      var found = value
      for _ in 0..<3 { found = value ^ (found >> bits) }
      return found
    }
    var state = unshift(output, 31) &* 0x3196_42B2_D24D_8EC3
    state = unshift(state, 27) &* 0x96DE_1B17_3F11_9089
    state = unshift(state, 30)
    var random = SeededRandom(seed: state)
    return random.next()
  }

  @Test("who has seen a challenge cannot foresee the next, which goes to somebody else's address")
  func unpredictable() throws {
    var random = SeededRandom(seed: 5)
    let output = random.next()
    let next = random.next()
    try #require(Self.successor(of: output) == next)
    var table = PathTable(secret: [1], datagramBytesMax: 1_472)
    var tokens: [UInt64] = []
    for number in 0..<3 {
      let added = table.add(Self.address(number), kind: .direct, at: 0)
      let path = try #require(added)
      table.beginValidation(path, at: 0)
      tokens.append(table[path].token)
    }
    #expect(Set(tokens).count == 3)
    #expect(tokens[1] != Self.successor(of: tokens[0]))
    #expect(tokens[2] != Self.successor(of: tokens[1]))
    var other = PathTable(secret: [2], datagramBytesMax: 1_472)
    _ = other.add(Self.address(0), kind: .direct, at: 0)
    other.beginValidation(0, at: 0)
    #expect(other[0].token != tokens[0])
  }
}
