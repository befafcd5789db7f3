/// The first byte of a frame.
package enum FrameType {
  package static let padding: UInt8 = 0x00
  package static let ping: UInt8 = 0x01
  package static let acknowledgement: UInt8 = 0x02
  package static let acknowledgementECN: UInt8 = 0x03
  /// Content up to the end of the packet; 40-bit offset.
  package static let contentToEnd: UInt8 = 0x04
  /// Content with a length; 40-bit offset.
  package static let content: UInt8 = 0x05
  /// As the two before, with an offset of 64 bits, for what lies beyond 1 TiB.
  package static let longContentToEnd: UInt8 = 0x06
  package static let longContent: UInt8 = 0x07
  package static let control: UInt8 = 0x08
  package static let contentCredit: UInt8 = 0x09
  package static let controlCredit: UInt8 = 0x0A
  package static let pathChallenge: UInt8 = 0x0B
  package static let pathResponse: UInt8 = 0x0C
  package static let candidates: UInt8 = 0x0D
  package static let close: UInt8 = 0x0E
}

/// One frame of a packet that was opened. Bytes are named by their place in the payload: nothing is
/// copied.
package enum Frame {
  case padding
  /// Asks for an acknowledgement at once.
  case ping
  /// Its ranges are in the reader's scratch space, the newest first.
  case acknowledgement(AcknowledgementFrame)
  /// Bytes of the content stream.
  case content(offset: UInt64, start: Int, count: Int)
  /// Bytes of the sender's control stream.
  case control(offset: UInt64, start: Int, count: Int)
  /// So many bytes of new content may be sent in all.
  case contentCredit(UInt64)
  /// So many bytes of the control stream may be sent in all.
  case controlCredit(UInt64)
  case pathChallenge(UInt64)
  case pathResponse(UInt64)
  /// `count` addresses of 19 bytes each where the sender may be reached too.
  case candidates(start: Int, count: Int)
  case close(code: UInt16, start: Int, count: Int)
}

/// What an acknowledgement says besides its ranges.
package struct AcknowledgementFrame: Hashable, Sendable {
  package var largest: UInt64 = 0
  /// Between the arrival of the largest and the acknowledgement.
  package var delayMicroseconds: UInt64 = 0
  package var rangeCount = 0
  /// Packets that arrived with each mark (RFC 9000 §19.3.2); nil when the receiver cannot see them.
  package var marks: ECNCounts?
  /// Datagrams that the receiver's own host dropped because its program was late: they are no sign
  /// of a full network.
  package var hostDrops: UInt64 = 0

  package init() {}
}

package struct ECNCounts: Hashable, Sendable {
  package var ect0: UInt64 = 0
  package var ect1: UInt64 = 0
  package var congestionExperienced: UInt64 = 0

  package init() {}
}

/// Packet numbers from `first` to `last`, both included.
package struct PacketNumberRange: Hashable, Sendable {
  package var first: UInt64
  package var last: UInt64

  package init(first: UInt64, last: UInt64) {
    self.first = first
    self.last = last
  }
}
