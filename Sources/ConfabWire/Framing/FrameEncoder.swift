package import ConfabDomain
import SwiftProtobuf

/// Writes frames with their length. Frames one after another in one array are a valid stream.
package enum FrameEncoder {
  /// - Throws: `frameTooLong` when the frame does not fit: whoever made it must send less.
  package static func encode(_ frame: WireServerFrame) throws(Rejection) -> [UInt8] {
    try encode(message: frame)
  }

  /// For a browser: a WebSocket text message, whole with its head.
  ///
  /// - Throws: `frameTooLong`, as above; JSON may be longer than protobuf's bytes.
  package static func encode(
    _ frame: WireServerFrame, as encoding: FrameEncoding
  ) throws(Rejection) -> [UInt8] {
    guard encoding == .web else { return try encode(frame) }
    let text: [UInt8]
    do {
      text = try frame.jsonUTF8Bytes()
    } catch {
      throw Rejection(.internalError, "A frame could not be encoded.")
    }
    guard text.count <= WireLimits.webTextBytesMax else {
      throw Rejection(
        .frameTooLong,
        "\(text.count) bytes do not fit into a text message of \(WireLimits.webTextBytesMax); send "
          + "less.")
    }
    return WebSocketFrame.text(text)
  }

  package static func encode(_ frame: WireClientFrame) throws(Rejection) -> [UInt8] {
    try encode(message: frame)
  }

  package static func append(
    _ frame: WireServerFrame, to bytes: inout [UInt8]
  ) throws(Rejection) {
    bytes += try encode(message: frame)
  }

  package static func append(
    _ frame: WireClientFrame, to bytes: inout [UInt8]
  ) throws(Rejection) {
    bytes += try encode(message: frame)
  }

  private static func encode(message: some Message) throws(Rejection) -> [UInt8] {
    let framed: LengthPrefixed
    do {
      framed = try message.serializedBytes(partial: true)
    } catch {
      throw Rejection(.internalError, "A frame could not be encoded.")
    }
    guard framed.count <= WireLimits.frameBytesMax else {
      throw Rejection(
        .frameTooLong,
        "\(framed.count) bytes do not fit into a frame of \(WireLimits.frameBytesMax); send less.")
    }
    return framed.bytes
  }
}

/// Lets protobuf write a payload behind its own length, so that a frame costs one allocation.
private struct LengthPrefixed: SwiftProtobufContiguousBytes {
  var bytes: [UInt8]

  init(repeating byte: UInt8, count: Int) {
    bytes = [UInt8](repeating: byte, count: WireLimits.frameLengthBytes + count)
    for index in 0..<WireLimits.frameLengthBytes {
      let shift = 8 * (WireLimits.frameLengthBytes - 1 - index)
      bytes[index] = UInt8(truncatingIfNeeded: count >> shift)
    }
  }

  init(_ sequence: some Sequence<UInt8>) {
    let payload = Array(sequence)
    self.init(repeating: 0, count: payload.count)
    bytes.replaceSubrange(WireLimits.frameLengthBytes..., with: payload)
  }

  var count: Int { bytes.count - WireLimits.frameLengthBytes }

  func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes { buffer in
      try body(UnsafeRawBufferPointer(rebasing: buffer[WireLimits.frameLengthBytes...]))
    }
  }

  mutating func withUnsafeMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    try bytes.withUnsafeMutableBytes { buffer in
      try body(UnsafeMutableRawBufferPointer(rebasing: buffer[WireLimits.frameLengthBytes...]))
    }
  }
}
