/// Makes RTP (RFC 7587) of a recording's packets of Opus, one of each.
package struct RecordedSound: Sendable {
  package static let clockRate: UInt64 = 48_000
  /// Sound is not decoded here, so nobody knows how loud it is: like somebody who speaks softly, whom who
  /// speaks up outdoes. −dBov.
  private static let level: UInt8 = 30
  private static let levelOfSilence: UInt8 = 127
  /// What an encoder sends that has nothing to say (DTX).
  private static let silenceBytesMax = 3
  /// Times in files are rounded, so packets follow each other by their own lengths, unless the file says
  /// that something is missing.
  private static let roundingSamples: Int32 = 2_880
  /// A packet of Opus that fits into a datagram; longer ones exist only on paper (RFC 6716 §3.2).
  private static let payloadBytesMax = 1_275

  private let ssrc: UInt32
  private let payloadType: UInt8
  private let levelExtension: UInt8
  private var sequence: UInt16
  private let firstTimestamp: UInt32
  private var nextTimestamp: UInt32?
  private var packet: [UInt8] = []
  package private(set) var packetCount: UInt32 = 0
  package private(set) var octetCount: UInt32 = 0

  package init(
    ssrc: UInt32, payloadType: UInt8, levelExtension: UInt8,
    using generator: inout some RandomNumberGenerator
  ) {
    self.ssrc = ssrc
    self.payloadType = payloadType
    self.levelExtension = levelExtension
    sequence = .random(in: 0...0x7FFF, using: &generator)
    firstTimestamp = .random(in: 0...(.max), using: &generator)
  }

  package func timestamp(at elapsed: UInt64) -> UInt32 {
    firstTimestamp &+ UInt32(truncatingIfNeeded: elapsed * 6 / 125_000)
  }

  /// - Parameter body: gets the packet, valid during the call; not called for what is no Opus.
  package mutating func packet(
    of frame: RecordedFrame, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    guard let samples = Self.samples(frame.bytes), frame.bytes.count <= Self.payloadBytesMax else {
      return
    }
    let due = timestamp(at: frame.nanoseconds)
    let next = nextTimestamp ?? due
    let isHole = abs(Int64(Int32(bitPattern: due &- next))) > Int64(Self.roundingSamples)
    let timestamp = isHole ? due : next
    nextTimestamp = timestamp &+ samples
    sequence &+= 1
    packet.removeAll(keepingCapacity: true)
    packet.append(contentsOf: repeatElement(0, count: RTPHeaderWriter.bytesMax))
    let isSilent = frame.bytes.count <= Self.silenceBytesMax
    let start = packet.withUnsafeMutableBytes { bytes in
      var header = RTPHeaderWriter(
        bytes, payloadType: payloadType, marker: isHole, sequence: sequence, timestamp: timestamp,
        ssrc: ssrc)
      header.element(levelExtension, byte: isSilent ? Self.levelOfSilence : Self.level)
      return header.finish()
    }
    packet.removeSubrange(start...)
    packet.append(contentsOf: frame.bytes)
    packetCount &+= 1
    octetCount &+= UInt32(packet.count - start)
    packet.withUnsafeBytes(body)
  }

  /// How long a packet sounds (RFC 6716 §3.1): in its first byte a mode with a length of frames, and how
  /// many there are.
  static func samples(_ bytes: [UInt8]) -> UInt32? {
    guard let first = bytes.first else { return nil }
    let mode = first >> 3
    let frame: UInt32 =
      switch mode {
      case 0..<12: [480, 960, 1_920, 2_880][Int(mode & 3)]
      case 12..<16: [480, 960][Int(mode & 1)]
      default: [120, 240, 480, 960][Int(mode & 3)]
      }
    switch first & 3 {
    case 0: return frame
    case 1, 2: return 2 * frame
    default:
      guard bytes.count >= 2 else { return nil }
      let samples = frame * UInt32(bytes[1] & 0x3F)
      // 120 ms are the most that a packet may hold.
      return (1...5_760).contains(samples) ? samples : nil
    }
  }
}
