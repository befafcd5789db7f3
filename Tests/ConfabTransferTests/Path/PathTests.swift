import ConfabTransfer
import Primitives
import Testing

@Suite("Paths")
struct PathTests {
  private static let longRelay: LinkConditions = {
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(40)
    conditions.rate = 400_000
    return conditions
  }()

  private func path(_ events: [TransferEvent]) -> [PathKind] {
    events.compactMap { if case .pathChanged(_, let kind) = $0 { kind } else { nil } }
  }

  @Test("a transfer begins on the relay and moves to the direct path when that opens")
  func upgrade() {
    var options = TransferPair.Options()
    options.contentBytes = 1 << 20
    options.relay = Self.longRelay
    options.forth.blackouts = [0..<1_600_000_000]
    let pair = TransferPair(options)
    pair.run(for: .milliseconds(500)) { _ in false }
    #expect(pair.presenterPath == TransferPair.recipientAtRelay)
    #expect(pair.written > 0)
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
    #expect(path(pair.presenter.events) == [.relay, .direct])
    #expect(path(pair.recipient.events) == [.relay, .direct])
    #expect(pair.elapsed < .milliseconds(2_000), "simulated; the relay alone would take longer")
  }

  @Test("a path that goes dead is left for one that works")
  func fallback() {
    var options = TransferPair.Options()
    options.contentBytes = 1 << 20
    options.relay = Self.longRelay
    options.forth.rate = 1_000_000
    options.forth.blackouts = [1_400_000_000..<UInt64.max]
    let pair = TransferPair(options)
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
    #expect(path(pair.presenter.events).last == .relay)
    #expect(pair.presenterPath == TransferPair.recipientAtRelay)
  }

  @Test("when the recipient's address changes, the transfer goes on", arguments: [true, false])
  func recipientRebinds(_ isBusyAtOnce: Bool) {
    var options = TransferPair.Options()
    options.contentBytes = 1 << 20
    options.forth.rate = 1_000_000
    let pair = TransferPair(options)
    pair.run(for: .milliseconds(isBusyAtOnce ? 300 : 60)) { _ in false }
    let other = PathAddress(ipv4: 0xC633_6401, port: 7777)
    pair.network.rebind(.recipient, from: TransferPair.recipientAddress, to: other)
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
    #expect(pair.presenterPath == other)
  }

  @Test("when the presenter's address changes, the transfer goes on")
  func presenterRebinds() {
    var options = TransferPair.Options()
    options.contentBytes = 1 << 20
    options.forth.rate = 1_000_000
    let pair = TransferPair(options)
    pair.run(for: .milliseconds(300)) { _ in false }
    let other = PathAddress(ipv4: 0xC000_0201, port: 7777)
    pair.network.rebind(.presenter, from: TransferPair.presenterAddress, to: other)
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
    #expect(pair.recipientPath == other)
  }

  @Test("a blackout shorter than the timeout is survived", arguments: [1, 5, 25])
  func blackout(_ seconds: UInt64) {
    var options = TransferPair.Options()
    options.contentBytes = 1 << 20
    options.forth.rate = 1_000_000
    options.forth.blackouts = [1_300_000_000..<1_300_000_000 + seconds * 1_000_000_000]
    let pair = TransferPair(options)
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
    // It comes back soon after the path does.
    #expect(pair.elapsed < .seconds(Int64(seconds) + 7), "simulated")
  }

  @Test("a blackout longer than the timeout ends both sides")
  func longBlackout() {
    var options = TransferPair.Options()
    options.contentBytes = 1 << 20
    options.forth.rate = 1_000_000
    options.forth.blackouts = [1_300_000_000..<UInt64.max]
    let pair = TransferPair(options)
    pair.run(for: .seconds(60)) { $0.areBothClosed }
    #expect(pair.closing(of: .presenter) == .idle)
    #expect(pair.closing(of: .recipient) == .idle)
  }

  @Test("a candidate learned later is tried")
  func lateCandidate() {
    var options = TransferPair.Options()
    options.contentBytes = 1 << 20
    options.isDirectKnown = false
    options.relay = Self.longRelay
    let pair = TransferPair(options)
    pair.run(for: .milliseconds(400)) { _ in false }
    let address = PathAddress(ipv4: 0xC633_6499, port: 1234)
    pair.network.connect(
      presenter: TransferPair.presenterAddress, recipient: address, forth: LinkConditions(),
      back: LinkConditions())
    pair.recipient.connection.announce([
      Candidate(.reflexive, high: address.high, low: address.low, port: address.port)
    ])
    pair.pump(.recipient)
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.presenterPath == address)
  }

  @Test("the largest datagram that passes is found", arguments: [1_280, 1_452, 1_472, 1_300])
  func datagramSize(_ bytes: Int) {
    var options = TransferPair.Options()
    options.contentBytes = 1 << 20
    options.forth.datagramBytesMax = bytes
    let pair = TransferPair(options)
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
    let found = pair.presenterCounts.datagramBytes
    #expect(found <= bytes && found > bytes - 40)
    // What probes lose is no congestion.
    #expect(pair.presenterCounts.packetsLost == 0)
  }

  @Test("a path that begins to swallow large datagrams is noticed")
  func blackHole() {
    var options = TransferPair.Options()
    options.contentBytes = 2 << 20
    options.forth.rate = 1_000_000
    options.forth.shrinks = (at: 1_500_000_000, datagramBytesMax: 1_300)
    let pair = TransferPair(options)
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
    #expect(pair.presenterCounts.blackHoles == 1)
    #expect(pair.presenterCounts.datagramBytes <= 1_300)
  }
}
