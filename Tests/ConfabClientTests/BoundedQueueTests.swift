import ConfabClient
import Testing

@Suite struct BoundedQueueTests {
  @Test func refusesWhatDoesNotFit() {
    let queue = BoundedQueue<Int>(countMax: 2)
    #expect(queue.offer(1))
    #expect(queue.offer(2))
    #expect(!queue.offer(3))
    #expect(queue.tryNext() == 1)
    #expect(queue.offer(4))
  }

  @Test func keepsTheOrderOfAFastProducer() async {
    let queue = BoundedQueue<Int>(countMax: 4)
    let producer = Task {
      for number in 0..<1_000 { await queue.push(number) }
      queue.finish()
    }
    var received: [Int] = []
    while let number = await queue.next() { received.append(number) }
    await producer.value
    #expect(received == Array(0..<1_000))
  }

  @Test func givesWhatIsLeftAfterTheEnd() async {
    let queue = BoundedQueue<Int>(countMax: 4)
    queue.offer(1)
    queue.finish()
    #expect(!queue.offer(2))
    #expect(await queue.next() == 1)
    #expect(await queue.next() == nil)
  }

  @Test func letsACancelledConsumerGo() async {
    let queue = BoundedQueue<Int>(countMax: 4)
    let consumer = Task { await queue.next() }
    consumer.cancel()
    #expect(await consumer.value == nil)
  }
}
