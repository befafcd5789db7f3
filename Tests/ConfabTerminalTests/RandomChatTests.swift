import ConfabTerminal
import Testing

@Suite struct RandomChatTests {
  /// Random events into a model and its view at random sizes: nothing traps, every screen has the
  /// size that was asked for, and what is held stays within its limits.
  @Test(arguments: UInt64(1)...16) func anythingCanHappen(seed: UInt64) {
    var chance = Chance(seed: seed)
    var scene = Scene()
    for _ in 0..<80 {
      scene.send(chance.event())
      let width = chance.number(1...200)
      let height = chance.number(1...60)
      let screen = view(scene.model, width: width, height: height)
      #expect(screen.width == width && screen.height == height)
      let cursor = screen.cursor
      #expect(cursor.map { $0.column < width && $0.row < height } == true)
      for channel in scene.model.channels {
        #expect(channel.timeline.entries.count <= ChatLimits.entriesPerChannelMax)
        let sequences = channel.timeline.entries.compactMap(\.sequence)
        #expect(zip(sequences, sequences.dropFirst()).allSatisfy { $0 < $1 })
      }
    }
  }
}
