import ConfabTransfer
import Primitives
import Testing

@Suite("The relay's table")
struct RelayTableTests {
  private var now = MonotonicTime(nanoseconds: 5_000_000_000)
  private let ann = RelayAddress(high: 0, low: 0xFFFF_C000_0201, port: 4_000)
  private let bob = RelayAddress(high: 0x2001_0DB8 << 32, low: 7, port: 5_000)
  private let eve = RelayAddress(high: 0, low: 0xFFFF_C000_0209, port: 6_000)

  private static let seed = [UInt8](repeating: 7, count: RelayTable.seedBytes)

  private func token(_ number: Int) -> TransferToken {
    var random = SeededRandom(seed: UInt64(number))
    guard let token = TransferToken([UInt8].random(count: 16, using: &random)) else {
      preconditionFailure("no token")
    }
    return token
  }

  private func table(_ change: (inout RelayLimits) -> Void = { _ in }) -> RelayTable {
    var limits = RelayLimits()
    change(&limits)
    var table = RelayTable(limits: limits, seed: Self.seed, at: now)
    table.open(1, for: 1, tokens: token(1), token(2), at: now)
    return table
  }

  /// With both ends bound.
  private func bound(_ change: (inout RelayLimits) -> Void = { _ in }) -> RelayTable {
    var table = table(change)
    #expect(table.slot(token(1), ann, now) == 0)
    #expect(table.slot(token(2), bob, now) == 1)
    return table
  }

  @Test("what comes from one end goes to the other, and nothing of anybody else")
  func forwards() {
    var table = bound()
    #expect(table.send(1_200, from: ann, at: now) == .forward(to: 1))
    #expect(table.send(1_200, from: bob, at: now) == .forward(to: 0))
    #expect(table.send(1_200, from: eve, at: now) == .drop)
    let counters = table.takeCounters()
    #expect(counters.forwarded == 2)
    #expect(counters.forwardedBytes == 2_400)
    #expect(counters.unbound == 1)
    #expect(table.takeCounters() == RelayCounters())
  }

  @Test("tokens that nobody gave out bind nothing")
  func unknownTokens() {
    var table = table()
    let nonce = table.nonce(eve, now)
    #expect(throws: RelayRefusal(reason: .tokenUnknown)) {
      try table.bind(token(9), nonce, from: eve, at: now)
    }
    #expect(table.counters.refused == 1)
    #expect(table.open(2, for: 1, tokens: token(1), token(3), at: now) == nil)
    #expect(table.open(2, for: 1, tokens: token(3), token(3), at: now) == nil)
    #expect(table.open(1, for: 1, tokens: token(3), token(4), at: now) == nil)
  }

  @Test("an address counts only when it has sent back what was sent to it")
  func proof() throws {
    var table = bound()
    let shown = table.nonce(ann, now)
    let nonce = try #require(shown)
    // Who sends in bob's name does not see the challenge, and neither another address's nonce nor another
    // number is his.
    for guess in [nil, nonce, RelayNonce(1), RelayNonce(nonce.value ^ 1)] {
      guard case .challenged(let fresh) = try table.bind(token(1), guess, from: bob, at: now)
      else {
        Issue.record("bound without proof")
        continue
      }
      #expect(fresh != nonce)
      #expect(fresh == table.nonce(bob, now))
    }
    #expect(table.send(100, from: bob, at: now) == .forward(to: 0))
    #expect(table.counters.bound == 2)
    // Another relay, or the same begun anew, has another secret.
    var other = RelayTable(
      limits: RelayLimits(), seed: [UInt8](repeating: 8, count: RelayTable.seedBytes), at: now)
    #expect(other.nonce(ann, now) != nonce)
    // A port is another address.
    let moved = RelayAddress(high: ann.high, low: ann.low, port: ann.port + 1)
    #expect(table.nonce(moved, now) != nonce)
  }

  @Test("who has not shown where he is learns nothing about tokens")
  func secrecy() throws {
    var table = table()
    guard case .challenged = try table.bind(token(9), nil, from: eve, at: now) else {
      Issue.record("an unknown token was told from others")
      return
    }
    #expect(table.counters.refused == 0)
  }

  @Test("a nonce is good for a minute, two at the most, and each answer has the next")
  mutating func nonceLifetime() throws {
    var table = table()
    let shown = table.nonce(ann, now)
    let nonce = try #require(shown)
    now = now + .seconds(60)
    guard case .bound(0, let next) = try table.bind(token(1), nonce, from: ann, at: now) else {
      Issue.record("a nonce of the last minute was not taken")
      return
    }
    #expect(next != nonce)
    #expect(next == table.nonce(ann, now))
    now = now + .seconds(60)
    guard case .challenged = try table.bind(token(1), nonce, from: ann, at: now) else {
      Issue.record("an old nonce was taken")
      return
    }
    guard case .bound = try table.bind(token(1), next, from: ann, at: now) else {
      Issue.record("the next nonce was not taken")
      return
    }
  }

  @Test("what is sent in its name keeps no address that is gone")
  mutating func goneAddress() {
    var table = bound()
    for _ in 0..<6 {
      now = now + .seconds(10)
      _ = table.send(100, from: ann, at: now)
      #expect(table.slot(token(2), bob, now) == 1)
    }
    table.expire(at: now)
    #expect(table.send(100, from: ann, at: now) == .drop)
    #expect(table.send(100, from: bob, at: now) == .drop)
  }

  @Test("until the other end is there, only what opens a connection is worth keeping")
  func waiting() {
    var table = table()
    #expect(table.slot(token(2), bob, now) == 1)
    #expect(
      table.forward(byteCount: 1_200, isHandshake: true, from: bob, at: now) == .keep(for: 0))
    #expect(table.send(1_200, from: bob, at: now) == .drop)
    #expect(table.counters.unanswered == 2)
  }

  @Test("an end that comes from another address is where it was heard last")
  func rebinding() {
    var table = bound()
    #expect(table.slot(token(1), eve, now) == 0)
    #expect(table.send(100, from: ann, at: now) == .drop)
    #expect(table.send(100, from: eve, at: now) == .forward(to: 1))
    // One address is one end: it leaves the pairing that it was in before.
    #expect(table.open(2, for: 1, tokens: token(3), token(4), at: now) != nil)
    #expect(table.slot(token(3), eve, now) == 2)
    #expect(table.send(100, from: bob, at: now) == .drop)
    #expect(table.slot(token(3), eve, now) == 2)
    #expect(table.slot(token(4), bob, now) == 3)
    #expect(table.send(100, from: bob, at: now) == .forward(to: 2))
  }

  @Test("a closed pairing forwards nothing, and its slots are another's")
  func closing() {
    var table = bound()
    table.close(1)
    table.close(1)
    #expect(table.count == 0)
    #expect(table.send(100, from: ann, at: now) == .drop)
    #expect(table.slot(token(1), ann, now) == nil)
    let slots = table.open(2, for: 1, tokens: token(3), token(4), at: now)
    #expect(slots?.first == 0)
    #expect(table.slotCount == 2)
    #expect(table.send(100, from: ann, at: now) == .drop)
  }

  @Test("an end is forgotten when it was silent for a minute, and comes back with its token")
  mutating func silence() {
    var table = bound()
    now = now + (RelayLimits.silenceMax - .nanoseconds(1))
    #expect(table.slot(token(1), ann, now) == 0)
    table.expire(at: now)
    #expect(table.send(100, from: ann, at: now) == .forward(to: 1))
    now = now + .nanoseconds(1)
    table.expire(at: now)
    #expect(table.send(100, from: ann, at: now) == .drop)
    #expect(table.slot(token(2), bob, now) == 1)
    #expect(table.send(100, from: ann, at: now) == .forward(to: 1))
  }

  @Test("a token is good for a day")
  mutating func lifetime() {
    var table = table()
    now = now + (RelayLimits.lifetime - .nanoseconds(1))
    #expect(table.slot(token(1), ann, now) == 0)
    now = now + .nanoseconds(1)
    let nonce = table.nonce(bob, now)
    #expect(throws: RelayRefusal(reason: .expired)) {
      try table.bind(token(2), nonce, from: bob, at: now)
    }
    table.expire(at: now)
    #expect(table.count == 0)
  }

  @Test("no pairing is faster than its rate, and short datagrams count for more than they are")
  mutating func rate() {
    var table = bound { $0.bytesPerSecondMax = 10_000_000 }
    var seconds = 0
    var forwarded = 0
    while seconds < 3 {
      // 20 MB/s of what is offered, in steps of 0.1 ms.
      for _ in 0..<10_000 {
        now = now + .microseconds(100)
        for _ in 0..<2 where table.send(1_000, from: ann, at: now) == .forward(to: 1) {
          forwarded += 1_000
        }
      }
      seconds += 1
    }
    #expect((30_000_000...31_200_000).contains(forwarded))
    #expect(table.counters.overRate > 20_000)
    var count = 0
    while table.send(1, from: bob, at: now) == .forward(to: 0) { count += 1 }
    #expect(count < 10)
  }

  @Test("an account has a share of the day's bytes, and the next day begins anew")
  mutating func quota() {
    var table = bound { $0.bytesPerDayMax = 40_000 }
    for _ in 0..<10 { #expect(table.send(1_000, from: ann, at: now) == .forward(to: 1)) }
    #expect(table.send(1_000, from: ann, at: now) == .refuse(token(1)))
    #expect(table.send(1_000, from: ann, at: now) == .drop)
    now = now + .seconds(1)
    #expect(table.send(1_000, from: ann, at: now) == .refuse(token(1)))
    // Another file of the same account is none more.
    table.open(8, for: 1, tokens: token(40), token(41), at: now)
    _ = table.slot(token(40), ann, now)
    _ = table.slot(token(41), bob, now)
    #expect(table.send(1_000, from: ann, at: now) == .refuse(token(40)))
    table.close(8)
    for pairing in 2..<6 {
      table.open(
        UInt64(pairing), for: UInt64(pairing), tokens: token(2 * pairing), token(2 * pairing + 1),
        at: now)
      _ = table.slot(token(2 * pairing), ann, now)
      _ = table.slot(token(2 * pairing + 1), bob, now)
      let last = table.send(1_000, from: ann, at: now)
      // The fifth finds nothing left.
      #expect((last == .forward(to: 2 * pairing - 1)) == (pairing < 5), "\(pairing)")
      for _ in 0..<9 { _ = table.send(1_000, from: ann, at: now) }
    }
    now = now + RelayLimits.day
    table.open(9, for: 1, tokens: token(30), token(31), at: now)
    _ = table.slot(token(30), ann, now)
    _ = table.slot(token(31), bob, now)
    if case .forward = table.send(1_000, from: ann, at: now) {
    } else {
      Issue.record("the day has not begun anew")
    }
  }

  @Test("who sends pays: nobody uses up the share of whom he sends to")
  func whoPays() {
    var table = bound { $0.bytesPerDayMax = 40_000 }
    for _ in 0..<10 { #expect(table.send(1_000, from: bob, at: now) == .forward(to: 0)) }
    #expect(table.send(1_000, from: bob, at: now) == .refuse(token(2)))
    #expect(table.send(1_000, from: ann, at: now) == .forward(to: 1))
  }

  @Test("datagrams that no path carries are dropped")
  func overlong() {
    var table = bound()
    #expect(table.send(RelayLimits.datagramBytesMax, from: ann, at: now) == .forward(to: 1))
    #expect(table.send(RelayLimits.datagramBytesMax + 1, from: ann, at: now) == .drop)
    #expect(table.counters.overlong == 1)
  }

  @Test("past the limit the quietest pairing makes place")
  mutating func full() {
    var table = RelayTable(limits: RelayLimits(), seed: Self.seed, at: now)
    let late = now + .seconds(1)
    for number in 1...RelayLimits.pairingsMax {
      table.open(
        UInt64(number), for: UInt64(number / 100), tokens: token(2 * number), token(2 * number + 1),
        at: now)
      if number != 77 { _ = table.slot(token(2 * number), ann, late) }
    }
    #expect(table.count == RelayLimits.pairingsMax)
    table.open(9_999, for: 9_999, tokens: token(90_000), token(90_001), at: late)
    #expect(table.count == RelayLimits.pairingsMax)
    #expect(table.slot(token(2 * 77), bob, late) == nil)
    #expect(table.slot(token(2 * 78), bob, late) != nil)
    #expect(table.slot(token(90_000), bob, late) != nil)
  }

  @Test("an account with many pairings makes place for its own and takes nobody else's")
  func manyOfOne() {
    var table = table()
    for number in 2..<2_000 {
      table.open(UInt64(number), for: 2, tokens: token(2 * number), token(2 * number + 1), at: now)
    }
    #expect(table.count == RelayLimits.accountPairingsMax + 1)
    #expect(table.slot(token(1), ann, now) != nil)
  }
}

extension RelayTable {
  /// Each with another taker.
  @discardableResult
  fileprivate mutating func open(
    _ id: UInt64, for account: UInt64, tokens first: TransferToken, _ second: TransferToken,
    at now: MonotonicTime
  ) -> (first: Int, second: Int)? {
    open(id, for: account, and: 1_000_000 + id, tokens: first, second, at: now)
  }

  fileprivate mutating func slot(
    _ token: TransferToken, _ address: RelayAddress, _ now: MonotonicTime
  ) -> Int? {
    guard case .bound(let slot, _)? = try? bind(token, nonce(address, now), from: address, at: now)
    else { return nil }
    return slot
  }

  /// As whoever receives at the address gets it.
  fileprivate mutating func nonce(_ address: RelayAddress, _ now: MonotonicTime) -> RelayNonce? {
    guard
      case .challenged(let nonce)? = try? bind(Example.token(0), nil, from: address, at: now)
    else { return nil }
    return nonce
  }

  fileprivate mutating func send(
    _ byteCount: Int, from address: RelayAddress, at now: MonotonicTime
  ) -> Verdict {
    forward(byteCount: byteCount, isHandshake: false, from: address, at: now)
  }
}
