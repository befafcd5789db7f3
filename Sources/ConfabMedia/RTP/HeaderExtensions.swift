/// The two ways in which the elements of a header extension are spelled (RFC 8285 §4.2, §4.3).
package enum HeaderExtensionForm: Hashable, Sendable {
  /// `id 4 bits | length − 1, 4 bits | data`; id 15 ends the list.
  case oneByte
  /// `id 8 bits | length 8 bits | data`.
  case twoByte

  static let oneByteProfile: UInt16 = 0xBEDE

  init?(profile: UInt16) {
    switch profile {
    case Self.oneByteProfile: self = .oneByte
    case 0x1000...0x100F: self = .twoByte
    default: return nil
    }
  }
}

/// What an extension element means. The number on the wire is negotiated.
package enum HeaderExtensionKind: UInt8, Hashable, Sendable, CaseIterable {
  case mid = 1
  case rid = 2
  case repairedRid = 3
  case audioLevel = 4
  case absoluteSendTime = 5
  case transportSequence = 6
  case videoOrientation = 7

  package var uri: String {
    switch self {
    case .mid: "urn:ietf:params:rtp-hdrext:sdes:mid"
    case .rid: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
    case .repairedRid: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
    case .audioLevel: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    case .absoluteSendTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
    case .transportSequence:
      "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    case .videoOrientation: "urn:3gpp:video-orientation"
    }
  }

  package init?(uri: some StringProtocol) {
    guard let kind = Self.allCases.first(where: { $0.uri == uri }) else { return nil }
    self = kind
  }
}

/// The numbers that were negotiated for one transport.
package struct HeaderExtensionNumbers: Hashable, Sendable {
  /// The one-byte form has no more, and no browser goes beyond it.
  package static let numberMax: UInt8 = 14

  // Four bits for each number, so that a look-up is a shift: no array on the way of a packet.
  private var kindOfNumber: UInt64 = 0
  private var numberOfKind: UInt64 = 0

  package init() {}

  package subscript(number: UInt8) -> HeaderExtensionKind? {
    HeaderExtensionKind(
      rawValue: UInt8(truncatingIfNeeded: kindOfNumber >> (4 * UInt64(number & 15)) & 15))
  }

  /// Nil when the extension was not negotiated.
  package func number(of kind: HeaderExtensionKind) -> UInt8? {
    let number = UInt8(truncatingIfNeeded: numberOfKind >> (4 * UInt64(kind.rawValue)) & 15)
    return number == 0 ? nil : number
  }

  /// - Parameter number: 1 to `numberMax`.
  package mutating func set(_ kind: HeaderExtensionKind, to number: UInt8) {
    precondition(number >= 1 && number <= Self.numberMax)
    if let old = self.number(of: kind) { kindOfNumber &= ~(15 << (4 * UInt64(old))) }
    kindOfNumber &= ~(15 << (4 * UInt64(number)))
    kindOfNumber |= UInt64(kind.rawValue) << (4 * UInt64(number))
    numberOfKind &= ~(15 << (4 * UInt64(kind.rawValue)))
    numberOfKind |= UInt64(number) << (4 * UInt64(kind.rawValue))
  }
}

/// A part of a packet's bytes.
package struct ByteSpan: Hashable, Sendable {
  package var start: Int
  package var count: Int
}

/// What the extension of a received packet says, in terms of meaning.
package struct ReceivedExtensions: Hashable, Sendable {
  package var mid: ByteSpan?
  package var rid: ByteSpan?
  package var repairedRid: ByteSpan?
  /// 0 is the loudest, 127 is silence: −dBov (RFC 6464).
  package var audioLevel: UInt8?
  package var isVoice = false
  package var transportSequence: UInt16?
  /// As 3GPP TS 26.114 §7.4.5 spells it.
  package var videoOrientation: UInt8?

  package init() {}

  /// An element that leaves the extension ends the reading; what came before it counts.
  package init(
    _ header: RTPHeader, in packet: UnsafeRawBufferPointer, numbers: HeaderExtensionNumbers
  ) {
    guard let form = header.extensionForm else { return }
    var position = header.extensionStart
    let end = position + header.extensionBytes
    while position < end {
      let first = packet[position]
      if first == 0 {
        // Padding between elements.
        position += 1
        continue
      }
      let number: UInt8
      let count: Int
      switch form {
      case .oneByte:
        number = first >> 4
        count = Int(first & 15) + 1
        position += 1
        if number == 15 { return }
      case .twoByte:
        guard position + 2 <= end else { return }
        number = first
        count = Int(packet[position + 1])
        position += 2
      }
      guard position + count <= end else { return }
      if number <= HeaderExtensionNumbers.numberMax, let kind = numbers[number] {
        take(kind, ByteSpan(start: position, count: count), packet)
      }
      position += count
    }
  }

  @inline(__always)
  private mutating func take(
    _ kind: HeaderExtensionKind, _ span: ByteSpan, _ packet: UnsafeRawBufferPointer
  ) {
    switch kind {
    case .mid: mid = span
    case .rid: rid = span
    case .repairedRid: repairedRid = span
    case .audioLevel:
      guard span.count >= 1 else { return }
      audioLevel = packet[span.start] & 0x7F
      isVoice = packet[span.start] & 0x80 != 0
    case .transportSequence:
      guard span.count >= 2 else { return }
      transportSequence = packet.word(at: span.start)
    case .videoOrientation:
      guard span.count >= 1 else { return }
      videoOrientation = packet[span.start]
    case .absoluteSendTime: return
    }
  }
}
