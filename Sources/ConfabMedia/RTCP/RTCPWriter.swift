/// Writes the packets of one RTCP datagram, one behind the other, into memory of the caller.
///
/// Whoever writes asks `remaining` first: running over is our own mistake and stops the program.
package struct RTCPWriter {
  private let buffer: UnsafeMutableRawBufferPointer
  package private(set) var position = 0

  package init(_ buffer: UnsafeMutableRawBufferPointer) {
    self.buffer = buffer
  }

  package var remaining: Int { buffer.count - position }

  package static func reportBytes(blocks: Int) -> Int { 8 + blocks * ReportBlock.bytes }

  package mutating func senderReport(_ report: SenderReport) {
    let start = begin(RTCPType.senderReport, count: 0)
    long(report.ssrc)
    quad(report.ntpTime)
    long(report.rtpTime)
    long(report.packetCount)
    long(report.octetCount)
    end(start)
  }

  /// - Parameter blocks: at most 31.
  package mutating func receiverReport(ssrc: UInt32, blocks: UnsafeBufferPointer<ReportBlock>) {
    precondition(blocks.count <= 31)
    let start = begin(RTCPType.receiverReport, count: UInt8(blocks.count))
    long(ssrc)
    for block in blocks {
      long(block.ssrc)
      long(UInt32(block.fractionLost) << 24 | UInt32(bitPattern: block.cumulativeLost) & 0xFF_FFFF)
      long(block.highestSequence)
      long(block.jitter)
      long(block.lastSenderReport)
      long(block.delaySinceLast)
    }
    end(start)
  }

  /// One source with its canonical name (RFC 3550 §6.5.1), by which receivers keep sound and picture
  /// together.
  ///
  /// - Parameter name: at most 255 bytes.
  package mutating func sourceDescription(ssrc: UInt32, name: UnsafeRawBufferPointer) {
    let start = begin(RTCPType.sourceDescription, count: 1)
    long(ssrc)
    byte(1)
    byte(UInt8(name.count))
    for unit in name { byte(unit) }
    // At least one zero ends the list of items.
    repeat { byte(0) } while (position - start) % 4 != 0
    end(start)
  }

  package static func sourceDescriptionBytes(name: Int) -> Int { (10 + name) / 4 * 4 + 4 }

  package mutating func bye(ssrc: UInt32) {
    let start = begin(RTCPType.bye, count: 1)
    long(ssrc)
    end(start)
  }

  /// - Parameter numbers: in order, at least one; as many as fit.
  /// - Returns: how many were written.
  @discardableResult
  package mutating func nack(
    sender: UInt32, media: UInt32, numbers: UnsafeBufferPointer<UInt16>
  ) -> Int {
    let start = begin(RTCPType.transportFeedback, count: RTCPFeedbackFormat.nack)
    long(sender)
    long(media)
    var index = 0
    while index < numbers.count, remaining >= 4 {
      let first = numbers[index]
      var mask: UInt16 = 0
      index += 1
      while index < numbers.count {
        let distance = numbers[index] &- first
        guard distance >= 1, distance <= 16 else { break }
        mask |= 1 << (distance - 1)
        index += 1
      }
      word(first)
      word(mask)
    }
    end(start)
    return index
  }

  package static let pictureLossBytes = 12

  package mutating func pictureLoss(sender: UInt32, media: UInt32) {
    let start = begin(RTCPType.payloadFeedback, count: RTCPFeedbackFormat.pictureLoss)
    long(sender)
    long(media)
    end(start)
  }

  package mutating func fullIntraRequest(sender: UInt32, media: UInt32, count: UInt8) {
    let start = begin(RTCPType.payloadFeedback, count: RTCPFeedbackFormat.fullIntraRequest)
    long(sender)
    long(0)
    long(media)
    long(UInt32(count) << 24)
    end(start)
  }

  package static func receiverEstimateBytes(streams: Int) -> Int {
    ReceiverEstimate.fixedBytes + 4 * streams
  }

  package mutating func receiverEstimate(
    sender: UInt32, bitrate: UInt64, streams: UnsafeBufferPointer<UInt32>
  ) {
    let start = begin(RTCPType.payloadFeedback, count: RTCPFeedbackFormat.applicationLayer)
    long(sender)
    long(0)
    long(ReceiverEstimate.name)
    var exponent: UInt32 = 0
    while bitrate >> UInt64(exponent) > 0x3FFFF { exponent += 1 }
    let mantissa = UInt32(truncatingIfNeeded: bitrate >> UInt64(exponent))
    long(UInt32(streams.count) << 24 | exponent << 18 | mantissa)
    for stream in streams { long(stream) }
    end(start)
  }

  // MARK: Pieces

  mutating func begin(_ type: UInt8, count: UInt8) -> Int {
    let start = position
    byte(RTPHeader.version << 6 | count)
    byte(type)
    word(0)
    return start
  }

  mutating func end(_ start: Int) {
    precondition((position - start) % 4 == 0)
    buffer.set(word: UInt16((position - start) / 4 - 1), at: start + 2)
  }

  mutating func byte(_ value: UInt8) {
    precondition(remaining >= 1)
    buffer[position] = value
    position += 1
  }

  mutating func word(_ value: UInt16) {
    precondition(remaining >= 2)
    buffer.set(word: value, at: position)
    position += 2
  }

  mutating func long(_ value: UInt32) {
    precondition(remaining >= 4)
    buffer.set(long: value, at: position)
    position += 4
  }

  mutating func quad(_ value: UInt64) {
    precondition(remaining >= 8)
    buffer.set(quad: value, at: position)
    position += 8
  }

  /// Fills in what was only known later.
  mutating func set(word: UInt16, at place: Int) { buffer.set(word: word, at: place) }
}
