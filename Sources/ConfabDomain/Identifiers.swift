package import Primitives

/// Numbers that `PlaceState.apply` gives out, in order, from 1; never used twice.
package protocol Identifier: RawRepresentable, Hashable, Comparable, Sendable, Codable,
  CustomStringConvertible
where RawValue == UInt64 {
  init(rawValue: UInt64)
}

extension Identifier {
  package init(_ rawValue: UInt64) { self.init(rawValue: rawValue) }
  package var description: String { String(rawValue) }
  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

package struct AccountID: Identifier {
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
}

package struct ChannelID: Identifier {
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The channel that everybody is in; made when the place is founded.
  package static let lobby = ChannelID(1)
  /// No channel has this number: stands for direct messages before the first one.
  package static let none = ChannelID(0)
}

package struct SessionID: Identifier {
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
}

package struct DeviceID: Identifier {
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
}

package struct InvitationID: Identifier {
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// 16 bytes made by the client that wrote the message, so that a retry is known for one.
package struct MessageID: Hashable, Sendable, Codable, CustomStringConvertible {
  package var high: UInt64
  package var low: UInt64

  package static let byteCount = 16

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Nil unless there are exactly 16 bytes.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    (high, low) = (0, 0)
    for (index, byte) in bytes.enumerated() {
      if index < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
    }
  }

  package init(using generator: inout some RandomNumberGenerator) {
    high = generator.next()
    low = generator.next()
  }

  /// A UUIDv7 (RFC 9562 §5.7): ids of messages that are written at about the same time lie side by side in
  /// an index, so that storing many of them touches few pages.
  package init(at time: WallTime, using generator: inout some RandomNumberGenerator) {
    self.init(using: &generator)
    let milliseconds = UInt64(clamping: time.millisecondsSinceEpoch)
    high = milliseconds << 16 | 0x7000 | high & 0x0FFF
    low = 0x8000_0000_0000_0000 | low >> 2
  }

  package var bytes: [UInt8] {
    [high, low].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
    }
  }

  /// 32 hexadecimal digits.
  package var description: String {
    [high, low].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

/// 16 bytes made by the client that offers files, so that an offer made again is known for the same.
package struct TransferID: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Spelled as a message's.
  private let id: MessageID

  package static let byteCount = MessageID.byteCount

  /// Nil unless there are exactly 16 bytes.
  package init?(bytes: some Collection<UInt8>) {
    guard let id = MessageID(bytes: bytes) else { return nil }
    self.id = id
  }

  package init(using generator: inout some RandomNumberGenerator) {
    id = MessageID(using: &generator)
  }

  package var bytes: [UInt8] { id.bytes }

  /// 32 hexadecimal digits.
  package var description: String { id.description }
}
