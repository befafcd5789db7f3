import ConfabClient
import Primitives
import Testing

@Suite struct BackoffTests {
  @Test func risesToItsLimitAndStaysThere() {
    var backoff = Backoff(seed: 7)
    var ceiling = Backoff.shortest
    for _ in 0..<20 {
      let wait = backoff.next()
      #expect(wait <= ceiling)
      #expect(wait >= ceiling / 2 - .milliseconds(1))
      ceiling = min(ceiling * 2, Backoff.longest)
    }
    #expect(ceiling == Backoff.longest)
  }

  @Test func beginsAnewAfterSuccess() {
    var backoff = Backoff(seed: 7)
    for _ in 0..<10 { _ = backoff.next() }
    backoff.reset()
    #expect(backoff.next() <= Backoff.shortest)
  }

  @Test func isTheSameForASeedAndDiffersBetweenSeeds() {
    func waits(_ seed: UInt64) -> [Duration] {
      var backoff = Backoff(seed: seed)
      return (0..<8).map { _ in backoff.next() }
    }
    #expect(waits(1) == waits(1))
    #expect(waits(1) != waits(2))
  }
}
