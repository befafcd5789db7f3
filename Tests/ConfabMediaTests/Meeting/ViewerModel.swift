import ConfabMedia
import Primitives

/// A browser that watches: asks again for what is missing, tells when packets came, and keeps all that
/// it got to be judged.
struct ViewerModel {
  struct Packet: Equatable {
    var timestamp: UInt32
    var marker: Bool
    /// Nil for padding.
    var descriptor: VP8Descriptor?
    /// Layer, place, count, frame, temporal layer.
    var body: [UInt8]
    var isKey: Bool
  }

  static let transportNumber: UInt8 = 3

  /// Media by SSRC, unwrapped numbers.
  var received: [UInt32: [UInt64: Packet]] = [:]
  var numbers: [UInt32: SequenceUnwrapper] = [:]
  /// From repair stream to media stream.
  let repairs: [UInt32: UInt32]
  var soundPackets = 0
  var repairPackets = 0
  var paddingPackets = 0
  var bytes = 0
  var problems: [String] = []
  private var arrivals: [UInt64: UInt64] = [:]
  /// By SSRC and number: SRTP would use the same nonce for both of two contents.
  private var sealed: [UInt64: [UInt8]] = [:]
  private var transportNumbers = SequenceUnwrapper()
  private var toldTo: UInt64 = 0
  private var feedbackNumber: UInt8 = 0
  private var asked: [UInt32: [UInt64: (times: Int, at: UInt64)]] = [:]
  private var watchedFrom: [UInt32: UInt64] = [:]

  init(repairs: [UInt32: UInt32]) { self.repairs = repairs }

  mutating func receive(_ bytes: [UInt8], at now: UInt64) {
    self.bytes += bytes.count
    bytes.withUnsafeBytes { buffer in
      guard let header = RTPHeader(buffer) else {
        problems.append("no RTP packet: \(bytes.prefix(16).hex)")
        return
      }
      let nonce = UInt64(header.ssrc) << 16 | UInt64(header.sequence)
      if let other = sealed.updateValue(bytes, forKey: nonce), other != bytes {
        problems.append("\(header.ssrc): number \(header.sequence) is used twice")
      }
      var extensions = HeaderExtensionNumbers()
      extensions.set(.transportSequence, to: Self.transportNumber)
      let found = ReceivedExtensions(header, in: buffer, numbers: extensions)
      if let sequence = found.transportSequence {
        arrivals[transportNumbers.unwrap(sequence)] = now
      }
      let payload = Array(buffer[header.payloadStart..<header.payloadStart + header.payloadBytes])
      if let media = repairs[header.ssrc] {
        if payload.count < 2 {
          paddingPackets += 1
        } else {
          repairPackets += 1
          let sequence = UInt16(payload[0]) << 8 | UInt16(payload[1])
          take(Array(payload.dropFirst(2)), header, ssrc: media, sequence: sequence)
        }
      } else if header.payloadType == 111 {
        soundPackets += 1
        take(payload, header, ssrc: header.ssrc, sequence: header.sequence)
      } else {
        take(payload, header, ssrc: header.ssrc, sequence: header.sequence)
      }
    }
  }

  private mutating func take(
    _ payload: [UInt8], _ header: RTPHeader, ssrc: UInt32, sequence: UInt16
  ) {
    let number = numbers[ssrc, default: SequenceUnwrapper()].unwrap(sequence)
    var packet = Packet(
      timestamp: header.timestamp, marker: header.marker, descriptor: nil, body: [], isKey: false)
    if header.payloadType != 111, let descriptor = payload.withUnsafeBytes({ VP8Descriptor($0) }) {
      packet.descriptor = descriptor
      packet.isKey = payload[descriptor.bytes] & 1 == 0
      packet.body = Array(payload[(descriptor.bytes + 10)..<(descriptor.bytes + 16)])
    }
    if watchedFrom[ssrc] == nil { watchedFrom[ssrc] = number }
    if let old = received[ssrc]?[number], old != packet {
      problems.append("\(ssrc): number \(number) has two contents")
    }
    received[ssrc, default: [:]][number] = packet
  }

  // MARK: What it says

  mutating func feedback(at now: UInt64) -> [UInt8]? {
    guard transportNumbers.hasBegun else { return nil }
    var first = toldTo == 0 ? (arrivals.keys.min() ?? 0) : toldTo + 1
    while first <= transportNumbers.highest, arrivals[first] == nil { first += 1 }
    guard first <= transportNumbers.highest else { return nil }
    let told = (first...transportNumbers.highest).map { arrivals[$0] ?? 0 }
    var count = 0
    feedbackNumber &+= 1
    let bytes = rtcp { writer in
      told.withUnsafeBufferPointer {
        count = writer.transportFeedback(
          sender: 1, media: 2, first: UInt16(truncatingIfNeeded: first),
          feedbackNumber: feedbackNumber, arrivals: $0)
      }
    }
    toldTo = first + UInt64(count) - 1
    return bytes
  }

  /// Asks for the holes in what it has, each a few times.
  mutating func requests(at now: UInt64) -> [[UInt8]] {
    var datagrams: [[UInt8]] = []
    for (ssrc, packets) in received.sorted(by: { $0.key < $1.key }) {
      guard repairs.values.contains(ssrc), let first = watchedFrom[ssrc],
        let highest = numbers[ssrc]?.highest
      else { continue }
      var missing: [UInt16] = []
      for number in max(first, highest > 300 ? highest - 300 : first)...highest
      where packets[number] == nil {
        let before = asked[ssrc]?[number] ?? (0, 0)
        guard before.times < 8, before.times == 0 || now >= before.at + 60_000_000 else { continue }
        asked[ssrc, default: [:]][number] = (before.times + 1, now)
        missing.append(UInt16(truncatingIfNeeded: number))
      }
      guard !missing.isEmpty else { continue }
      datagrams.append(
        rtcp { writer in
          missing.withUnsafeBufferPointer { _ = writer.nack(sender: 1, media: ssrc, numbers: $0) }
        })
    }
    return datagrams
  }

  func report(_ ssrc: UInt32) -> [UInt8] {
    let block = ReportBlock(
      ssrc: ssrc, fractionLost: 0, cumulativeLost: 0, highestSequence: 0, jitter: 0,
      lastSenderReport: 0, delaySinceLast: 0)
    return rtcp { writer in
      withUnsafePointer(to: block) {
        writer.receiverReport(ssrc: 1, blocks: UnsafeBufferPointer(start: $0, count: 1))
      }
    }
  }
}

/// What a decoder makes of a stream of packets: the rules that a viewer's browser has.
struct DecodedStream {
  var frames = 0
  var missingPackets = 0
  /// Layers in the order in which they were shown.
  var layers: [UInt8] = []
  /// Of each frame.
  var temporalLayers: [UInt8] = []
  var problems: [String] = []

  /// - Parameter isLossy: the first packets may have been lost.
  init(_ packets: [UInt64: ViewerModel.Packet], isLossy: Bool) {
    guard let first = packets.keys.min(), let last = packets.keys.max() else { return }
    var frame: [ViewerModel.Packet] = []
    // What was lost before the first packet that came is not known.
    var isBroken = true
    var lastTimestamp: UInt32?
    var lastPicture: UInt16?
    var lastTL0: UInt8?
    func check(_ holds: Bool, _ text: @autoclosure () -> String, _ problems: inout [String]) {
      if !holds, problems.count < 10 { problems.append(text()) }
    }
    for number in first...last {
      guard let packet = packets[number] else {
        missingPackets += 1
        isBroken = true
        frame = []
        continue
      }
      if let lastTimestamp {
        check(
          packet.timestamp == lastTimestamp || packet.timestamp.isAfter(timestamp: lastTimestamp),
          "time runs back at \(number)", &problems)
      }
      lastTimestamp = packet.timestamp
      guard let descriptor = packet.descriptor else { continue }
      if let begun = frame.first, begun.timestamp != packet.timestamp {
        check(isBroken, "a frame is cut without a gap before \(number)", &problems)
        frame = []
      }
      frame.append(packet)
      guard packet.marker else { continue }
      let isWhole = frame.count == Int(packet.body[2]) && frame.first?.body[1] == 0
      defer { frame = [] }
      guard isWhole else {
        check(isBroken, "half a frame before \(number)", &problems)
        isBroken = true
        continue
      }
      check(
        Set(frame.map { [$0.body[0], $0.body[3], $0.body[4]] }).count == 1,
        "two halves are joined before \(number)", &problems)
      frames += 1
      let isKey = frame.first?.isKey == true
      if layers.last != packet.body[0] {
        // A key frame that was lost on the way is the network's doing.
        check(
          isKey || (isBroken && !layers.isEmpty) || isLossy,
          "layer \(packet.body[0]) begins without a key frame", &problems)
        layers.append(packet.body[0])
      }
      if let picture = descriptor.pictureID {
        if let lastPicture, !isBroken {
          check(
            picture == (lastPicture + 1) & 0x7FFF,
            "picture \(picture) after \(lastPicture) at \(number)", &problems)
        }
        lastPicture = picture
      }
      if let tl0 = descriptor.tl0PictureIndex {
        if let lastTL0, !isBroken {
          check(
            tl0 == lastTL0 &+ (descriptor.temporalLayer == 0 ? 1 : 0),
            "TL0PICIDX \(tl0) after \(lastTL0) at \(number)", &problems)
        }
        lastTL0 = tl0
      }
      temporalLayers.append(descriptor.temporalLayer ?? 0)
      isBroken = false
    }
  }
}
