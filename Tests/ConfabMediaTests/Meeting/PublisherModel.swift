import ConfabMedia
import Primitives

/// A browser that publishes: VP8 in three layers of size and three of time, and Opus, as Chromium's
/// offer in `Descriptions` has them.
struct PublisherModel {
  struct Layer {
    let rid: String
    let ssrc: UInt32
    let repairSSRC: UInt32
    let height: Int
    let packetsPerFrame: Int
    let packetBytes: Int
    var sequence: UInt16
    var repairSequence: UInt16
    var timestampBase: UInt32
    var pictureID: UInt16
    var tl0: UInt8
    var keyIndex: UInt8
    var isKeyframeWanted = true
    var isNamed = true
    var isRepairNamed = true
    var frame = 0
    var sincekeyframe = 0
    var isPaused = false
    /// It was told that nobody wants the layer.
    var isUnwanted = false
    var packets = 0
    var sent: [UInt16: [UInt8]] = [:]
  }

  enum Number {
    static let level: UInt8 = 1
    static let transport: UInt8 = 3
    static let mid: UInt8 = 4
    static let rid: UInt8 = 10
    static let repairedRid: UInt8 = 11
  }

  var layers: [Layer]
  var transportSequence: UInt16
  var audioSequence: UInt16
  var audioTimestamp: UInt32
  let audioSSRC: UInt32
  var level: UInt8 = 127
  /// Nanoseconds that this browser's clock is ahead of ours.
  let clockAhead: UInt64
  var keyframeRequests = 0
  /// Counts its pictures to 127 only.
  var countsShort = false
  /// Sends packets of nothing but padding now and then.
  var sendsPadding = false

  init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    func number() -> UInt32 { UInt32.random(in: 1...UInt32.max, using: &random) }
    layers = [("l", 180, 1, 500), ("m", 360, 2, 700), ("h", 720, 5, 900)].map {
      Layer(
        rid: $0.0, ssrc: number(), repairSSRC: number(), height: $0.1, packetsPerFrame: $0.2,
        packetBytes: $0.3, sequence: UInt16(truncatingIfNeeded: number()),
        repairSequence: UInt16(truncatingIfNeeded: number()), timestampBase: number(),
        pictureID: UInt16(truncatingIfNeeded: number()) & 0x7FFF,
        tl0: UInt8(truncatingIfNeeded: number()), keyIndex: UInt8(truncatingIfNeeded: number()) & 31
      )
    }
    transportSequence = UInt16(truncatingIfNeeded: number())
    audioSequence = UInt16(truncatingIfNeeded: number())
    audioTimestamp = number()
    audioSSRC = number()
    clockAhead = UInt64(number()) << 20
  }

  // MARK: Sending

  /// The next frame of every layer, as packets.
  mutating func frame(at now: UInt64) -> [[UInt8]] {
    layers.indices.filter { !layers[$0].isPaused && !layers[$0].isUnwanted }
      .flatMap { frame(of: $0, at: now) }
  }

  private mutating func frame(of index: Int, at now: UInt64) -> [[UInt8]] {
    var layer = layers[index]
    defer { layers[index] = layer }
    let isKey = layer.isKeyframeWanted
    if isKey {
      layer.isKeyframeWanted = false
      layer.sincekeyframe = 0
      layer.keyIndex = (layer.keyIndex + 1) & 31
    }
    // Base, top, middle, top; each but the base rests on it alone the first time.
    let phase = layer.sincekeyframe % 4
    let temporal: UInt8 = [0, 2, 1, 2][phase]
    layer.sincekeyframe += 1
    layer.frame += 1
    layer.pictureID = (layer.pictureID + 1) & 0x7FFF
    if temporal == 0 { layer.tl0 &+= 1 }
    let timestamp = layer.timestampBase &+ UInt32(truncatingIfNeeded: now / 1_000 * 90 / 1_000)
    let count = isKey ? 2 * layer.packetsPerFrame + 1 : layer.packetsPerFrame
    var packets: [[UInt8]] = []
    for place in 0..<count {
      var descriptor = VP8Descriptor()
      descriptor.isPartitionStart = place == 0
      descriptor.pictureID = layer.pictureID
      descriptor.tl0PictureIndex = layer.tl0
      descriptor.temporalLayer = temporal
      descriptor.isLayerSync = temporal > 0 && phase < 3
      descriptor.keyIndex = layer.keyIndex
      var payload = written { descriptor.write(to: $0) }
      if countsShort { payload.replaceSubrange(2...3, with: [payload[3] & 0x7F]) }
      // A key frame's tag, start code and size; then what the viewer's model checks.
      payload += [isKey ? 0 : 1, 0, 0, 0x9D, 0x01, 0x2A, 0, 1]
      payload += [UInt8(layer.height & 0xFF), UInt8(layer.height >> 8)]
      payload += [UInt8(index), UInt8(place), UInt8(count), UInt8(layer.frame & 0xFF)]
      payload += [UInt8(layer.frame >> 8 & 0xFF), temporal]
      payload += [UInt8](repeating: 0xAB, count: layer.packetBytes)
      let named = layer.isNamed ? (layer.rid, Number.rid) : nil
      let sequence = layer.sequence
      layer.sequence &+= 1
      let packet = packet(
        type: 96, marker: place == count - 1, sequence, timestamp, layer.ssrc, named: named,
        payload: payload)
      layer.sent[sequence] = packet.body
      layer.packets += 1
      packets.append(packet.bytes)
    }
    if sendsPadding, layer.frame % 7 == 0 {
      let padding = packet(
        type: 96, marker: false, layer.sequence, timestamp, layer.ssrc, named: nil,
        payload: [UInt8](repeating: 0, count: 99) + [100], isPadding: true)
      layer.sequence &+= 1
      packets.append(padding.bytes)
    }
    return packets
  }

  mutating func sound(at now: UInt64) -> [UInt8] {
    audioSequence &+= 1
    audioTimestamp &+= 960
    return packet(
      type: 111, marker: false, audioSequence, audioTimestamp, audioSSRC, named: nil,
      payload: [UInt8](repeating: 0x78, count: 80), mid: "0", level: level
    ).bytes
  }

  /// What it said earlier about a lost packet, in a stream of its own.
  mutating func repair(_ sequence: UInt16, of index: Int) -> [UInt8]? {
    guard let body = layers[index].sent[sequence] else { return nil }
    let header = body.withUnsafeBytes { RTPHeader($0) }
    guard let header else { return nil }
    layers[index].repairSequence &+= 1
    let named = layers[index].isRepairNamed ? (layers[index].rid, Number.repairedRid) : nil
    return packet(
      type: 97, marker: header.marker, layers[index].repairSequence, header.timestamp,
      layers[index].repairSSRC, named: named,
      payload: [UInt8(sequence >> 8), UInt8(sequence & 0xFF)] + body[header.payloadStart...]
    ).bytes
  }

  private mutating func packet(
    type: UInt8, marker: Bool, _ sequence: UInt16, _ timestamp: UInt32, _ ssrc: UInt32,
    named: (String, UInt8)?, payload: [UInt8], mid: String = "1", level: UInt8? = nil,
    isPadding: Bool = false
  ) -> (bytes: [UInt8], body: [UInt8]) {
    transportSequence &+= 1
    let number = transportSequence
    let header = written { buffer in
      var writer = RTPHeaderWriter(
        buffer, payloadType: type, marker: marker, sequence: sequence, timestamp: timestamp,
        ssrc: ssrc, hasPadding: isPadding)
      writer.element(Number.transport, word: number)
      if let named {
        [UInt8](mid.utf8).withUnsafeBytes { writer.element(Number.mid, text: $0) }
        [UInt8](named.0.utf8).withUnsafeBytes { writer.element(named.1, text: $0) }
      } else if type == 111 {
        [UInt8](mid.utf8).withUnsafeBytes { writer.element(Number.mid, text: $0) }
      }
      if let level { writer.element(Number.level, byte: level) }
      return writer.finish()
    }
    return (header + payload, header + payload)
  }

  func report(of index: Int, at now: UInt64) -> [UInt8] {
    rtcp { writer in
      writer.senderReport(
        SenderReport(
          ssrc: layers[index].ssrc, ntpTime: NTPTime.from(nanoseconds: now + clockAhead),
          rtpTime: layers[index].timestampBase
            &+ UInt32(truncatingIfNeeded: now / 1_000 * 90 / 1_000),
          packetCount: UInt32(layers[index].packets), octetCount: 0))
    }
  }

  // MARK: Receiving

  /// - Returns: packets that are sent again.
  mutating func receive(_ bytes: [UInt8]) -> [[UInt8]] {
    var again: [(Int, UInt16)] = []
    bytes.withUnsafeBytes { buffer in
      var reader = RTCPReader(buffer)
      while let packet = reader.next() {
        for block in 0..<ReportBlock.count(in: packet) {
          let ssrc = ReportBlock(block, in: packet).ssrc
          if let index = layers.firstIndex(where: { $0.ssrc == ssrc }) {
            layers[index].isNamed = false
          }
        }
        KeyframeRequest.forEach(packet) { ssrc in
          if let index = layers.firstIndex(where: { $0.ssrc == ssrc }) {
            layers[index].isKeyframeWanted = true
            keyframeRequests += 1
          }
        }
        guard NegativeAcknowledgement.isIn(packet) else { continue }
        if let index = layers.firstIndex(where: { $0.ssrc == packet.mediaSSRC }) {
          NegativeAcknowledgement.forEach(packet) { again.append((index, $0)) }
        }
      }
    }
    return again.compactMap { repair($0.1, of: $0.0) }
  }
}
