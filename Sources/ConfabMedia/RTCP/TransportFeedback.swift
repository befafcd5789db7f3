/// When each packet of a transport arrived, as its receiver tells the sender
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
///
///     header, sender, media | base sequence 16 | count 16 | reference time 24 | feedback number 8
///     chunks of 16 bits: a run of one symbol, or 7 or 14 single ones
///     for each packet that arrived: its distance from the one before, 8 or 16 bits of 250 µs
package struct TransportFeedback {
  /// What one datagram may speak of: a second at more packets than a browser receives. A run takes two
  /// bytes, so without this limit one datagram could cost millions of steps.
  package static let packetsMax = 4_096
  package static let tickNanoseconds: Int64 = 250_000
  /// The reference time's unit is 64 ms.
  static let ticksPerReference: Int64 = 256
  static let fixedBytes = 20

  enum Symbol {
    static let missing: UInt16 = 0
    static let smallDelta: UInt16 = 1
    static let largeDelta: UInt16 = 2
  }

  private let bytes: UnsafeRawBufferPointer
  package let baseSequence: UInt16
  package let packetCount: Int
  /// In ticks of 250 µs, on the receiver's clock.
  package let referenceTicks: Int64
  private let deltaStart: Int

  /// Nil when it is something else, or its chunks or distances leave the packet.
  package init?(_ packet: RTCPPacket) {
    guard packet.type == RTCPType.transportFeedback,
      packet.count == RTCPFeedbackFormat.transportWide, packet.bytes.count >= Self.fixedBytes
    else { return nil }
    bytes = packet.bytes
    baseSequence = bytes.word(at: 12)
    packetCount = Int(bytes.word(at: 14))
    guard packetCount <= Self.packetsMax else { return nil }
    let reference = Int32(bitPattern: bytes.triple(at: 16) << 8) >> 8
    referenceTicks = Int64(reference) * Self.ticksPerReference
    var position = Self.fixedBytes
    var left = packetCount
    var deltaBytes = 0
    while left > 0 {
      guard position + 2 <= bytes.count else { return nil }
      let chunk = bytes.word(at: position)
      let count = min(left, Self.symbolCount(chunk))
      for index in 0..<count {
        let symbol = Self.symbol(index, of: chunk)
        // The fourth symbol is reserved: how many bytes it has is not known.
        guard symbol <= Symbol.largeDelta else { return nil }
        deltaBytes += Int(symbol)
      }
      left -= count
      position += 2
    }
    guard position + deltaBytes <= bytes.count else { return nil }
    deltaStart = position
  }

  /// - Parameter body: gets each packet in order, and its arrival in ticks; nil when it has not
  ///   arrived.
  @inline(__always)
  package func forEach(_ body: (_ sequence: UInt16, _ ticks: Int64?) -> Void) {
    var position = Self.fixedBytes
    var delta = deltaStart
    var left = packetCount
    var sequence = baseSequence
    var ticks = referenceTicks
    while left > 0 {
      let chunk = bytes.word(at: position)
      let count = min(left, Self.symbolCount(chunk))
      for index in 0..<count {
        switch Self.symbol(index, of: chunk) {
        case Symbol.smallDelta:
          ticks += Int64(bytes[delta])
          delta += 1
          body(sequence, ticks)
        case Symbol.largeDelta:
          ticks += Int64(Int16(bitPattern: bytes.word(at: delta)))
          delta += 2
          body(sequence, ticks)
        default: body(sequence, nil)
        }
        sequence &+= 1
      }
      left -= count
      position += 2
    }
  }

  private static func symbolCount(_ chunk: UInt16) -> Int {
    if chunk & 0x8000 == 0 { return max(1, Int(chunk & 0x1FFF)) }
    return chunk & 0x4000 == 0 ? 14 : 7
  }

  private static func symbol(_ index: Int, of chunk: UInt16) -> UInt16 {
    if chunk & 0x8000 == 0 { return chunk >> 13 & 3 }
    if chunk & 0x4000 == 0 { return chunk >> (13 - UInt16(index)) & 1 }
    return chunk >> (12 - 2 * UInt16(index)) & 3
  }
}

extension RTCPWriter {
  /// Says when the packets `first`… arrived. Stops where it has to: at a distance that 16 bits cannot
  /// hold, and when the memory is full.
  ///
  /// - Parameter arrivals: in nanoseconds, 0 for what has not arrived; the first and the last one have.
  /// - Returns: how many packets it speaks of; at least one.
  package mutating func transportFeedback(
    sender: UInt32, media: UInt32, first: UInt16, feedbackNumber: UInt8,
    arrivals: UnsafeBufferPointer<UInt64>
  ) -> Int {
    let start = begin(RTCPType.transportFeedback, count: RTCPFeedbackFormat.transportWide)
    long(sender)
    long(media)
    word(first)
    let countPlace = position
    word(0)
    let tick = UInt64(TransportFeedback.tickNanoseconds)
    let reference =
      Int64(arrivals.first ?? 0)
      / (TransportFeedback.tickNanoseconds * TransportFeedback.ticksPerReference)
    long(UInt32(truncatingIfNeeded: reference) << 8 | UInt32(feedbackNumber))
    // At most two bytes of distance and, with the worst mixture, 2/7 of a chunk for each packet.
    let countMax = min(arrivals.count, (remaining - 8) * 7 / 16, TransportFeedback.packetsMax)
    var ticks = reference * TransportFeedback.ticksPerReference
    var count = 0
    for arrival in arrivals.prefix(countMax) {
      if arrival != 0 {
        let next = Int64(arrival / tick)
        guard Int16(exactly: next - ticks) != nil else { break }
        ticks = next
      }
      count += 1
    }
    while count > 1, arrivals[count - 1] == 0 { count -= 1 }
    set(word: UInt16(count), at: countPlace)
    let told = UnsafeBufferPointer(rebasing: arrivals.prefix(count))
    chunks(told, ticks: reference * TransportFeedback.ticksPerReference)
    distances(told, ticks: reference * TransportFeedback.ticksPerReference)
    while (position - start) % 4 != 0 { byte(0) }
    end(start)
    return count
  }

  private func symbol(_ arrival: UInt64, after ticks: inout Int64) -> UInt16 {
    guard arrival != 0 else { return TransportFeedback.Symbol.missing }
    let next = Int64(arrival / UInt64(TransportFeedback.tickNanoseconds))
    defer { ticks = next }
    return (0...255).contains(next - ticks)
      ? TransportFeedback.Symbol.smallDelta : TransportFeedback.Symbol.largeDelta
  }

  private mutating func chunks(_ arrivals: UnsafeBufferPointer<UInt64>, ticks: Int64) {
    var ticks = ticks
    var index = 0
    while index < arrivals.count {
      var run = 0
      var ahead = ticks
      let first = symbol(arrivals[index], after: &ahead)
      var next = ticks
      while index + run < arrivals.count, run < 0x1FFF,
        symbol(arrivals[index + run], after: &next) == first
      {
        ticks = next
        run += 1
      }
      if run >= 7 || index + run == arrivals.count {
        word(first << 13 | UInt16(run))
        index += run
        continue
      }
      // Too short a run: seven symbols of two bits, the run's own among them.
      var chunk: UInt16 = 0xC000
      let count = min(7, arrivals.count - index)
      for place in 0..<count {
        let value = place < run ? first : symbol(arrivals[index + place], after: &ticks)
        chunk |= value << (12 - 2 * UInt16(place))
      }
      word(chunk)
      index += count
    }
  }

  private mutating func distances(_ arrivals: UnsafeBufferPointer<UInt64>, ticks: Int64) {
    var ticks = ticks
    for arrival in arrivals where arrival != 0 {
      let before = ticks
      if symbol(arrival, after: &ticks) == TransportFeedback.Symbol.smallDelta {
        byte(UInt8(ticks - before))
      } else {
        word(UInt16(bitPattern: Int16(ticks - before)))
      }
    }
  }
}
