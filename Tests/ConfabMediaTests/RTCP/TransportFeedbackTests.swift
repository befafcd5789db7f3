import ConfabMedia
import Primitives
import Testing

@Suite("Transport feedback")
struct TransportFeedbackTests {
  /// Each packet's number and arrival in ticks, as a reader finds them.
  func read(_ bytes: [UInt8]) -> [(UInt16, Int64?)]? {
    packets(bytes) { packet in
      TransportFeedback(packet).map { feedback in
        var all: [(UInt16, Int64?)] = []
        feedback.forEach { all.append(($0, $1)) }
        return all
      }
    }.found.first
  }

  func write(_ arrivals: [UInt64], first: UInt16, capacity: Int = 1_200) -> (
    bytes: [UInt8], count: Int
  ) {
    var count = 0
    let bytes = written(capacity: capacity) { buffer in
      var writer = RTCPWriter(buffer)
      arrivals.withUnsafeBufferPointer {
        count = writer.transportFeedback(
          sender: 1, media: 2, first: first, feedbackNumber: 3, arrivals: $0)
      }
      return writer.position
    }
    return (bytes, count)
  }

  @Test("the bytes are those of the draft")
  func golden() {
    let tick: UInt64 = 250_000
    // From reference 1 (64 ms): +1, missing, +300 ticks, +0.
    let (bytes, count) = write([257 * tick, 0, 557 * tick, 557 * tick], first: 5)
    #expect(count == 4)
    // 4 packets from 5, reference 1, number 3; symbols 1 0 2 1; distances 1, 300, 0.
    #expect(bytes.hex == "8fcd000600000001000000020005000400000103d240" + "01012c00" + "0000")
  }

  @Test("vectors of one bit and runs are read too")
  func otherChunks() throws {
    // 15 packets: a vector of 14 (the first and the last arrived), then a run of one.
    let hex = "8fcd0006 00000001 00000002 000a000f 000000 00 a001 2001 04 05 06 00"
    let found = try #require(read([UInt8](hex: hex.filter { $0 != " " }) ?? []))
    #expect(found.count == 15)
    #expect(found[0] == (10, 4))
    #expect(found[1] == (11, nil))
    #expect(found[13] == (23, 9))
    #expect(found[14] == (24, 15))
  }

  @Test("arrivals of any pattern are read as they were written", arguments: 1...40)
  func roundTrip(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let loss = Double.random(in: 0...0.9, using: &random)
    var time = UInt64.random(in: 1...10_000_000_000_000, using: &random)
    var arrivals: [UInt64] = []
    for _ in 0..<Int.random(in: 1...400, using: &random) {
      // Some arrive before their predecessor.
      time += UInt64.random(in: 0...random.pick([100_000, 5_000_000, 200_000_000]), using: &random)
      let jitter = random.chance(0.1) ? UInt64.random(in: 0...1_000_000, using: &random) : 0
      arrivals.append(random.chance(loss) ? 0 : max(1, time - min(jitter, time)))
    }
    arrivals[0] = max(1, arrivals[0] == 0 ? time / 2 : arrivals[0])
    arrivals[arrivals.count - 1] = time + 1
    var next = 0
    var datagrams = 0
    while next < arrivals.count {
      let (bytes, count) = write(
        Array(arrivals[next...]), first: UInt16(truncatingIfNeeded: 65_400 + next))
      let found = try #require(read(bytes))
      #expect(found.count == count)
      for (index, packet) in found.enumerated() {
        let arrival = arrivals[next + index]
        #expect(packet.0 == UInt16(truncatingIfNeeded: 65_400 + next + index))
        if arrival == 0 {
          #expect(packet.1 == nil)
        } else {
          // The reference has 24 bits: 12 days.
          let ticks = Int64(arrival / 250_000)
          #expect(((packet.1 ?? -1) - ticks) % (1 << 32) == 0)
        }
      }
      next += count
      while next < arrivals.count, arrivals[next] == 0 { next += 1 }
      datagrams += 1
      try #require(datagrams < 500)
    }
  }

  @Test("what does not fit waits for the next datagram")
  func narrow() {
    let (bytes, count) = write((1...500).map { UInt64($0) * 100_000_000 }, first: 0, capacity: 100)
    #expect(bytes.count <= 100)
    #expect(count > 10 && count < 500)
    #expect(read(bytes)?.count == count)
  }

  @Test(
    "feedback that claims more than it has is refused",
    arguments: [
      "8fcd0004 00000001 00000002 00000001 00000000",  // no chunk
      "8fcd0005 00000001 00000002 00001fff 00000000 3fff0000",  // more than we bear
      "8fcd0005 00000001 00000002 00000008 00000000 20080000",  // eight arrived, two bytes
      "8fcd0005 00000001 00000002 00000001 00000000 60010000",  // the reserved symbol
      "8fcd0003 00000001 00000002 00000000",
    ])
  func refused(_ hex: String) {
    #expect(read([UInt8](hex: hex.filter { $0 != " " }) ?? []) == nil)
  }
}

extension SeededRandom {
  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &self)]
  }
}
