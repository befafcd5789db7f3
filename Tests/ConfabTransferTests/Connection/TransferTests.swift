import ConfabTransfer
import Primitives
import Testing

@Suite("A transfer over a simulated network")
struct TransferTests {
  private func complete(
    _ options: TransferPair.Options, within limit: Duration = .seconds(60),
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> TransferPair {
    let pair = TransferPair(options)
    pair.runToCompletion(for: limit)
    #expect(pair.failure == nil, sourceLocation: sourceLocation)
    #expect(pair.isIdentical, sourceLocation: sourceLocation)
    return pair
  }

  @Test("content and control arrive over a good path, in one round trip after the first message")
  func goodPath() {
    let pair = complete(TransferPair.Options())
    #expect(pair.recipient.events.first == .handshakeDone)
    #expect(pair.presenterCounts.packetsLost == 0)
    #expect(pair.presenterCounts.contentBytesSent == 256 << 10)
    let early = TransferPair()
    // Message 1 takes 10 ms, message 2 and the first content 10 ms more.
    early.run(for: .milliseconds(21)) { _ in false }
    #expect(early.written > 0)
  }

  @Test("losses are made good", arguments: [0.01, 0.05, 0.1, 0.3])
  func loss(_ loss: Double) {
    var options = TransferPair.Options()
    options.forth.loss = loss
    let pair = complete(options)
    #expect(pair.presenterCounts.packetsLost > 0)
  }

  @Test("bursts of losses are made good", arguments: 1...3 as ClosedRange<UInt64>)
  func bursts(_ seed: UInt64) {
    var options = TransferPair.Options(seed: seed)
    options.forth.burstBegins = 0.02
    _ = complete(options)
  }

  @Test("acknowledgements may be lost")
  func acknowledgementLoss() {
    var options = TransferPair.Options()
    var back = LinkConditions()
    back.loss = 0.5
    options.back = back
    let pair = complete(options)
    // What was lost is known from the next one that arrives.
    #expect(pair.presenterCounts.packetsLost < pair.presenterCounts.packetsSent / 10)
  }

  @Test("reordering is learned, and then costs nothing")
  func reordering() {
    var options = TransferPair.Options()
    options.contentBytes = 1 << 20
    options.forth.reorder = 0.25
    let pair = complete(options)
    let counts = pair.presenterCounts
    #expect(counts.packetsSpuriouslyLost > 0)
    #expect(counts.packetsLost - counts.packetsSpuriouslyLost < counts.packetsSent / 20)
  }

  @Test("duplicates and flipped bits change nothing")
  func duplicatesAndCorruption() {
    var options = TransferPair.Options()
    options.forth.duplicate = 0.2
    options.forth.corrupt = 0.05
    let pair = complete(options)
    #expect(pair.recipientCounts.datagramsReplayed > 0)
    #expect(pair.recipientCounts.datagramsDropped > 0)
  }

  @Test(
    "a narrow link is filled, and its queue does not kill it",
    arguments: [CongestionAlgorithm.cubic, .bbr])
  func narrow(_ algorithm: CongestionAlgorithm) {
    var options = TransferPair.Options()
    options.congestion = algorithm
    options.contentBytes = 1 << 20
    options.forth.rate = 1_000_000
    options.forth.queueBytes = 40 << 10
    let pair = complete(options)
    #expect(pair.elapsed < .milliseconds(2_500), "simulated time")
    #expect(pair.presenterCounts.packetsLost < pair.presenterCounts.packetsSent / 4)
  }

  @Test("a policer is lived with", arguments: [CongestionAlgorithm.cubic, .bbr])
  func policer(_ algorithm: CongestionAlgorithm) {
    var options = TransferPair.Options()
    options.congestion = algorithm
    options.forth.policer = (rate: 500_000, burst: 20_000)
    _ = complete(options)
  }

  @Test("a long way: 600 ms there and back, with losses")
  func longWay() {
    var options = TransferPair.Options()
    options.forth.delay = .milliseconds(300)
    options.forth.loss = 0.02
    _ = complete(options)
  }

  @Test("keys change under way, and no packet is lost by that")
  func keyUpdates() {
    var options = TransferPair.Options()
    options.contentBytes = 1 << 20
    options.packetsPerKeyMax = 50
    options.forth.rate = 500_000
    options.forth.reorder = 0.1
    options.forth.loss = 0.01
    let pair = TransferPair(options)
    pair.run { $0.written > 0 }
    let dropped = pair.recipientCounts.datagramsDropped
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
    #expect(pair.presenterCounts.keyUpdates > 3)
    // The one who initiates is at most one ahead.
    let phases = (pair.presenter.connection.keyPhase, pair.recipient.connection.keyPhase)
    #expect(max(phases.0, phases.1) - min(phases.0, phases.1) <= 1)
    #expect(pair.recipientCounts.datagramsDropped == dropped)
  }

  @Test("credit bounds what is under way, and more of it lets the rest go")
  func credit() {
    var options = TransferPair.Options()
    options.initialCredit = 10_000
    options.creditWindow = 0
    let pair = TransferPair(options)
    pair.run(for: .seconds(5)) { _ in false }
    #expect(pair.failure == nil)
    #expect(pair.written == 10_000)
    var open = TransferPair.Options()
    open.initialCredit = 10_000
    open.creditWindow = 20_000
    open.forth.loss = 0.05
    _ = complete(open)
  }

  @Test("what cannot be read now is reported, and sent when it is queued again")
  func unreadable() {
    let pair = TransferPair()
    pair.presenter.source.failuresLeft = 5
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
  }

  @Test("a range that is asked for anew is sent and written anew")
  func again() {
    var options = TransferPair.Options()
    options.contentBytes = 100_000
    let pair = TransferPair(options)
    pair.runToCompletion()
    pair.recipient.connection.expectAgain(20_000..<70_000)
    pair.presenter.connection.sendContent(20_000..<70_000)
    pair.run(for: .seconds(5)) { $0.written == 150_000 }
    #expect(pair.failure == nil)
    #expect(pair.written == 150_000)
  }

  @Test("the sender may be told to go slowly")
  func rateLimit() {
    var options = TransferPair.Options()
    options.rateLimit = 100_000
    options.contentBytes = 200_000
    let pair = complete(options)
    #expect(pair.elapsed > .milliseconds(1_800), "simulated time")
  }

  @Test("ranges in any order arrive")
  func ranges() {
    var options = TransferPair.Options()
    options.queuesContent = false
    options.contentBytes = 90_000
    options.forth.loss = 0.05
    let pair = TransferPair(options)
    for start in [60_000, 0, 30_000] as [UInt64] {
      pair.presenter.connection.sendContent(start..<start + 30_000)
    }
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
  }

  @Test("much control data flows both ways, beyond the window")
  func control() {
    var options = TransferPair.Options()
    options.controlBytes = 700_000
    options.forth.loss = 0.03
    let sent = TransferPair(options).presenter.controlToSend
    let pair = complete(options)
    #expect(pair.recipient.control == sent)
  }
}
