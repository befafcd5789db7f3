import ConfabDomain

/// Cuts what a browser sends into messages (RFC 6455 §5), joining fragments.
///
/// A message beyond the limit is refused as soon as its length is known; nothing of it is kept. Call
/// `next` until it returns nil after each `append`, as with `FrameDecoder`.
package struct WebSocketDecoder: Sendable {
  package enum Incoming: Sendable, Equatable {
    case message([UInt8])
    /// To be answered with the same bytes.
    case ping([UInt8])
    /// The peer wants no more.
    case close
  }

  /// The longest message that is taken. A server raises it when the peer has signed in.
  package var bytesMax: Int

  private var buffer: [UInt8] = []
  /// What stands before this index was returned already.
  private var start = 0
  /// Fragments of the message that is coming; nil between messages.
  private var fragments: [UInt8]?
  private var failure: ProtocolViolation?

  private static let maskBytes = 4
  /// An empty buffer larger than this is given back: idle connections are many.
  private static let retainedBytesMax = 1_024

  package init(bytesMax: Int = WireLimits.frameBytesMax) {
    self.bytesMax = bytesMax
  }

  /// Bytes that have come and are not returned yet, those of an unfinished message included.
  package var bufferedBytes: Int { buffer.count - start + (fragments?.count ?? 0) }

  package mutating func append(_ bytes: some Sequence<UInt8>) {
    guard failure == nil else { return }
    if start > 0, start >= buffer.count - start {
      buffer.removeSubrange(..<start)
      start = 0
    }
    buffer.append(contentsOf: bytes)
    // Looked at now, so that what is too long is not kept until somebody asks.
    do throws(ProtocolViolation) { _ = try head() } catch { fail(error) }
  }

  package mutating func next() throws(ProtocolViolation) -> Incoming? {
    if let failure { throw failure }
    do throws(ProtocolViolation) {
      while let head = try head() {
        guard buffer.count - head.payloadStart >= head.count else { return nil }
        let payload = unmasked(head)
        start = head.payloadStart + head.count
        if start == buffer.count { release() }
        if let incoming = try take(payload, head) { return incoming }
      }
      return nil
    } catch {
      fail(error)
      throw error
    }
  }

  private struct Head {
    var opcode: WebSocketFrame.Opcode
    var isFinal: Bool
    var count: Int
    /// Where the mask's four bytes begin, and behind them the payload.
    var maskStart: Int
    var payloadStart: Int { maskStart + WebSocketDecoder.maskBytes }
  }

  /// Nil until the whole head is there.
  private func head() throws(ProtocolViolation) -> Head? {
    guard buffer.count - start >= 2 else { return nil }
    let (first, second) = (buffer[start], buffer[start + 1])
    // Three reserved bits stand between the one for the last fragment and the opcode.
    guard first & 0x70 == 0, let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0F) else {
      throw malformed("A WebSocket frame begins with \(first), which means nothing here.")
    }
    guard second & 0x80 != 0 else { throw malformed("A client masks its WebSocket frames.") }
    let isFinal = first & WebSocketFrame.final != 0
    let short = second & 0x7F
    if opcode.isControl, !isFinal || Int(short) > WebSocketFrame.controlBytesMax {
      throw malformed("A WebSocket control frame is whole and has at most 125 bytes.")
    }
    let lengthBytes =
      switch short {
      case WebSocketFrame.lengthIn2Bytes: 2
      case WebSocketFrame.lengthIn8Bytes: 8
      default: 0
      }
    let maskStart = start + 2 + lengthBytes
    guard buffer.count >= maskStart else { return nil }
    let count = try length(short, in: start + 2..<maskStart)
    if !opcode.isControl, count > bytesMax - (fragments?.count ?? 0) {
      throw .tooLong(bytes: count + (fragments?.count ?? 0), bytesMax: bytesMax)
    }
    guard buffer.count >= maskStart + Self.maskBytes else { return nil }
    return Head(opcode: opcode, isFinal: isFinal, count: count, maskStart: maskStart)
  }

  private func length(
    _ short: UInt8, in range: Range<Int>
  ) throws(ProtocolViolation) -> Int {
    guard !range.isEmpty else { return Int(short) }
    let length = buffer[range].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let count = Int(exactly: length) else {
      throw malformed("A WebSocket frame has no such length.")
    }
    return count
  }

  private func unmasked(_ head: Head) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: head.count) { payload, count in
      for index in 0..<head.count {
        payload[index] =
          buffer[head.payloadStart + index] ^ buffer[head.maskStart + index % Self.maskBytes]
      }
      count = head.count
    }
  }

  private mutating func take(
    _ payload: [UInt8], _ head: Head
  ) throws(ProtocolViolation) -> Incoming? {
    switch head.opcode {
    case .text:
      guard fragments == nil else { throw malformed("A WebSocket message began within another.") }
      if head.isFinal { return .message(payload) }
      fragments = payload
    case .continuation:
      guard let begun = fragments else { throw malformed("A fragment belongs to no message.") }
      fragments = nil
      if head.isFinal { return .message(begun + payload) }
      fragments = begun + payload
    case .binary: throw malformed("Frames are text messages here, in protobuf's JSON mapping.")
    case .close: return .close
    case .ping: return .ping(payload)
    case .pong: break
    }
    return nil
  }

  private func malformed(_ message: String) -> ProtocolViolation {
    ProtocolViolation(.malformedFrame, message)
  }

  private mutating func fail(_ violation: ProtocolViolation) {
    failure = violation
    buffer = []
    start = 0
    fragments = nil
  }

  private mutating func release() {
    start = 0
    if buffer.capacity > Self.retainedBytesMax {
      buffer = []
    } else {
      buffer.removeAll(keepingCapacity: true)
    }
  }
}
