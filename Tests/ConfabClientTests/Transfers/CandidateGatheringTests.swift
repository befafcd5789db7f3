import ConfabClient
import ConfabTransfer
import Primitives
import STUN
import Testing

@Suite struct CandidateGatheringTests {
  private static let server = PathAddress(ipv4: 0xCB00_7101, port: 4_747)

  @Test func anAddressThatChangesIsToldOnce() throws {
    var now = MonotonicTime(nanoseconds: 0)
    var gathering = CandidateGathering(server: Self.server, port: 5_000, socket: 0, at: now)
    #expect(!gathering.isFinished && gathering.reachesServer == nil)
    answer(&gathering, [203, 0, 113, 7], at: now)
    #expect(gathering.isFinished && gathering.reachesServer == true)
    #expect(reflexive(gathering.candidates) == [0xFFFF_CB00_7107])
    // Nothing is told before offer or answer has gone, and what was in them is known.
    expectUnchanged(&gathering)
    #expect(gathering.nextDeadline == nil)
    gathering.beginWatching()
    expectUnchanged(&gathering)
    now = try #require(gathering.nextDeadline)
    answer(&gathering, [203, 0, 113, 7], at: now)
    expectUnchanged(&gathering)
    now = try #require(gathering.nextDeadline)
    answer(&gathering, [198, 51, 100, 9], at: now)
    let told = gathering.takeChanged()
    #expect(told.map(reflexive) == [0xFFFF_C633_6409])
    expectUnchanged(&gathering)
    gathering.endWatching()
    #expect(gathering.nextDeadline == nil)
  }

  @Test func silenceLaterOnTakesNothingBack() throws {
    var now = MonotonicTime(nanoseconds: 0)
    var gathering = CandidateGathering(server: Self.server, port: 5_000, socket: 0, at: now)
    answer(&gathering, [203, 0, 113, 7], at: now)
    gathering.beginWatching()
    for _ in 0..<12 {
      now = try #require(gathering.nextDeadline)
      _ = gathering.nextDatagram(at: now)
    }
    expectUnchanged(&gathering)
    #expect(gathering.reachesServer == true)
    #expect(reflexive(gathering.candidates) == [0xFFFF_CB00_7107])
  }

  private func answer(
    _ gathering: inout CandidateGathering, _ address: [UInt8], at now: MonotonicTime
  ) {
    guard let (request, server) = gathering.nextDatagram(at: now),
      let seen = MappedAddress(address: address, port: 5_000),
      let answer = BindingResponder.answer(to: request, from: seen)
    else {
      Issue.record("nothing was asked")
      return
    }
    gathering.receive(answer, from: server)
  }

  private func expectUnchanged(_ gathering: inout CandidateGathering) {
    let told = gathering.takeChanged()
    #expect(told == nil)
  }

  private func reflexive(_ candidates: [Candidate]) -> [UInt64] {
    candidates.filter { $0.kind == .reflexive }.map(\.low)
  }
}
