/// Makes RTP (RFC 7741) of a recording's pictures, and shows them to those who come later.
///
/// Nobody encodes here, so a key frame is only where the file has one. Who asks for one gets all pictures
/// since the last, with times that hardly differ: a decoder hurries through them and is where the
/// others are. These see it, too; so it is done seldom, and not when a key frame comes soon anyway.
package struct RecordedPictures: Sendable {
  package static let clockRate: UInt64 = 90_000
  /// With everything around it a datagram stays below 1,280 bytes, which passes everywhere.
  private static let payloadBytesMax = 1_100
  /// Each gets a tick of its own before the next picture is due.
  private static let keptFramesMax = 600
  private static let keptBytesMax = 2 << 20
  package static let againNanoseconds: UInt64 = 3_000_000_000
  package static let soonNanoseconds: UInt64 = 1_000_000_000

  private struct Waiting {
    var bytes: [UInt8]
    var timestamp: UInt32
    var sent = 0
  }

  private let ssrc: UInt32
  private let payloadType: UInt8
  private var sequence: UInt16
  private var picture: UInt16
  private let firstTimestamp: UInt32
  private var lastTimestamp: UInt32
  /// Taken packet by packet, so that a large picture does not leave at once.
  private var queue: [Waiting] = []
  /// From the last key frame on; empty when that was too long ago.
  private var kept: [[UInt8]] = []
  private var keptBytes = 0
  private var shownAgainAt: UInt64?
  private var packet: [UInt8] = []
  package private(set) var packetCount: UInt32 = 0
  package private(set) var octetCount: UInt32 = 0

  package init(
    ssrc: UInt32, payloadType: UInt8, using generator: inout some RandomNumberGenerator
  ) {
    self.ssrc = ssrc
    self.payloadType = payloadType
    // RFC 3550 §5.1: both begin anywhere.
    sequence = .random(in: 0...0x7FFF, using: &generator)
    picture = .random(in: 0...0x7FFF, using: &generator)
    firstTimestamp = .random(in: 0...(.max), using: &generator)
    lastTimestamp = firstTimestamp &- 1
  }

  package var hasPackets: Bool { !queue.isEmpty }

  /// The stream's own time when so much of the presentation has passed.
  package func timestamp(at elapsed: UInt64) -> UInt32 {
    firstTimestamp &+ UInt32(truncatingIfNeeded: elapsed * 9 / 100_000)
  }

  package mutating func add(_ frame: RecordedFrame) {
    if frame.isKeyframe {
      kept = []
      keptBytes = 0
    }
    let goesOn = frame.isKeyframe || !kept.isEmpty
    if goesOn, kept.count < Self.keptFramesMax, keptBytes + frame.bytes.count <= Self.keptBytesMax {
      kept.append(frame.bytes)
      keptBytes += frame.bytes.count
    } else {
      kept = []
    }
    // After pictures that were shown again time goes on all the same.
    let due = timestamp(at: frame.nanoseconds)
    let isLater = Int32(bitPattern: due &- lastTimestamp) > 0
    enqueue(frame.bytes, isLater ? due : lastTimestamp &+ 1)
  }

  /// - Returns: false when there is nothing to show, or it was shown a moment ago.
  @discardableResult
  package mutating func showAgain(at elapsed: UInt64) -> Bool {
    if let shownAgainAt, elapsed < shownAgainAt + Self.againNanoseconds { return false }
    guard !kept.isEmpty else { return false }
    shownAgainAt = elapsed
    for bytes in kept { enqueue(bytes, lastTimestamp &+ 1) }
    return true
  }

  private mutating func enqueue(_ bytes: [UInt8], _ timestamp: UInt32) {
    lastTimestamp = timestamp
    queue.append(Waiting(bytes: bytes, timestamp: timestamp))
  }

  /// - Parameter body: gets the packet, valid during the call.
  /// - Returns: how many bytes it has; nil when there is none.
  package mutating func takePacket(_ body: (UnsafeRawBufferPointer) -> Void) -> Int? {
    guard let frame = queue.first else { return nil }
    let isFirst = frame.sent == 0
    let count = min(frame.bytes.count - frame.sent, Self.payloadBytesMax)
    let isLast = frame.sent + count == frame.bytes.count
    if isFirst { picture = (picture + 1) & 0x7FFF }
    sequence &+= 1
    var descriptor = VP8Descriptor()
    descriptor.isPartitionStart = isFirst
    descriptor.pictureID = picture
    packet.removeAll(keepingCapacity: true)
    packet.append(contentsOf: repeatElement(0, count: RTPHeaderWriter.bytesMax))
    let start = packet.withUnsafeMutableBytes { bytes in
      var header = RTPHeaderWriter(
        bytes, payloadType: payloadType, marker: isLast, sequence: sequence,
        timestamp: frame.timestamp, ssrc: ssrc)
      let start = header.finish()
      return start
        + descriptor.write(to: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
    }
    packet.removeSubrange(start...)
    packet.append(contentsOf: frame.bytes[frame.sent..<frame.sent + count])
    if isLast { queue.removeFirst() } else { queue[0].sent += count }
    packetCount &+= 1
    octetCount &+= UInt32(packet.count - RTPHeader.fixedBytes)
    packet.withUnsafeBytes(body)
    return packet.count
  }
}
