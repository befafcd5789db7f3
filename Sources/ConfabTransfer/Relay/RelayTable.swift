package import Primitives

/// Where datagrams come from: an IPv6 address, or an IPv4 one mapped into it (RFC 4291 §2.5.5.2).
package struct RelayAddress: Hashable, Sendable {
  package var high: UInt64
  package var low: UInt64
  package var port: UInt16

  package init(high: UInt64, low: UInt64, port: UInt16) {
    self.high = high
    self.low = low
    self.port = port
  }
}

/// Forwards datagrams between pairs of devices that cannot reach each other.
///
/// Each end of a pairing has a token, and binds the address that it sends from with it, after it has shown
/// that it receives there; from then on what comes from the one address goes to the other, unchanged and
/// unread. A value: the shell hands
/// in what came and does what the verdict says. Ends are numbered by slots, which stay the same for as
/// long as the pairing is there, so that the shell can keep what it needs of each in an array.
package struct RelayTable: Sendable {
  private struct End {
    let token: TransferToken
    /// Pays for what this end sends.
    let account: UInt64
    /// Nil until it binds, and again when it was silent for too long.
    var address: RelayAddress?
    /// When it bound last. What it sends otherwise counts for nothing: anybody can forge that.
    var provenAt: MonotonicTime
    var refusedAt: MonotonicTime?
  }

  private struct Pairing {
    let id: UInt64
    /// Whose it is: one account has so many.
    let account: UInt64
    let openedAt: MonotonicTime
    /// Bytes that may come now, as of `filledAt`.
    var allowance: Int
    var filledAt: MonotonicTime

    func isOver(at now: MonotonicTime) -> Bool { now.since(openedAt) >= RelayLimits.lifetime }
  }

  package private(set) var counters = RelayCounters()
  private let limits: RelayLimits
  private let nonces: RelayNonces
  /// Pairing n has the slots 2n and 2n + 1.
  private var pairings: [Pairing?] = []
  private var ends: [End?] = []
  private var free: [Int] = []
  private var indexByID: [UInt64: Int] = [:]
  private var slotByToken: [TransferToken: Int] = [:]
  private var slotByAddress: [RelayAddress: Int] = [:]
  private var dayBeganAt: MonotonicTime
  private var bytesToday: UInt64 = 0
  /// By the account whose share it is.
  private var accountBytesToday: [UInt64: UInt64] = [:]
  private var pairingCounts: [UInt64: Int] = [:]

  package static let seedBytes = RelayNonces.seedBytes

  /// - Parameter seed: random bytes that nobody else knows.
  package init(limits: RelayLimits, seed: [UInt8], at now: MonotonicTime) {
    self.limits = limits
    nonces = RelayNonces(seed: seed)
    dayBeganAt = now
  }

  package var count: Int { indexByID.count }

  /// How many slots there are, used or not.
  package var slotCount: Int { ends.count }

  /// What was counted since this was asked the last time.
  package mutating func takeCounters() -> RelayCounters {
    defer { counters = RelayCounters() }
    return counters
  }

  // MARK: - Pairings

  /// Makes a pairing whose ends may bind from now on.
  ///
  /// - Parameters:
  ///   - account: whose pairing it is, and whose share the first end uses up.
  ///   - other: whose share the second end does: nobody can use up another's by sending to it.
  /// - Returns: its two slots, which may have been another's before; nil when one of these is known.
  @discardableResult
  package mutating func open(
    _ id: UInt64, for account: UInt64, and other: UInt64, tokens first: TransferToken,
    _ second: TransferToken, at now: MonotonicTime
  ) -> (first: Int, second: Int)? {
    guard first != second, indexByID[id] == nil, slotByToken[first] == nil,
      slotByToken[second] == nil
    else { return nil }
    if pairingCounts[account, default: 0] >= RelayLimits.accountPairingsMax {
      closeQuietest(of: account)
    } else if count >= RelayLimits.pairingsMax {
      closeQuietest()
    }
    pairingCounts[account, default: 0] += 1
    let index = free.popLast() ?? pairings.count
    if index == pairings.count {
      pairings.append(nil)
      ends += [nil, nil]
    }
    pairings[index] = Pairing(
      id: id, account: account, openedAt: now, allowance: limits.burstBytes, filledAt: now)
    for (offset, (token, account)) in [(first, account), (second, other)].enumerated() {
      ends[2 * index + offset] = End(
        token: token, account: account, address: nil, provenAt: now)
      slotByToken[token] = 2 * index + offset
    }
    indexByID[id] = index
    return (2 * index, 2 * index + 1)
  }

  package mutating func close(_ id: UInt64) {
    guard let index = indexByID.removeValue(forKey: id) else { return }
    for slot in [2 * index, 2 * index + 1] {
      unbind(slot)
      if let token = ends[slot]?.token { slotByToken[token] = nil }
      ends[slot] = nil
    }
    if let account = pairings[index]?.account {
      let left = pairingCounts[account, default: 1] - 1
      pairingCounts[account] = left > 0 ? left : nil
    }
    pairings[index] = nil
    free.append(index)
  }

  /// Closes what is out of date and forgets ends that are silent; to be called every few seconds.
  package mutating func expire(at now: MonotonicTime) {
    for pairing in pairings.compactMap(\.self) where pairing.isOver(at: now) { close(pairing.id) }
    for (slot, end) in ends.enumerated() {
      guard let end, end.address != nil, now.since(end.provenAt) >= RelayLimits.silenceMax else {
        continue
      }
      unbind(slot)
    }
  }

  private mutating func closeQuietest(of account: UInt64? = nil) {
    func heard(_ index: Int) -> MonotonicTime {
      max(
        ends[2 * index]?.provenAt ?? MonotonicTime(nanoseconds: 0),
        ends[2 * index + 1]?.provenAt ?? MonotonicTime(nanoseconds: 0))
    }
    let those = indexByID.values.filter { account == nil || pairings[$0]?.account == account }
    let index = those.min { (heard($0), $0) < (heard($1), $1) }
    if let index, let pairing = pairings[index] { close(pairing.id) }
  }

  private mutating func unbind(_ slot: Int) {
    guard let address = ends[slot]?.address else { return }
    slotByAddress[address] = nil
    ends[slot]?.address = nil
  }

  // MARK: - What an end says to the relay

  package enum Claim: Sendable, Hashable {
    /// The slot is that address's. The nonce is for saying so again.
    case bound(slot: Int, RelayNonce)
    /// Nothing has changed: whoever it is shall send this back, to show that it receives there.
    case challenged(RelayNonce)
  }

  /// The sender of the datagram claims the end that the token is for, for the first time or again. The
  /// newest claim counts, since a NAT may give a device another address at any time.
  ///
  /// Without proof of the address nothing is looked up: whoever forges one learns and changes nothing, and
  /// nobody is sent what he did not ask for.
  package mutating func bind(
    _ token: TransferToken, _ nonce: RelayNonce?, from address: RelayAddress, at now: MonotonicTime
  ) throws(RelayRefusal) -> Claim {
    let (next, former) = nonces.good(for: address, at: now)
    guard let nonce, nonce == next || nonce == former else {
      counters.challenged += 1
      return .challenged(next)
    }
    guard let slot = slotByToken[token], let pairing = pairings[slot / 2] else {
      counters.refused += 1
      throw RelayRefusal(reason: .tokenUnknown)
    }
    guard !pairing.isOver(at: now) else {
      counters.refused += 1
      throw RelayRefusal(reason: .expired)
    }
    if let before = slotByAddress[address], before != slot { unbind(before) }
    if ends[slot]?.address != address {
      unbind(slot)
      ends[slot]?.address = address
      slotByAddress[address] = slot
      counters.bound += 1
    }
    ends[slot]?.provenAt = now
    return .bound(slot: slot, next)
  }

  // MARK: - What an end says to the other

  package enum Verdict: Sendable, Hashable {
    /// To the address that this slot was bound from last.
    case forward(to: Int)
    /// The other end has not bound yet: keep it, instead of what was kept before, until it does.
    case keep(for: Int)
    /// Dropped, and its sender is to be told that the quota is used up, under this token.
    case refuse(TransferToken)
    case drop
  }

  /// - Parameter isHandshake: it may open a connection, and so is worth being kept for a moment.
  package mutating func forward(
    byteCount: Int, isHandshake: Bool, from address: RelayAddress, at now: MonotonicTime
  ) -> Verdict {
    guard let slot = slotByAddress[address], let account = ends[slot]?.account else {
      counters.unbound += 1
      return .drop
    }
    guard byteCount <= RelayLimits.datagramBytesMax else {
      counters.overlong += 1
      return .drop
    }
    guard ends[slot ^ 1]?.address != nil else {
      counters.unanswered += 1
      return isHandshake ? .keep(for: slot ^ 1) : .drop
    }
    let cost = max(byteCount, RelayLimits.datagramCostMin)
    guard hasQuota(account, at: now) else {
      counters.overQuota += 1
      return refusal(slot, at: now)
    }
    guard take(cost, slot / 2, at: now) else {
      counters.overRate += 1
      return .drop
    }
    accountBytesToday[account, default: 0] += UInt64(cost)
    bytesToday += UInt64(cost)
    counters.forwarded += 1
    counters.forwardedBytes += byteCount
    return .forward(to: slot ^ 1)
  }

  private mutating func hasQuota(_ account: UInt64, at now: MonotonicTime) -> Bool {
    if now.since(dayBeganAt) >= RelayLimits.day {
      dayBeganAt = now
      bytesToday = 0
      accountBytesToday = [:]
    }
    return bytesToday < limits.bytesPerDayMax
      && accountBytesToday[account, default: 0] < limits.bytesPerAccountMax
  }

  /// A token bucket, filled only when it is too empty, so that little is lost to rounding.
  private mutating func take(_ cost: Int, _ index: Int, at now: MonotonicTime) -> Bool {
    guard var pairing = pairings[index] else { return false }
    if pairing.allowance < cost {
      let rested = min(now.since(pairing.filledAt).nanoseconds, Self.second)
      let earned = Int(Int64(limits.bytesPerSecondMax) * rested / Self.second)
      guard pairing.allowance + earned >= cost else { return false }
      pairing.allowance = min(limits.burstBytes, pairing.allowance + earned)
      pairing.filledAt = now
    }
    pairing.allowance -= cost
    pairings[index] = pairing
    return true
  }

  private static let second: Int64 = 1_000_000_000

  private mutating func refusal(_ slot: Int, at now: MonotonicTime) -> Verdict {
    guard let end = ends[slot],
      end.refusedAt.map({ now.since($0) >= RelayLimits.refusalInterval }) ?? true
    else { return .drop }
    ends[slot]?.refusedAt = now
    return .refuse(end.token)
  }
}

/// Why an address was not bound.
package struct RelayRefusal: Error, Hashable {
  package let reason: RelayDatagram.Reason

  package init(reason: RelayDatagram.Reason) {
    self.reason = reason
  }
}

/// What happened to the relay's datagrams.
package struct RelayCounters: Sendable, Hashable {
  package var forwarded = 0
  package var forwardedBytes = 0
  /// Ends that came, or came from another address.
  package var bound = 0
  /// Unknown and old tokens.
  package var refused = 0
  /// Asked to show that they receive where they say they are.
  package var challenged = 0
  /// Dropped: from an address that nobody bound.
  package var unbound = 0
  /// Dropped or kept: the other end is not there.
  package var unanswered = 0
  package var overlong = 0
  package var overRate = 0
  package var overQuota = 0

  package init() {}
}
