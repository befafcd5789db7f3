import ConfabDomain
import SwiftProtobuf

extension WireClientFrame {
  /// Reads a frame's payload.
  package static func decode(_ payload: [UInt8]) throws(ProtocolViolation) -> WireClientFrame {
    try decodePayload(payload)
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
