import ConfabTransfer
import Primitives
import Testing

@Suite("The end of a connection")
struct ClosingTests {
  private func established(_ options: TransferPair.Options = TransferPair.Options()) -> TransferPair
  {
    let pair = TransferPair(options)
    pair.run(for: .seconds(1)) { $0.written > 0 && $0.presenterCounts.packetsReceived > 0 }
    return pair
  }

  @Test("the other side hears why")
  func reason() {
    let pair = established()
    pair.recipient.connection.close(code: 0x123, reason: "no room", at: pair.time)
    pair.run(for: .seconds(5)) { $0.areBothClosed }
    #expect(pair.closing(of: .recipient) == .byUs(code: 0x123, reason: "no room"))
    #expect(pair.closing(of: .presenter) == .byPeer(code: 0x123, reason: "no room"))
    #expect(pair.areBothClosed)
  }

  @Test("also when the first word of it is lost", arguments: 1...6 as ClosedRange<UInt64>)
  func reasonLost(_ seed: UInt64) {
    var options = TransferPair.Options(seed: seed)
    options.contentBytes = 2 << 20
    options.forth.loss = 0.3
    let pair = established(options)
    pair.recipient.connection.close(code: 0x100, reason: "", at: pair.time)
    pair.run(for: .seconds(40)) { $0.areBothClosed }
    #expect(pair.areBothClosed)
    #expect(pair.closing(of: .presenter) != nil)
  }

  @Test("content beyond what was offered ends it")
  func outOfBounds() {
    var options = TransferPair.Options()
    options.adjust = { _, recipient in recipient.contentBytes = 100_000 }
    let pair = TransferPair(options)
    pair.run(for: .seconds(5)) { $0.areBothClosed }
    #expect(pair.closing(of: .recipient) == .violation(.contentOutOfBounds))
    #expect(
      pair.closing(of: .presenter)
        == .byPeer(code: TransportViolation.contentOutOfBounds.rawValue, reason: ""))
    #expect(pair.written <= 100_000)
  }

  @Test("more content than there is credit ends it")
  func creditExceeded() {
    var options = TransferPair.Options()
    options.creditWindow = 0
    options.adjust = { _, recipient in recipient.initialContentCredit = 30_000 }
    let pair = TransferPair(options)
    pair.run(for: .seconds(5)) { $0.areBothClosed }
    #expect(pair.closing(of: .recipient) == .violation(.contentCreditExceeded))
    #expect(pair.written <= 30_000)
  }

  @Test("content from the recipient ends it")
  func wrongDirection() {
    var options = TransferPair.Options()
    options.queuesContent = false
    options.adjust = { _, recipient in recipient.initialContentCredit = 10_000 }
    let pair = TransferPair(options)
    pair.run(for: .seconds(1)) { $0.presenterCounts.packetsReceived > 0 }
    pair.recipient.connection.sendContent(0..<10)
    pair.run(for: .seconds(1)) { _ in false }
    // An honest recipient has no credit to send with.
    #expect(pair.failure == nil)
    #expect(pair.closing(of: .presenter) == nil)
  }

  @Test("garbage of every length is dropped and changes nothing", arguments: 0..<4 as Range<UInt64>)
  func garbage(_ seed: UInt64) {
    let pair = established(TransferPair.Options(seed: seed + 1))
    var chance = SeededRandom(seed: seed)
    for index in 0..<400 {
      var bytes = [UInt8].random(count: Int.random(in: 0..<1_500, using: &chance), using: &chance)
      let end: PairNetwork.End = index % 2 == 0 ? .presenter : .recipient
      if !bytes.isEmpty { bytes[0] = [0x40, 0x41, 0x42, 0x60, 0x61, 0x7F][index % 6] }
      if bytes.count > 8, chance.chance(0.7) {
        let own: UInt8 = end == .presenter ? 0x11 : 0x22
        for place in (bytes[0] < 0x60 ? 4..<8 : 1..<5) { bytes[place] = own }
        bytes[1] = bytes[0] < 0x60 ? 1 : bytes[1]
      }
      pair.inject(bytes, to: end, from: TransferPair.presenterAddress)
    }
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
  }

  @Test("an idle connection is kept open by what little it takes")
  func keepalive() {
    let pair = TransferPair()
    pair.runToCompletion()
    let sent = pair.presenterCounts.packetsSent
    pair.run(for: .seconds(300)) { _ in false }
    #expect(pair.closing(of: .presenter) == nil)
    #expect(pair.failure == nil)
    // Every 15 s a question or an answer or both.
    #expect((20...60).contains(pair.presenterCounts.packetsSent - sent))
  }
}
