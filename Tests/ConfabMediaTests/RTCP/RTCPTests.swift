import ConfabMedia
import Primitives
import Testing

func rtcp(_ body: (inout RTCPWriter) -> Void) -> [UInt8] {
  written { buffer in
    var writer = RTCPWriter(buffer)
    body(&writer)
    return writer.position
  }
}

/// The bodies of all packets in a datagram, by what `body` makes of each.
func packets<Result>(
  _ bytes: [UInt8], _ body: (RTCPPacket) -> Result?
) -> (found: [Result], isMalformed: Bool) {
  bytes.withUnsafeBytes { buffer in
    var reader = RTCPReader(buffer)
    var found: [Result] = []
    while let packet = reader.next() {
      if let result = body(packet) { found.append(result) }
    }
    return (found, reader.isMalformed)
  }
}

@Suite("RTCP")
struct RTCPTests {
  @Test("each packet has the bytes that its RFC says")
  func golden() {
    let report = SenderReport(
      ssrc: 1, ntpTime: 0x0102_0304_0506_0708, rtpTime: 9, packetCount: 10, octetCount: 11)
    #expect(
      rtcp { $0.senderReport(report) }.hex
        == "80c80006000000010102030405060708000000090000000a0000000b")
    #expect(rtcp { $0.pictureLoss(sender: 1, media: 2) }.hex == "81ce00020000000100000002")
    #expect(
      rtcp { $0.fullIntraRequest(sender: 1, media: 2, count: 3) }.hex
        == "84ce000400000001000000000000000203000000")
    #expect(rtcp { $0.bye(ssrc: 7) }.hex == "81cb000100000007")
    let name = [UInt8]("abc".utf8)
    let description = rtcp { writer in
      name.withUnsafeBytes { writer.sourceDescription(ssrc: 5, name: $0) }
    }
    #expect(description.hex == "81ca0003000000050103616263000000")
    #expect(description.count == RTCPWriter.sourceDescriptionBytes(name: 3))
  }

  @Test("a source's description always ends with a zero", arguments: 0...9)
  func descriptionPadding(_ count: Int) {
    let name = [UInt8](repeating: 0x61, count: count)
    let bytes = rtcp { writer in
      name.withUnsafeBytes { writer.sourceDescription(ssrc: 5, name: $0) }
    }
    #expect(bytes.count % 4 == 0)
    #expect(bytes.last == 0)
    #expect(bytes.count == RTCPWriter.sourceDescriptionBytes(name: count))
  }

  @Test("reports are read as they were written, in a compound datagram")
  func reports() {
    let blocks = [
      ReportBlock(
        ssrc: 1, fractionLost: 128, cumulativeLost: -3, highestSequence: 0x1_0002, jitter: 4,
        lastSenderReport: 5, delaySinceLast: 6),
      ReportBlock(
        ssrc: 2, fractionLost: 0, cumulativeLost: 0x7F_FFFF, highestSequence: 7, jitter: 8,
        lastSenderReport: 9, delaySinceLast: 10),
    ]
    let sent = SenderReport(ssrc: 3, ntpTime: 4, rtpTime: 5, packetCount: 6, octetCount: 7)
    let bytes = rtcp { writer in
      writer.senderReport(sent)
      blocks.withUnsafeBufferPointer { writer.receiverReport(ssrc: 9, blocks: $0) }
    }
    #expect(packets(bytes) { SenderReport($0) }.found == [sent])
    let found = packets(bytes) { packet in
      (0..<ReportBlock.count(in: packet)).map { ReportBlock($0, in: packet) }
    }
    #expect(found.found.flatMap(\.self) == blocks)
  }

  @Test("a NACK names each number once, also over the wrap")
  func nack() {
    let numbers: [UInt16] = [65_530, 65_535, 3, 10, 11, 200]
    let bytes = rtcp { writer in
      numbers.withUnsafeBufferPointer {
        #expect(writer.nack(sender: 1, media: 2, numbers: $0) == 6)
      }
    }
    // 65530 with 65535 (5th) and 3 (9th) and 10 (16th) in its mask, then 11, then 200.
    #expect(bytes.hex == "81cd00050000000100000002fffa8110000b000000c80000")
    var found: [UInt16] = []
    _ = packets(bytes) { packet -> Bool? in
      NegativeAcknowledgement.forEach(packet) { found.append($0) }
      return NegativeAcknowledgement.isIn(packet)
    }
    #expect(found == numbers)
  }

  @Test("requests for key frames of both kinds name their streams")
  func keyframes() {
    let bytes = rtcp { writer in
      writer.pictureLoss(sender: 1, media: 2)
      writer.fullIntraRequest(sender: 1, media: 3, count: 1)
      writer.bye(ssrc: 4)
    }
    var found: [UInt32] = []
    _ = packets(bytes) { packet -> Bool? in
      KeyframeRequest.forEach(packet) { found.append($0) }
      return nil
    }
    #expect(found == [2, 3])
  }

  @Test(
    "an estimate keeps the upper 18 bits of a rate", arguments: [0, 1, 262_143, 2_500_000, 1 << 39])
  func estimate(_ rate: UInt64) {
    let streams: [UInt32] = [5, 6]
    let bytes = rtcp { writer in
      streams.withUnsafeBufferPointer {
        writer.receiverEstimate(sender: 1, bitrate: rate, streams: $0)
      }
    }
    #expect(bytes.count == RTCPWriter.receiverEstimateBytes(streams: 2))
    let read = packets(bytes) { ReceiverEstimate($0)?.bitrate }.found.first ?? .max
    #expect(read <= rate)
    #expect(rate - read <= rate >> 17)
  }

  @Test("an estimate without limit does not overflow")
  func hugeEstimate() {
    let bytes = [UInt8](hex: "8fce0004000000010000000052454d4200ffffff") ?? []
    #expect(packets(bytes) { ReceiverEstimate($0)?.bitrate }.found == [1 << 40])
  }

  @Test(
    "what is no RTCP ends the reading",
    arguments: [
      "80", "80c90002 00000001",  // longer than the datagram
      "40c90001 00000001",  // version 1
      "a0c90001 00000000",  // padding of zero
      "a0c90001 00000005",  // more padding than there is
    ])
  func malformed(_ hex: String) {
    let bytes = [UInt8](hex: hex.filter { $0 != " " }) ?? []
    #expect(packets(bytes) { $0.type }.isMalformed)
    #expect(packets(rtcp { $0.bye(ssrc: 1) } + bytes) { $0.type }.found == [RTCPType.bye])
  }

  @Test("a report that claims more blocks than it has shows those that are there")
  func missingBlocks() {
    let bytes = [UInt8](hex: "85c90001 00000001".filter { $0 != " " }) ?? []
    #expect(packets(bytes) { ReportBlock.count(in: $0) }.found == [0])
  }

  @Test("a time keeps its nanoseconds to within a quarter")
  func ntp() {
    for time: UInt64 in [0, 1, 999_999_999, 86_400_000_000_001] {
      let back = NTPTime.nanoseconds(NTPTime.from(nanoseconds: time))
      #expect(back <= time && time - back <= 1)
    }
  }
}
