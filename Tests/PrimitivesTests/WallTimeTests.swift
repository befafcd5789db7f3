import Primitives
import Testing

@Suite struct WallTimeTests {
  @Test(
    arguments: [(0, 0), (999, 0), (1000, 1), (-1, -1), (-1000, -1), (-1001, -2)] as [(Int64, Int64)]
  )
  func secondsAreRoundedDown(milliseconds: Int64, seconds: Int64) {
    #expect(WallTime(millisecondsSinceEpoch: milliseconds).secondsSinceEpoch == seconds)
  }

  @Test func durationsAddUp() {
    let start = WallTime(millisecondsSinceEpoch: 1_000)
    #expect((start + .milliseconds(250)).since(start) == .milliseconds(250))
    #expect((start - .seconds(2)).millisecondsSinceEpoch == -1_000)
    #expect(start.since(start + .seconds(1)) == .seconds(-1))
  }

  @Test func theMonotonicClockNeverRunsBackwards() {
    let start = MonotonicTime(nanoseconds: 5)
    let later = start + .seconds(1)
    #expect(later.since(start) == .seconds(1))
    #expect(start.since(later) == .zero)
    #expect(start < later)
  }
}
