import ConfabTransfer
import Primitives

/// Strangers and ends of pairings say anything to a relay. It forwards only between the two addresses of
/// one pairing, answers with no more than it was sent, and stays within what it may forward.
package func exerciseRelay(_ bytes: [UInt8]) {
  bytes.withUnsafeBytes {
    guard let datagram = RelayDatagram($0) else { return }
    precondition(datagram.encoded == bytes, "a relay's datagram changed by being read")
  }
  var feed = ByteFeed(bytes)
  var exercise = RelayExercise()
  while !feed.isEmpty { exercise.step(&feed) }
}

private struct RelayExercise {
  var table: RelayTable
  var limits = RelayLimits()
  var now = MonotonicTime(nanoseconds: 0)
  /// Which token an address bound last, as this exercise remembers it.
  var bound: [RelayAddress: UInt8] = [:]
  /// What was sent to an address last.
  var shown: [RelayAddress: RelayNonce] = [:]

  init() {
    limits.bytesPerDayMax = 200_000
    limits.bytesPerSecondMax = 100_000
    table = RelayTable(
      limits: limits, seed: [UInt8](repeating: 1, count: RelayTable.seedBytes), at: now)
  }

  mutating func step(_ feed: inout ByteFeed) {
    let address = RelayAddress(high: 0, low: UInt64(feed.choice(of: 6)), port: 1)
    switch feed.choice(of: 8) {
    case 0:
      let id = UInt64(feed.choice(of: 4))
      table.open(
        id, for: id % 3, and: id / 2, tokens: token(UInt8(2 * id)), token(UInt8(2 * id + 1)),
        at: now)
    case 1: table.close(UInt64(feed.choice(of: 4)))
    case 2: table.expire(at: now)
    case 3: now = now + .milliseconds(Int64(feed.number16()) * Int64(feed.byte()))
    case 4, 5:
      bind(UInt8(feed.choice(of: 9)), from: address, &feed)
    default: forward(Int(feed.number16()) & 0xFFF, from: address, &feed)
    }
    precondition(table.count <= 4 && table.slotCount <= 8, "slots are not used again")
  }

  private mutating func bind(
    _ number: UInt8, from address: RelayAddress, _ feed: inout ByteFeed
  ) {
    // One's own, another's, any, or none.
    let other = RelayAddress(high: 0, low: UInt64(feed.choice(of: 6)), port: 1)
    let nonce =
      switch feed.choice(of: 6) {
      case 0: RelayNonce(UInt64(feed.number16()))
      case 1: shown[other]
      case 2: RelayNonce?.none
      default: shown[address]
      }
    switch try? table.bind(token(number), nonce, from: address, at: now) {
    case .bound(let slot, let next):
      precondition(nonce == shown[address], "bound an address that has not shown that it receives")
      precondition((0..<table.slotCount).contains(slot), "bound a slot that is none")
      bound[address] = number
      shown[address] = next
    case .challenged(let fresh): shown[address] = fresh
    case nil: precondition(nonce != nil, "refused a stranger instead of asking")
    }
  }

  private mutating func forward(
    _ count: Int, from address: RelayAddress, _ feed: inout ByteFeed
  ) {
    let verdict = table.forward(
      byteCount: count, isHandshake: feed.isChosen(oneIn: 2), from: address, at: now)
    switch verdict {
    case .forward(let slot):
      precondition(bound[address] != nil, "forwarded for a stranger")
      precondition(count <= RelayLimits.datagramBytesMax, "forwarded what is too long")
      precondition((0..<table.slotCount).contains(slot), "forwarded to a slot that is none")
    case .keep(let slot):
      precondition(bound[address] != nil, "kept for a stranger")
      precondition((0..<table.slotCount).contains(slot), "kept for a slot that is none")
    case .refuse(let refused):
      precondition(bound[address].map(token) == refused, "refused with another's token")
    case .drop: break
    }
  }

  private func token(_ number: UInt8) -> TransferToken {
    guard let token = TransferToken([UInt8](repeating: number, count: TransferToken.byteCount))
    else { preconditionFailure("16 bytes are a token") }
    return token
  }
}
