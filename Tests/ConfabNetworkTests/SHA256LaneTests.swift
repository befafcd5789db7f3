import ConfabNetwork
import ConfabTransfer
import Crypto
import Primitives
import Testing

@Suite(.enabled(if: SHA256Lane.isAvailable)) struct SHA256LaneTests {
  private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
  }

  private static func expected(_ bytes: [UInt8]) -> ContentHash? {
    ContentHash(Array(SHA256.hash(data: bytes)))
  }

  @Test(arguments: [0, 1, 54, 55, 56, 63, 64, 65, 127, 128, 129, 1_000, 4_096])
  func oneStream(_ count: Int) {
    let bytes = Self.bytes(count, seed: UInt64(count))
    var lane = SHA256Lane()
    bytes.withUnsafeBytes { lane.update($0) }
    #expect(lane.finish() == Self.expected(bytes))
  }

  @Test func prefix() {
    let bytes = Self.bytes(300, seed: 1)
    var lane = SHA256Lane(prefix: 9)
    bytes.withUnsafeBytes { lane.update($0) }
    #expect(lane.finish() == Self.expected([9] + bytes))
  }

  /// Two streams whose blocks never begin together, in pieces of any size.
  @Test(arguments: 1...40 as ClosedRange<UInt64>) func twoStreams(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let first = Self.bytes(.random(in: 0...3_000, using: &random), seed: seed &+ 100)
    let second = Self.bytes(.random(in: 0...3_000, using: &random), seed: seed &+ 200)
    var lanes = (SHA256Lane(prefix: 0), SHA256Lane())
    var places = (0, 0)
    while places.0 < first.count || places.1 < second.count {
      let steps = (
        Int.random(in: 0...min(400, first.count - places.0), using: &random),
        Int.random(in: 0...min(400, second.count - places.1), using: &random)
      )
      first.withUnsafeBytes { a in
        second.withUnsafeBytes { b in
          SHA256Lane.update(
            &lanes.0, UnsafeRawBufferPointer(rebasing: a[places.0..<places.0 + steps.0]),
            &lanes.1, UnsafeRawBufferPointer(rebasing: b[places.1..<places.1 + steps.1]))
        }
      }
      places.0 += steps.0
      places.1 += steps.1
    }
    #expect(lanes.0.finish() == Self.expected([0] + first))
    #expect(lanes.1.finish() == Self.expected(second))
  }
}
