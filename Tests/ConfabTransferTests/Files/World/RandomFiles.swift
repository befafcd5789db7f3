import ConfabTransfer
import Primitives

/// A tree of files made by chance, with its content as the presenter's disk has it.
struct RandomFiles {
  var manifest: Manifest
  var content: [UInt8]
  var holes: [Range<UInt64>]

  init(using random: inout SeededRandom, leafBytes: Int) throws {
    var builder = ManifestBuilder()
    var depth = 0
    for index in 0..<Int.random(in: 1...12, using: &random) {
      while depth > 0, random.chance(0.3) {
        builder.closeFolder()
        depth -= 1
      }
      let time = FileTime(
        seconds: Int64.random(in: -5_000_000_000...5_000_000_000, using: &random),
        nanoseconds: UInt32.random(in: 0..<1_000_000_000, using: &random))
      if random.chance(0.25) {
        try builder.openFolder(name: "folder \(index)".utf8, mode: 0o755, modified: time)
        depth += 1
      } else {
        try builder.addFile(
          name: "file \(index).dat".utf8, size: Self.size(using: &random, leafBytes: leafBytes),
          mode: UInt16.random(in: 0...0o777, using: &random), modified: time)
      }
    }
    manifest = try builder.finish()
    content = .random(count: Int(manifest.contentBytes), using: &random)
    holes = []
    for _ in 0..<Int.random(in: 0...3, using: &random) where content.count > 4 * leafBytes {
      let start = Int.random(in: 0..<content.count - leafBytes, using: &random)
      let count = min(
        content.count - start, Int.random(in: leafBytes...4 * leafBytes, using: &random))
      for index in start..<start + count { content[index] = 0 }
      holes.append(UInt64(start)..<UInt64(start + count))
    }
  }

  private static func size(using random: inout SeededRandom, leafBytes: Int) -> UInt64 {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: 0
    case 1: UInt64.random(in: 1...20, using: &random)
    case 2: UInt64(leafBytes * Int.random(in: 1...4, using: &random))
    default: UInt64.random(in: 1...UInt64(leafBytes * 8), using: &random)
    }
  }
}
