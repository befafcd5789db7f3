import ConfabWire
import Primitives
import Testing

@Suite struct OutboundQueueTests {
  @Test func dropsForASlowReaderAndTellsOnceItHasCaughtUp() {
    var queue = OutboundQueue(bytesMax: 100)
    #expect(queue.push(bytes: 60, isWritable: false) == .write)
    #expect(queue.push(bytes: 60, isWritable: false) == .drop(justBecameLagging: true))
    #expect(queue.push(bytes: 1, isWritable: false) == .drop(justBecameLagging: false))
    #expect(queue.becameWritable() == .tellLagging)
    #expect(queue.becameWritable() == .none)
    // It would come after a gap: the reader asks first.
    #expect(queue.push(bytes: 1, isWritable: true) == .drop(justBecameLagging: false))
    queue.subscribed()
    #expect(queue.push(bytes: 1, isWritable: true) == .write)
  }

  @Test func nothingIsCountedWhileTheSocketTakesIt() {
    var queue = OutboundQueue(bytesMax: 100)
    for _ in 0..<10 { #expect(queue.push(bytes: 60, isWritable: true) == .write) }
    #expect(queue.push(bytes: 100, isWritable: false) == .write)
    #expect(queue.becameWritable() == .none)
    #expect(queue.push(bytes: 100, isWritable: false) == .write)
  }

  @Test func takesOnePushThatIsLongerThanItself() {
    var queue = OutboundQueue(bytesMax: 100)
    #expect(queue.push(bytes: 500, isWritable: false) == .write)
    #expect(queue.push(bytes: 1, isWritable: false) == .drop(justBecameLagging: true))
    #expect(queue.becameWritable() == .tellLagging)
  }

  @Test(arguments: 1...50) func neverLosesSomethingWithoutTelling(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var queue = OutboundQueue(bytesMax: 1_000)
    var isWritable = true
    var hasLost = false
    var isTold = false
    func becomeWritable() {
      isWritable = true
      guard queue.becameWritable() == .tellLagging else { return }
      #expect(hasLost && !isTold)
      isTold = true
    }
    for _ in 0..<2_000 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6:
        let bytes = Int.random(in: 1...200, using: &random)
        if queue.push(bytes: bytes, isWritable: isWritable) != .write { hasLost = true }
        #expect(queue.pushedBytes <= queue.bytesMax)
      case 6: isWritable = false
      case 7..<9: if !isWritable { becomeWritable() }
      default:
        guard isTold else { continue }
        queue.subscribed()
        (isTold, hasLost) = (false, false)
      }
    }
    if !isWritable { becomeWritable() }
    #expect(queue.isLagging == hasLost && isTold == hasLost)
  }
}
