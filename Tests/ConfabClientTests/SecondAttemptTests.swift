import ConfabClient
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@Suite struct SecondAttemptTests {
  /// Attempts that end when the test says so.
  private final class Attempts: Sendable {
    let promises = Mutex<[EventLoopPromise<Int>]>([])
    let discarded = Mutex<[Int]>([])

    var count: Int { promises.withLock { $0.count } }

    func race(on loop: EmbeddedEventLoop) -> EventLoopFuture<Int> {
      SecondAttempt.race(on: loop, after: .milliseconds(300)) { [self] in
        // Only the loop makes them.
        promises.withLock { promises in
          promises.append(loop.makePromise())
          return promises[promises.count - 1].futureResult
        }
      } discard: { [self] value in
        discarded.withLock { $0.append(value) }
      }
    }

    subscript(index: Int) -> EventLoopPromise<Int> { promises.withLock { $0[index] } }
  }

  @Test func oneIsEnoughWhereItAnswersInTime() throws {
    let loop = EmbeddedEventLoop()
    let attempts = Attempts()
    let race = attempts.race(on: loop)
    loop.advanceTime(by: .milliseconds(299))
    #expect(attempts.count == 1)
    attempts[0].succeed(7)
    loop.advanceTime(by: .seconds(9))
    #expect(attempts.count == 1)
    #expect(try race.wait() == 7)
  }

  @Test func theFirstThatAnswersIsTakenAndTheOtherClosed() throws {
    for winner in 0..<2 {
      let loop = EmbeddedEventLoop()
      let attempts = Attempts()
      let race = attempts.race(on: loop)
      loop.advanceTime(by: .milliseconds(300))
      #expect(attempts.count == 2)
      attempts[winner].succeed(winner)
      attempts[1 - winner].succeed(1 - winner)
      #expect(try race.wait() == winner)
      #expect(attempts.discarded.withLock { $0 } == [1 - winner])
    }
  }

  /// Somebody who refuses is there; and who is not, is not for the second attempt either.
  @Test func aFailureOfTheFirstIsTheFailure() throws {
    for isAlone in [true, false] {
      let loop = EmbeddedEventLoop()
      let attempts = Attempts()
      let race = attempts.race(on: loop)
      if !isAlone { loop.advanceTime(by: .milliseconds(300)) }
      attempts[0].fail(ChannelError.connectTimeout(.seconds(5)))
      if !isAlone { attempts[1].succeed(1) }
      #expect(throws: ChannelError.self) { try race.wait() }
      loop.advanceTime(by: .seconds(9))
      #expect(attempts.count == (isAlone ? 1 : 2))
      #expect(attempts.discarded.withLock { $0 } == (isAlone ? [] : [1]))
    }
  }
}
