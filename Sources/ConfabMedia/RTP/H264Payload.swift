/// What a switch needs to know of an H.264 payload (RFC 6184).
package enum H264Payload {
  private static let sequenceParameters: UInt8 = 7
  private static let aggregate: UInt8 = 24
  private static let fragment: UInt8 = 28

  /// Whether a key frame begins here. Its parameter sets come first, and without them the picture that
  /// follows cannot be decoded, so they are what is looked for.
  package static func isKeyframeStart(_ payload: UnsafeRawBufferPointer) -> Bool {
    guard let first = payload.first else { return false }
    switch first & 0x1F {
    case sequenceParameters: return true
    case aggregate: return aggregateHasParameters(payload)
    case fragment:
      // A fragment's own header: start bit, then the type.
      return payload.count >= 2 && payload[1] & 0x80 != 0
        && payload[1] & 0x1F == sequenceParameters
    default: return false
    }
  }

  private static func aggregateHasParameters(_ payload: UnsafeRawBufferPointer) -> Bool {
    var position = 1
    while position + 3 <= payload.count {
      let count = Int(payload.word(at: position))
      if payload[position + 2] & 0x1F == sequenceParameters { return true }
      position += 2 + count
    }
    return false
  }
}
