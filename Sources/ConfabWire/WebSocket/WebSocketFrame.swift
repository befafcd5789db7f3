package import ConfabDomain

/// What a server sends on a WebSocket (RFC 6455 §5): whole, unmasked frames.
package enum WebSocketFrame {
  /// RFC 6455 §5.2.
  enum Opcode: UInt8 {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    var isControl: Bool { rawValue & 0x8 != 0 }
  }

  static let final: UInt8 = 0x80
  static let controlBytesMax = 125
  /// The lengths that say: the real one follows, in 2 bytes or in 8.
  static let lengthIn2Bytes: UInt8 = 126
  static let lengthIn8Bytes: UInt8 = 127

  package static func text(_ payload: [UInt8]) -> [UInt8] {
    var bytes = head(.text, count: payload.count)
    bytes += payload
    return bytes
  }

  package static func pong(_ payload: [UInt8]) -> [UInt8] {
    head(.pong, count: min(payload.count, controlBytesMax)) + payload.prefix(controlBytesMax)
  }

  /// The last frame of a connection. What a person should read came before, as a frame of ours.
  package static func close(_ code: Rejection.Code?) -> [UInt8] {
    let status: UInt16 =
      switch code {
      case nil: 1000
      case .serverStopping: 1001
      case .malformedFrame: 1002
      case .frameTooLong: 1009
      default: 1008
      }
    return head(.close, count: 2) + [UInt8(status >> 8), UInt8(status & 0xFF)]
  }

  private static func head(_ opcode: Opcode, count: Int) -> [UInt8] {
    let first = final | opcode.rawValue
    var bytes: [UInt8]
    let lengthBytes: Int
    switch count {
    case ...controlBytesMax: return [first, UInt8(count)]
    case ...Int(UInt16.max): (bytes, lengthBytes) = ([first, lengthIn2Bytes], 2)
    default: (bytes, lengthBytes) = ([first, lengthIn8Bytes], 8)
    }
    bytes.reserveCapacity(bytes.count + lengthBytes + count)
    for index in (0..<lengthBytes).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: count >> (8 * index)))
    }
    return bytes
  }
}
