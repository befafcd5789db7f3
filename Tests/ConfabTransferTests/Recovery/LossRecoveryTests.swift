import ConfabTransfer
import Primitives
import Testing

/// A recovery with packets of 1,000 bytes and a round trip of 100 ms, in milliseconds.
private final class Scene {
  var recovery = LossRecovery()

  init() { recovery.measured(roundTrip: 100_000_000) }

  func send(_ count: Int, at ms: UInt64) {
    for _ in 0..<count {
      var packet = SentPacket(number: recovery.sent.next, sentAt: ms * 1_000_000)
      packet.bytes = 1_000
      packet.contentOffset = packet.number * 1_000
      packet.contentCount = 970
      recovery.packetSent(packet, nil)
    }
  }

  /// Ranges the newest first.
  func acknowledge(
    _ ranges: [ClosedRange<UInt64>], at ms: UInt64
  ) throws(TransportViolation) {
    let list = ranges.map { PacketNumberRange(first: $0.lowerBound, last: $0.upperBound) }
    let storage = UnsafeMutableBufferPointer<PacketNumberRange>.allocate(capacity: list.count)
    defer { storage.deallocate() }
    _ = storage.initialize(from: list)
    try recovery.acknowledge(UnsafeBufferPointer(storage), delay: 0, at: ms * 1_000_000)
  }

  // The macros of the tests take values that can be copied only.
  var isFull: Bool { recovery.sent.isFull }
  var isWaiting: Bool { recovery.isAnythingOutstanding }
  var isPersistent: Bool { recovery.isPersistentCongestion }
  var deadline: UInt64? { recovery.deadline }
  var lost: [UInt64] { recovery.lost.map(\.number) }
  var acknowledged: [UInt64] { recovery.acknowledged.map(\.number) }
  var spurious: [UInt64] { recovery.spurious.map(\.number) }
}

@Suite("Loss recovery")
struct LossRecoveryTests {
  @Test("acknowledged packets leave the flight, once")
  func acknowledged() throws {
    let scene = Scene()
    scene.send(5, at: 0)
    #expect(scene.recovery.bytesInFlight == 5_000)
    try scene.acknowledge([0...2], at: 100)
    #expect(scene.acknowledged == [0, 1, 2] && scene.lost.isEmpty)
    try scene.acknowledge([0...2], at: 101)
    #expect(scene.acknowledged.isEmpty)
    #expect(scene.recovery.bytesInFlight == 2_000)
    #expect(scene.recovery.sent.oldest == 3)
  }

  @Test("three packets acknowledged behind one show it lost")
  func packetThreshold() throws {
    let scene = Scene()
    scene.send(5, at: 0)
    try scene.acknowledge([1...2], at: 100)
    #expect(scene.lost.isEmpty)
    try scene.acknowledge([1...3], at: 100)
    #expect(scene.lost == [0])
    #expect(scene.recovery.bytesInFlight == 1_000)
  }

  @Test("time shows it too: a quarter of a round trip after it should have come")
  func timeThreshold() throws {
    let scene = Scene()
    scene.send(2, at: 0)
    try scene.acknowledge([1...1], at: 100)
    #expect(scene.lost.isEmpty)
    #expect(scene.recovery.deadline == 125_000_000)
    #expect(scene.recovery.timeout(at: 124_999_999) == .nothing)
    #expect(scene.recovery.timeout(at: 125_000_000) == .losses)
    #expect(scene.lost == [0])
    #expect(!scene.isWaiting)
  }

  @Test("a packet that was only late is found out, and teaches patience")
  func spurious() throws {
    let scene = Scene()
    scene.send(5, at: 0)
    try scene.acknowledge([1...4], at: 100)
    #expect(scene.lost == [0])
    try scene.acknowledge([0...4], at: 140)
    #expect(scene.spurious == [0])
    #expect(scene.recovery.window.usesPacketThreshold == false)
    #expect(scene.recovery.window.duration(scene.recovery.roundTrip) == 50_000_000)
    // From now on neither three packets nor a quarter of a round trip is enough.
    scene.send(5, at: 200)
    try scene.acknowledge([6...9], at: 300)
    #expect(scene.lost.isEmpty)
    #expect(scene.recovery.deadline == 350_000_000)
    try scene.acknowledge([5...9], at: 310)
    #expect(scene.acknowledged == [5] && scene.spurious.isEmpty)
  }

  @Test("acknowledging what was not sent, or was left out, ends the connection")
  func optimistic() {
    let scene = Scene()
    scene.send(2, at: 0)
    scene.recovery.skipNumber(at: 0)
    scene.send(1, at: 0)
    #expect(throws: TransportViolation.acknowledgedUnsent) {
      try scene.acknowledge([0...4], at: 90)
    }
    #expect(throws: TransportViolation.acknowledgedUnsent) {
      try scene.acknowledge([0...3], at: 90)
    }
    #expect(throws: Never.self) { try scene.acknowledge([3...3, 0...1], at: 91) }
    // Also when nothing is outstanding, and only the last two are remembered.
    scene.recovery.skipNumber(at: 0)
    scene.send(2, at: 100)
    #expect(throws: TransportViolation.acknowledgedUnsent) {
      try scene.acknowledge([4...5], at: 190)
    }
    #expect(throws: TransportViolation.acknowledgedUnsent) {
      try scene.acknowledge([1...3], at: 190)
    }
    #expect(throws: Never.self) { try scene.acknowledge([5...6, 3...3], at: 190) }
  }

  @Test(
    "an older number that was left out is not forgotten while something before it is outstanding")
  func optimisticAndLate() throws {
    let scene = Scene()
    for _ in 0..<3 {
      scene.send(1, at: 0)
      scene.recovery.skipNumber(at: 0)
    }
    // Numbers 1, 3 and 5 were left out.
    #expect(throws: TransportViolation.acknowledgedUnsent) {
      try scene.acknowledge([0...2], at: 90)
    }
  }

  @Test("a number may be left out when there is room for one more packet only")
  func fullRing() {
    let scene = Scene()
    while !scene.isFull { scene.send(1, at: 0) }
    scene.recovery.skipNumber(at: 0)
    #expect(scene.isFull)
    let other = Scene()
    while !other.isFull {
      // What is assembled asks once and then takes two.
      other.recovery.skipNumber(at: 0)
      other.send(1, at: 0)
    }
  }

  @Test("silence asks for a probe, later each time, and not for ever later")
  func probes() throws {
    let scene = Scene()
    scene.send(1, at: 0)
    var last: UInt64 = 0
    var intervals: [UInt64] = []
    for _ in 0..<8 {
      let deadline = try #require(scene.deadline)
      intervals.append(deadline - last)
      last = deadline
      #expect(scene.recovery.timeout(at: deadline) == .probe)
    }
    // 100 ms + 4 × 50 ms + 25 ms.
    #expect(intervals[0] == 325_000_000)
    #expect(intervals[1] == 650_000_000)
    #expect(intervals.suffix(3) == [3_000_000_000, 3_000_000_000, 3_000_000_000])
    #expect(scene.lost.isEmpty)
    scene.send(1, at: 20_000)
    try scene.acknowledge([1...1], at: 20_100)
    #expect(scene.lost == [0])
    #expect(scene.recovery.probeCount == 0)
  }

  @Test("losses over a long time without any arrival in between are persistent congestion")
  func persistent() throws {
    let scene = Scene()
    for step in 0..<12 { scene.send(1, at: UInt64(step) * 150) }
    scene.send(1, at: 1_900)
    try scene.acknowledge([12...12], at: 2_000)
    #expect(scene.isPersistent)
    let other = Scene()
    for step in 0..<12 { other.send(1, at: UInt64(step) * 150) }
    other.send(1, at: 1_900)
    try other.acknowledge([12...12, 6...6], at: 2_000)
    #expect(!other.isPersistent)
  }

  @Test("a new path begins with an empty flight, and does not learn from the old one")
  func pathChange() throws {
    let scene = Scene()
    scene.send(4, at: 0)
    scene.recovery.pathChanged(roundTrip: 20_000_000, isOldPathDead: false, at: 50_000_000)
    #expect(scene.recovery.bytesInFlight == 0)
    #expect(scene.lost.isEmpty)
    scene.send(4, at: 50)
    try scene.acknowledge([4...7], at: 70)
    // The old path's packets may still be under way: its own patience holds for them.
    #expect(scene.lost.isEmpty && scene.recovery.roundTrip.smoothed == 20_000_000)
    try scene.acknowledge([4...7, 0...1], at: 110)
    #expect(scene.acknowledged == [0, 1] && scene.recovery.bytesInFlight == 0)
    #expect(scene.recovery.roundTrip.smoothed == 20_000_000)
    #expect(scene.recovery.timeout(at: 2_000_000_000) == .losses)
    #expect(scene.lost == [2, 3])

    let dead = Scene()
    dead.send(4, at: 0)
    dead.recovery.pathChanged(roundTrip: nil, isOldPathDead: true, at: 50_000_000)
    #expect(dead.lost == [0, 1, 2, 3])
    #expect(!dead.isWaiting)
  }

  @Test(
    "chance: every packet is acknowledged or lost in the end, and never both", arguments: 0..<30)
  func chance(_ seed: UInt64) throws {
    var chance = SeededRandom(seed: seed)
    let scene = Scene()
    var arrived: Set<UInt64> = []
    var settled: Set<UInt64> = []
    var sent: UInt64 = 0
    for ms in stride(from: UInt64(0), to: 3_000, by: 10) {
      let count = Int.random(in: 0..<30, using: &chance)
      scene.send(count, at: ms)
      for number in sent..<sent + UInt64(count) where !chance.chance(0.1) { arrived.insert(number) }
      sent += UInt64(count)
      guard chance.chance(0.5), !arrived.isEmpty else { continue }
      var ranges: [ClosedRange<UInt64>] = []
      for number in arrived.sorted(by: >).prefix(400) {
        if let last = ranges.last, last.lowerBound == number + 1 {
          ranges[ranges.count - 1] = number...last.upperBound
        } else {
          ranges.append(number...number)
        }
      }
      try scene.acknowledge(Array(ranges.prefix(200)), at: ms + 5)
      for number in scene.acknowledged + scene.lost {
        #expect(settled.insert(number).inserted, "\(number) settled twice")
      }
      #expect(scene.recovery.bytesInFlight == scene.recovery.sent.outstandingCount * 1_000)
      #expect(scene.recovery.bytesInFlight == (Int(sent) - settled.count) * 1_000)
    }
  }
}
