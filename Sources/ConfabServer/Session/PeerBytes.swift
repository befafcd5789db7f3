import ConfabWire

/// What a peer sends, cut into payloads, on either kind of connection.
enum PeerBytes {
  case native(FrameDecoder)
  case web(WebSocketDecoder)

  enum Incoming {
    case payload([UInt8])
    case ping([UInt8])
    case close
  }

  init(_ encoding: FrameEncoding) {
    let bytesMax = WireLimits.preSignInBytesMax
    switch encoding {
    case .native: self = .native(FrameDecoder(bytesMax: bytesMax))
    case .web: self = .web(WebSocketDecoder(bytesMax: bytesMax))
    }
  }

  mutating func setBytesMax(_ bytesMax: Int) {
    switch consume self {
    case .native(var decoder):
      decoder.bytesMax = bytesMax
      self = .native(decoder)
    case .web(var decoder):
      decoder.bytesMax = bytesMax
      self = .web(decoder)
    }
  }

  mutating func append(_ bytes: some Sequence<UInt8>) {
    switch consume self {
    case .native(var decoder):
      decoder.append(bytes)
      self = .native(decoder)
    case .web(var decoder):
      decoder.append(bytes)
      self = .web(decoder)
    }
  }

  mutating func next() throws(ProtocolViolation) -> Incoming? {
    switch consume self {
    case .native(var decoder):
      defer { self = .native(decoder) }
      return try decoder.next().map { .payload($0) }
    case .web(var decoder):
      defer { self = .web(decoder) }
      switch try decoder.next() {
      case .message(let payload): return .payload(payload)
      case .ping(let bytes): return .ping(bytes)
      case .close: return .close
      case nil: return nil
      }
    }
  }
}
