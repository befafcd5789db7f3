import ConfabMedia
import Testing

/// What nobody sees is not sent, and comes back when somebody does.
@Suite("Meetings: layers that nobody wants")
struct MeetingDemandTests {
  private func sent(_ meeting: borrowing MeetingModel, by publisher: Int) -> [Int] {
    meeting.publishers[publisher].layers.map(\.packets)
  }

  /// - Returns: which layers were sent meanwhile.
  private func layersSent(
    _ meeting: inout MeetingModel, by publisher: Int, milliseconds: Int
  ) -> [Int] {
    let before = sent(meeting, by: publisher)
    meeting.run(milliseconds: milliseconds)
    let after = sent(meeting, by: publisher)
    return before.indices.filter { after[$0] > before[$0] }
  }

  @Test("a small tile wants the small picture alone, and made large has the large one in a second")
  func grown() throws {
    var meeting = try MeetingModel(seed: 71)
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 720)])
    meeting.run(milliseconds: 3_000)
    #expect(layersSent(&meeting, by: 1, milliseconds: 500) == [0, 1, 2])
    meeting.watch(0, [(1, 180)])
    meeting.run(milliseconds: 6_500)
    #expect(layersSent(&meeting, by: 1, milliseconds: 500) == [0])
    meeting.watch(0, [(1, 720)])
    meeting.run(milliseconds: 1_000)
    #expect(try #require(meeting.decoded(0).first).layers.last == 2)
    MeetingTests().judge(meeting, "grown")
  }

  @Test("a camera that nobody sees is not sent at all; who looks sees it within half a second")
  func unseen() throws {
    var meeting = try MeetingModel(seed: 72)
    try meeting.join()
    try meeting.join()
    // It must not be told before the layers are there.
    meeting.run(milliseconds: 4_000)
    #expect(layersSent(&meeting, by: 1, milliseconds: 500) == [0, 1, 2])
    meeting.run(milliseconds: 2_500)
    #expect(layersSent(&meeting, by: 1, milliseconds: 500) == [])
    meeting.watch(0, [(1, 360)])
    meeting.run(milliseconds: 500)
    #expect(try #require(meeting.decoded(0).first).frames > 5)
    MeetingTests().judge(meeting, "unseen")
  }

  @Test("a layer that does not come back leaves the one that is there")
  func stuck() throws {
    var meeting = try MeetingModel(seed: 73)
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 180)])
    meeting.run(milliseconds: 7_000)
    meeting.publishers[1].layers[1].isPaused = true
    meeting.publishers[1].layers[2].isPaused = true
    meeting.watch(0, [(1, 720)])
    let before = try #require(meeting.decoded(0).first).frames
    meeting.run(milliseconds: 10_000)
    #expect(try #require(meeting.decoded(0).first).frames > before + 280)
    // It is asked for now and then, in case that it does.
    meeting.publishers[1].layers[2].isPaused = false
    meeting.run(milliseconds: 3_000)
    #expect(try #require(meeting.decoded(0).first).layers.last == 2)
    MeetingTests().judge(meeting, "stuck")
  }

  @Test("a camera that was off is sent in all layers when it is on again")
  func muted() throws {
    var meeting = try MeetingModel(seed: 74)
    try meeting.join()
    try meeting.join()
    meeting.run(milliseconds: 7_000)
    #expect(layersSent(&meeting, by: 1, milliseconds: 500) == [])
    let camera = meeting.tracks[1][1].id
    meeting.room.setMuted(camera, true, at: meeting.now)
    meeting.run(milliseconds: 500)
    #expect(
      meeting.events.last { if case .demand = $0 { true } else { false } }
        == .demand(camera, layers: [0, 1, 2]))
  }

  @Test("a viewer is told what the line does not carry, and when it does")
  func shortage() throws {
    var meeting = try MeetingModel(seed: 75)
    meeting.downlink.bitsPerSecond = 400_000
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 720)])
    meeting.run(milliseconds: 12_000)
    func told() -> MediaShortage? {
      let all = meeting.events.compactMap { event -> MediaShortage? in
        guard case .shortage(ParticipantIndex(of: 0), _, let shortage) = event else { return nil }
        return shortage
      }
      return all.last
    }
    #expect(told() == .reduced)
    meeting.downlink.bitsPerSecond = nil
    meeting.run(milliseconds: 40_000)
    #expect(told() == MediaShortage.none)
  }

  @Test("a line that is found out to be wide within moments is no news")
  func noShortage() throws {
    var meeting = try MeetingModel(seed: 76)
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 360)])
    meeting.run(milliseconds: 10_000)
    #expect(!meeting.events.contains { if case .shortage = $0 { true } else { false } })
  }
}
