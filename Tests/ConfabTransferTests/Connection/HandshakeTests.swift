import ConfabTransfer
import Crypto
import Primitives
import Testing

@Suite("The handshake of a connection")
struct ConnectionHandshakeTests {
  @Test("each message may be lost", arguments: 0..<12 as Range<UInt64>)
  func losses(_ seed: UInt64) {
    var options = TransferPair.Options(seed: seed)
    options.contentBytes = 20_000
    options.forth.loss = 0.4
    let pair = TransferPair(options)
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
  }

  @Test("without anybody there it ends after 30 s, on both sides")
  func nobody() {
    var options = TransferPair.Options()
    options.forth.loss = 1
    let pair = TransferPair(options)
    pair.run(for: .seconds(29)) { _ in false }
    #expect(!pair.areBothClosed)
    pair.run(for: .seconds(2)) { _ in false }
    #expect(pair.closing(of: .presenter) == .idle)
    #expect(pair.closing(of: .recipient) == .idle)
    #expect(pair.areBothClosed)
  }

  @Test("whoever saw another offer gets nowhere")
  func otherPrologue() {
    var options = TransferPair.Options()
    options.adjust = { presenter, _ in presenter.prologue = [3, 2, 1] }
    let pair = TransferPair(options)
    pair.run(for: .seconds(40)) { _ in false }
    #expect(pair.written == 0)
    #expect(pair.closing(of: .recipient) == .idle)
  }

  @Test("many bad messages make the presenter ask for a cookie, and a good one still gets through")
  func cookies() throws {
    var options = TransferPair.Options()
    options.contentBytes = 20_000
    options.isDirectKnown = false
    let pair = TransferPair(options)
    // Made by somebody who knows the presenter's key but is not the recipient.
    let strangers = (0..<6).map { seed in
      var strange = TransferPair.Options(seed: UInt64(seed))
      strange.adjust = { _, recipient in recipient.prologue = [UInt8(seed)] }
      let other = TransferPair(strange)
      other.recordsDatagrams = true
      other.run(for: .milliseconds(1)) { _ in false }
      return other.recorded.first { $0.from == .recipient && $0.bytes.count == 1_200 }?.bytes ?? []
    }
    for _ in 0..<2 {
      for bytes in strangers {
        pair.inject(bytes, to: .presenter, from: PathAddress(ipv4: 0x0A00_0001, port: 9))
      }
    }
    #expect(pair.presenter.events.isEmpty)
    pair.network.connect(
      presenter: TransferPair.presenterAddress, recipient: TransferPair.recipientAddress,
      forth: LinkConditions(), back: LinkConditions())
    pair.recordsDatagrams = true
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.recorded.contains { $0.bytes[0] == 0x42 })
  }

  @Test("an index changed on the way, with all the codes that everybody can make, blocks nobody")
  func changedIndices() throws {
    for isFirst in [true, false] {
      var options = TransferPair.Options()
      options.contentBytes = 20_000
      let pair = TransferPair(options)
      pair.recordsDatagrams = true
      // Only what is sent at the very beginning.
      pair.run(for: .milliseconds(isFirst ? 0 : 15)) { _ in false }
      let kind: UInt8 = isFirst ? 0x40 : 0x41
      let genuine = try #require(
        pair.recorded.first { $0.bytes[0] == kind && $0.bytes.count > 12 }?.bytes)
      if isFirst {
        let count = Int(genuine[12]) << 8 | Int(genuine[13])
        pair.inject(
          Initiation(
            message: Array(genuine[14..<14 + count]),
            to: Array(TestKeys.presenter.publicKey.rawRepresentation), receiver: 0x1111_1111,
            sender: 0x2222_2223
          ).datagram(), to: .presenter, from: TransferPair.recipientAddress)
        #expect(pair.presenter.events.isEmpty)
      } else {
        pair.inject(
          Response.datagram(
            message: Array(genuine[12..<genuine.count - 16]),
            to: Array(TestKeys.recipient.publicKey.rawRepresentation), receiver: 0x2222_2222,
            sender: 0x1111_1112), to: .recipient, from: TransferPair.presenterAddress)
        #expect(pair.recipient.events.isEmpty)
      }
      pair.runToCompletion()
      #expect(pair.failure == nil)
      #expect(pair.isIdentical)
    }
  }

  @Test("an address that has shown nothing gets no more than three times what came from it")
  func amplification() {
    var options = TransferPair.Options()
    options.adjust = { _, recipient in recipient.token = [0] }
    // The recipient hears nothing, so it never answers a challenge.
    options.forth.loss = 1
    options.back = LinkConditions()
    let pair = TransferPair(options)
    pair.recordsDatagrams = true
    pair.run(for: .seconds(10)) { _ in false }
    let received = pair.recorded.filter { $0.from == .recipient }.reduce(0) { $0 + $1.bytes.count }
    let sent = pair.recorded.filter { $0.from == .presenter }
    #expect(pair.presenter.events.first == .handshakeDone)
    #expect(sent.reduce(0) { $0 + $1.bytes.count } <= 3 * received)
    #expect(sent.count > 1)
  }

  @Test("a wrong token costs only the validation of the path")
  func unvalidated() {
    var options = TransferPair.Options()
    options.adjust = { _, recipient in recipient.token = [0] }
    let pair = TransferPair(options)
    pair.runToCompletion()
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
  }

  @Test("a session that is replayed changes nothing")
  func replay() {
    var options = TransferPair.Options()
    options.contentBytes = 50_000
    let pair = TransferPair(options)
    pair.recordsDatagrams = true
    pair.runToCompletion()
    let session = pair.recorded
    let written = pair.written
    let acknowledged = pair.presenterCounts.contentBytesAcknowledged
    for datagram in session {
      let from =
        datagram.from == .presenter ? TransferPair.presenterAddress : TransferPair.recipientAddress
      pair.inject(datagram.bytes, to: datagram.from.other, from: from)
    }
    #expect(pair.written == written)
    #expect(pair.presenterCounts.contentBytesAcknowledged == acknowledged)
    #expect(pair.closing(of: .presenter) == nil && pair.closing(of: .recipient) == nil)
    // To somebody who begins anew it says nothing either.
    let fresh = TransferPair(TransferPair.Options(seed: 99))
    for datagram in session where datagram.from == .presenter {
      fresh.inject(datagram.bytes, to: .recipient, from: TransferPair.presenterAddress)
    }
    #expect(fresh.written == 0 && fresh.recipient.events.isEmpty)
  }
}
