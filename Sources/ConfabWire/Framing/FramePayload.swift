import ConfabDomain
import SwiftProtobuf

extension WireClientFrame {
  /// Reads a frame's payload.
  package static func decode(_ payload: [UInt8]) throws(ProtocolViolation) -> WireClientFrame {
    try decodePayload(payload)
  }

  /// Reads a frame's payload, spelled as the connection says.
  package static func decode(
    _ payload: [UInt8], as encoding: FrameEncoding
  ) throws(ProtocolViolation) -> WireClientFrame {
    guard encoding == .web else { return try decode(payload) }
    var options = JSONDecodingOptions()
    options.messageDepthLimit = WireLimits.messageDepthMax
    options.ignoreUnknownFields = true
    do {
      return try WireClientFrame(jsonUTF8Bytes: payload, options: options)
    } catch {
      throw ProtocolViolation(
        .malformedFrame,
        "A text of \(payload.count) bytes is not a message of this protocol in JSON.")
    }
  }
}

extension WireServerFrame {
  /// Reads a frame's payload.
  package static func decode(_ payload: [UInt8]) throws(ProtocolViolation) -> WireServerFrame {
    try decodePayload(payload)
  }
}

private func decodePayload<Frame: Message>(
  _ payload: [UInt8]
) throws(ProtocolViolation) -> Frame {
  var options = BinaryDecodingOptions()
  options.messageDepthLimit = WireLimits.messageDepthMax
  // Fields of newer versions mean nothing here and are passed on to nobody.
  options.discardUnknownFields = true
  do {
    return try Frame(serializedBytes: payload, partial: true, options: options)
  } catch {
    throw ProtocolViolation(
      .malformedFrame, "A frame of \(payload.count) bytes is not a message of this protocol.")
  }
}
