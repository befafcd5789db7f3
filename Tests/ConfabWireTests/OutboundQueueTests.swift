import ConfabWire
import Primitives
import Testing

@Suite struct OutboundQueueTests {
  @Test func dropsForASlowReaderAndTellsOnceItHasCaughtUp() {
    var queue = OutboundQueue(bytesMax: 100, bytesLow: 20)
    #expect(queue.enqueue(bytes: 60) == .write)
    #expect(queue.enqueue(bytes: 60) == .drop(justBecameLagging: true))
    #expect(queue.enqueue(bytes: 1) == .drop(justBecameLagging: false))
    #expect(queue.drained(bytes: 30) == .none)
    #expect(queue.drained(bytes: 10) == .tellLagging)
    #expect(queue.drained(bytes: 20) == .none)
    #expect(queue.enqueue(bytes: 1) == .drop(justBecameLagging: false))
    queue.subscribed()
    #expect(queue.enqueue(bytes: 1) == .write)
  }

  @Test func answersAreNeverDroppedButStopTheReading() {
    var queue = OutboundQueue(bytesMax: 100, bytesLow: 20)
    queue.enqueueReply(bytes: 99)
    #expect(queue.acceptsRequests)
    queue.enqueueReply(bytes: 50)
    #expect(!queue.acceptsRequests)
    #expect(queue.drained(bytes: 100) == .none)
    #expect(queue.acceptsRequests)
  }

  @Test func anEmptyQueueTakesWhatIsLongerThanItself() {
    var queue = OutboundQueue(bytesMax: 100, bytesLow: 20)
    #expect(queue.enqueue(bytes: 500) == .write)
    #expect(queue.enqueue(bytes: 1) == .drop(justBecameLagging: true))
    #expect(queue.drained(bytes: 500) == .tellLagging)
  }

  @Test(arguments: 1...50) func neverLosesSomethingWithoutTelling(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var queue = OutboundQueue(bytesMax: 1_000, bytesLow: 100)
    var lostSinceSubscribing = false
    var told = false
    for _ in 0..<2_000 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6:
        let bytes = Int.random(in: 1...200, using: &random)
        if queue.enqueue(bytes: bytes) != .write { lostSinceSubscribing = true }
        #expect(queue.queuedBytes <= queue.bytesMax)
      case 6..<9:
        let bytes = Int.random(in: 0...queue.queuedBytes, using: &random)
        if queue.drained(bytes: bytes) == .tellLagging {
          #expect(lostSinceSubscribing && !told)
          told = true
        }
      default:
        guard told else { continue }
        queue.subscribed()
        (told, lostSinceSubscribing) = (false, false)
      }
    }
    _ = queue.drained(bytes: queue.queuedBytes)
    #expect(queue.isLagging == lostSinceSubscribing)
  }
}
