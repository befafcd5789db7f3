/// Generic NACK (RFC 4585 §6.2.1): pairs of a sequence number and a mask of the sixteen after it.
package enum NegativeAcknowledgement {
  static let pairStart = 12

  package static func isIn(_ packet: RTCPPacket) -> Bool {
    packet.type == RTCPType.transportFeedback && packet.count == RTCPFeedbackFormat.nack
      && packet.bytes.count >= pairStart
  }

  /// - Parameter body: gets each number that is asked for, in the packet's order.
  @inline(__always)
  package static func forEach(_ packet: RTCPPacket, _ body: (UInt16) -> Void) {
    var position = pairStart
    while position + 4 <= packet.bytes.count {
      let first = packet.bytes.word(at: position)
      var mask = packet.bytes.word(at: position + 2)
      body(first)
      var number = first &+ 1
      while mask != 0 {
        if mask & 1 != 0 { body(number) }
        mask >>= 1
        number &+= 1
      }
      position += 4
    }
  }
}

/// Requests for a key frame, of both kinds.
package enum KeyframeRequest {
  /// - Parameter body: gets each stream of which one is asked.
  package static func forEach(_ packet: RTCPPacket, _ body: (UInt32) -> Void) {
    guard packet.type == RTCPType.payloadFeedback, packet.bytes.count >= 12 else { return }
    switch packet.count {
    case RTCPFeedbackFormat.pictureLoss: body(packet.mediaSSRC)
    case RTCPFeedbackFormat.fullIntraRequest:
      var position = 12
      while position + 8 <= packet.bytes.count {
        body(packet.bytes.long(at: position))
        position += 8
      }
    default: return
    }
  }
}

/// Receiver Estimated Maximum Bitrate (draft-alvestrand-rmcat-remb-03 §2.2).
package struct ReceiverEstimate: Hashable, Sendable {
  static let name: UInt32 = 0x5245_4D42
  static let fixedBytes = 20

  package var bitrate: UInt64

  package init?(_ packet: RTCPPacket) {
    guard packet.type == RTCPType.payloadFeedback,
      packet.count == RTCPFeedbackFormat.applicationLayer,
      packet.bytes.count >= Self.fixedBytes, packet.bytes.long(at: 12) == Self.name
    else { return nil }
    let exponent = UInt64(packet.bytes[17] >> 2)
    let mantissa = UInt64(packet.bytes.triple(at: 17) & 0x3FFFF)
    // No network has 2^40 bit/s; a larger exponent is a way to say "no limit".
    bitrate = exponent > 22 && mantissa > 0 ? 1 << 40 : mantissa << min(exponent, 22)
  }
}
