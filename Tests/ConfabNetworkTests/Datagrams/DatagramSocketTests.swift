import ConfabNetwork
import ConfabTransfer
import Testing

@Suite struct DatagramSocketTests {
  private static func loopback(_ port: UInt16, ipv4: Bool = false) -> PathAddress {
    ipv4
      ? PathAddress(high: 0, low: 0xFFFF_7F00_0001, port: port, localSocket: 0)
      : PathAddress(high: 0, low: 1, port: port, localSocket: 0)
  }

  private static func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  }

  /// What comes out at the other end, datagram by datagram. Over loopback it is there at once.
  private static func receiveAll(
    _ socket: borrowing DatagramSocket, _ batch: inout ReceiveBatch
  ) -> (datagrams: [[UInt8]], slots: Int, ecn: Set<UInt8>) {
    var datagrams: [[UInt8]] = []
    var slots = 0
    var ecn: Set<UInt8> = []
    while socket.receive(into: &batch) {
      for index in 0..<batch.count {
        guard let slot = batch.slot(index, localSocket: 0) else { continue }
        slots += 1
        ecn.insert(slot.ecn)
        var offset = 0
        while offset < slot.bytes.count {
          let end = min(offset + slot.segmentBytes, slot.bytes.count)
          datagrams.append(Array(slot.bytes[offset..<end]))
          offset = end
        }
      }
    }
    return (datagrams, slots, ecn)
  }

  @Test(arguments: [true, false], [true, false])
  func `a train arrives as the datagrams that it is made of`(ipv4: Bool, segments: Bool) throws {
    var sender = try DatagramSocket(segmentsTrains: segments)
    let receiver = try DatagramSocket()
    var batch = ReceiveBatch()
    let train = Self.pattern(1_000 * 20 + 300)
    let result = train.withUnsafeBytes {
      sender.send($0, segmentBytes: 1_000, to: Self.loopback(receiver.port, ipv4: ipv4))
    }
    #expect(result == .sent)
    let (datagrams, slots, _) = Self.receiveAll(receiver, &batch)
    #expect(datagrams.map(\.count) == [Int](repeating: 1_000, count: 20) + [300])
    #expect(datagrams.flatMap { $0 } == train)
    // Split by the system, they also come joined; split by us, they pass one by one.
    #expect(sender.segmentsTrains ? slots < 21 : slots == 21)
  }

  @Test func `the longest train is taken`() throws {
    var sender = try DatagramSocket()
    let receiver = try DatagramSocket()
    var batch = ReceiveBatch()
    let segment = 1_024
    let train = Self.pattern(63 * segment + 900)
    #expect(train.count <= DatagramSocket.trainBytesMax)
    let result = train.withUnsafeBytes {
      sender.send($0, segmentBytes: segment, to: Self.loopback(receiver.port))
    }
    #expect(result == .sent)
    let datagrams = Self.receiveAll(receiver, &batch).datagrams
    #expect(datagrams.count == DatagramSocket.trainDatagramsMax)
  }

  @Test func `the sender's address is that of its socket`() throws {
    var sender = try DatagramSocket()
    let receiver = try DatagramSocket()
    var batch = ReceiveBatch()
    _ = [1, 2, 3].withUnsafeBytes {
      sender.send($0, segmentBytes: 100, to: Self.loopback(receiver.port, ipv4: true))
    }
    let isThere = receiver.receive(into: &batch)
    try #require(isThere)
    let source = batch.slot(0, localSocket: 7)?.source
    var expected = Self.loopback(sender.port, ipv4: true)
    expected.localSocket = 7
    #expect(source == expected)
    let isMore = receiver.receive(into: &batch)
    #expect(!isMore)
  }

  @Test(arguments: [true, false])
  func `congestion marks arrive`(ipv4: Bool) throws {
    var sender = try DatagramSocket()
    let receiver = try DatagramSocket()
    var batch = ReceiveBatch()
    for mark: UInt8 in [0, 1, 2, 3] {
      _ = Self.pattern(2_500).withUnsafeBytes {
        sender.send(
          $0, segmentBytes: 1_000, to: Self.loopback(receiver.port, ipv4: ipv4), ecn: mark)
      }
      let (datagrams, _, marks) = Self.receiveAll(receiver, &batch)
      #expect(datagrams.count == 3)
      #expect(marks == [mark])
    }
  }

  @Test func `a probe beyond what the next hop takes is refused, not split`() throws {
    var sender = try DatagramSocket()
    let receiver = try DatagramSocket()
    var batch = ReceiveBatch()
    // Loopback's hop is 65,536 bytes: the largest datagram of IPv4 fits, one byte more does not.
    let address = Self.loopback(receiver.port, ipv4: true)
    func probe(_ count: Int) -> DatagramSocket.SendResult {
      Self.pattern(count).withUnsafeBytes {
        sender.send($0, segmentBytes: count, to: address)
      }
    }
    #expect(probe(DatagramSocket.trainBytesMax) == .sent)
    #expect(probe(DatagramSocket.trainBytesMax + 1) == .tooLarge)
    let arrived = Self.receiveAll(receiver, &batch).datagrams.map(\.count)
    #expect(arrived == [DatagramSocket.trainBytesMax])
  }

  @Test func `what nobody fetches is counted as our own loss`() throws {
    var sender = try DatagramSocket()
    let receiver = try DatagramSocket()
    var batch = ReceiveBatch()
    let train = Self.pattern(60_000)
    func send() {
      _ = train.withUnsafeBytes {
        sender.send($0, segmentBytes: train.count, to: Self.loopback(receiver.port))
      }
    }
    let total = 2 * receiver.receiveBufferBytes / train.count
    for _ in 0..<total { send() }
    let first = Self.receiveAll(receiver, &batch).datagrams.count
    #expect(first > 0)
    // The count travels with the next datagram that finds room.
    send()
    let isThere = receiver.receive(into: &batch)
    try #require(isThere)
    let drops = batch.socketDrops
    #expect(Int(try #require(drops)) + first == total)
  }

  @Test func `a port that is taken is an error that names it`() throws {
    let first = try DatagramSocket()
    let port = first.port
    #expect {
      _ = try DatagramSocket(port: port)
    } throws: { error in
      "\(error)".contains("\(port)")
    }
  }

  @Test func `releases are read and compared`() {
    #expect(KernelRelease("6.18.44-generic") == KernelRelease(6, 18, 44))
    #expect(KernelRelease("7.0-rc1") == KernelRelease(7, 0, 0))
    #expect(KernelRelease("banana") == nil)
    #expect(KernelRelease(7, 1, 4).corruptsEqualTrains)
    #expect(!KernelRelease(7, 1, 5).corruptsEqualTrains)
    #expect(!KernelRelease(6, 18, 44).corruptsEqualTrains)
  }
}
