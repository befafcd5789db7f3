/// The packet types of RTCP that we read and write (RFC 3550 §12.1, RFC 4585 §6.1).
package enum RTCPType {
  package static let senderReport: UInt8 = 200
  package static let receiverReport: UInt8 = 201
  package static let sourceDescription: UInt8 = 202
  package static let bye: UInt8 = 203
  package static let transportFeedback: UInt8 = 205
  package static let payloadFeedback: UInt8 = 206
}

/// The kinds of feedback: the field that other packets use as a count.
package enum RTCPFeedbackFormat {
  /// Of transport feedback: RFC 4585 §6.2.1; draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
  package static let nack: UInt8 = 1
  package static let transportWide: UInt8 = 15
  /// Of payload feedback: RFC 4585 §6.3.1; RFC 5104 §4.3.1; draft-alvestrand-rmcat-remb-03 §2.
  package static let pictureLoss: UInt8 = 1
  package static let fullIntraRequest: UInt8 = 4
  package static let applicationLayer: UInt8 = 15
}

/// One packet of an RTCP datagram, read where it stands.
package struct RTCPPacket {
  package static let headerBytes = 4

  package let type: UInt8
  /// How many reports or sources; the format in feedback.
  package let count: UInt8
  /// The whole packet without its padding, header included.
  package let bytes: UnsafeRawBufferPointer

  /// Whom feedback is about, or 0 when the packet is too short to say.
  package var mediaSSRC: UInt32 { bytes.count >= 12 ? bytes.long(at: 8) : 0 }

  /// Who sent it.
  package var senderSSRC: UInt32 { bytes.count >= 8 ? bytes.long(at: 4) : 0 }
}

/// Takes a datagram apart. Compound packets and reduced-size ones (RFC 5506) alike: nothing is asked
/// of their order.
package struct RTCPReader {
  private let datagram: UnsafeRawBufferPointer
  private var position = 0
  /// What follows is no RTCP; the packets before it counted.
  package private(set) var isMalformed = false

  package init(_ datagram: UnsafeRawBufferPointer) {
    self.datagram = datagram
  }

  package mutating func next() -> RTCPPacket? {
    guard !isMalformed, position < datagram.count else { return nil }
    guard position + RTCPPacket.headerBytes <= datagram.count, datagram[position] >> 6 == 2 else {
      isMalformed = true
      return nil
    }
    let count = 4 * (Int(datagram.word(at: position + 2)) + 1)
    guard position + count <= datagram.count else {
      isMalformed = true
      return nil
    }
    var padding = 0
    if datagram[position] & 0x20 != 0 {
      padding = Int(datagram[position + count - 1])
      guard padding >= 1, padding <= count - RTCPPacket.headerBytes else {
        isMalformed = true
        return nil
      }
    }
    defer { position += count }
    return RTCPPacket(
      type: datagram[position + 1], count: datagram[position] & 0x1F,
      bytes: UnsafeRawBufferPointer(rebasing: datagram[position..<position + count - padding]))
  }
}
