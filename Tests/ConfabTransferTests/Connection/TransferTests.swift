import ConfabTransfer
import Primitives
import Testing

@Suite("A transfer over a simulated network")
struct TransferTests {
  @Test("content and control arrive over a good path")
  func goodPath() {
    let pair = Pair()
    #expect(pair.runToCompletion(for: .seconds(10)), "\(pair.failure ?? "")")
    #expect(pair.isIdentical)
    #expect(pair.recipient.events.first == .handshakeDone)
    #expect(pair.presenter.connection.statistics.packetsLost == 0)
  }
}
