import ConfabDomain
import ConfabWire
import Foundation
import NIOCore
import Primitives
import SwiftProtobuf

/// The messages of one sender. Their bytes are made once, and what differs has a fixed place in them, so
/// that saying something costs the load next to nothing: it shares the machine with the server.
struct ChatLoadSends {
  private var frame: ByteBuffer
  private let idIndex: Int
  private let timeIndex: Int
  private var random: SeededRandom
  private var count: UInt64 = 0

  /// The request's number takes four bytes from here on.
  private static let firstRequest: UInt64 = 1 << 21
  /// Behind the length of the frame and the number's tag.
  private static let requestIndex = WireLimits.frameLengthBytes + 1

  /// - Parameter bytes: of each text.
  init?(bytes: Int, seed: UInt64) {
    let marker = MessageID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10).bytes
    let head = SendTime.text(0, bytes: bytes)
    let send = WireClientFrame.with {
      $0.request = Self.firstRequest
      $0.send = .with {
        $0.channel.id = ChannelID.lobby.rawValue
        $0.id = Data(marker)
        $0.text = head
      }
    }
    guard let encoded = try? FrameEncoder.encode(send),
      let id = encoded.firstRange(of: marker), let text = encoded.firstRange(of: head.utf8)
    else { return nil }
    frame = ByteBuffer(bytes: encoded)
    idIndex = id.lowerBound
    timeIndex = text.lowerBound
    random = SeededRandom(seed: seed)
  }

  mutating func append(to buffer: inout ByteBuffer, now: UInt64) {
    let id = MessageID(at: LocalTime.now, using: &random)
    frame.setInteger(id.high, at: idIndex)
    frame.setInteger(id.low, at: idIndex + 8)
    var request = Self.firstRequest + count
    for index in 0..<4 {
      let more: UInt8 = index < 3 ? 0x80 : 0
      frame.setInteger(
        UInt8(truncatingIfNeeded: request & 0x7F) | more, at: Self.requestIndex + index)
      request >>= 7
    }
    count += 1
    SendTime.write(now, to: &frame, at: timeIndex)
    buffer.writeImmutableBuffer(frame)
  }
}

/// The send time that each text of the load begins with: `@` and 16 hexadecimal digits.
enum SendTime {
  static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

  static func text(_ nanoseconds: UInt64, bytes: Int) -> String {
    let digits = String(nanoseconds, radix: 16)
    let head = "@" + String(repeating: "0", count: 16 - digits.count) + digits
    return head + String(repeating: "x", count: max(0, bytes - head.utf8.count))
  }

  /// Writes the text's first bytes.
  static func write(_ nanoseconds: UInt64, to buffer: inout ByteBuffer, at index: Int) {
    buffer.setInteger(UInt8(ascii: "@"), at: index)
    for digit in 0..<16 {
      let value = UInt8(truncatingIfNeeded: nanoseconds >> UInt64(60 - 4 * digit) & 15)
      buffer.setInteger(value < 10 ? 48 + value : 87 + value, at: index + 1 + digit)
    }
  }

  /// Looks behind each `@`, since the bytes of an id may hold one too.
  static func find(in frame: ByteBuffer) -> UInt64? {
    frame.withUnsafeReadableBytes { bytes in
      var index = 0
      while index + 17 <= bytes.count {
        if bytes[index] == UInt8(ascii: "@"),
          let value = value(of: bytes[(index + 1)...].prefix(16))
        {
          return value
        }
        index += 1
      }
      return nil
    }
  }

  private static func value(of digits: some Collection<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case 48...57: value = value << 4 | UInt64(digit - 48)
      case 97...102: value = value << 4 | UInt64(digit - 87)
      default: return nil
      }
    }
    return value
  }
}
