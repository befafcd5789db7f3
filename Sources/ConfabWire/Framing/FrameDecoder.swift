import ConfabDomain

/// Cuts a stream of bytes into the payloads of frames.
///
///     +---------------------+----------------------+
///     | length, 4 bytes, BE | protobuf, `length`   |
///     +---------------------+----------------------+
///
/// A length beyond the limit is refused as soon as its four bytes are there; nothing of such a frame
/// is kept. Call `next` until it returns nil after each `append`: then no more than one frame and one
/// read are ever held.
package struct FrameDecoder: Sendable {
  /// The longest payload that is taken. A server raises it when the peer has signed in.
  package var bytesMax: Int

  private var buffer: [UInt8] = []
  /// What stands before this index was returned already.
  private var start = 0
  /// The length that was refused: everything after it is dropped.
  private var refusedLength: Int?

  /// An empty buffer larger than this is given back: idle connections are many.
  private static let retainedBytesMax = 1_024

  package init(bytesMax: Int = WireLimits.frameBytesMax) {
    self.bytesMax = bytesMax
  }

  /// Bytes that have come and are not returned yet.
  package var bufferedBytes: Int { buffer.count - start }

  package mutating func append(_ bytes: some Sequence<UInt8>) {
    guard refusedLength == nil else { return }
    makeRoom()
    buffer.append(contentsOf: bytes)
    refuseIfTooLong()
  }

  package mutating func append(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// The payload of the next whole frame, or nil until more bytes have come.
  package mutating func next() throws(ProtocolViolation) -> [UInt8]? {
    refuseIfTooLong()
    if let refusedLength { throw .tooLong(bytes: refusedLength, bytesMax: bytesMax) }
    guard let length = headLength else { return nil }
    let payloadStart = start + WireLimits.frameLengthBytes
    guard buffer.count - payloadStart >= length else { return nil }
    let payload = Array(buffer[payloadStart..<payloadStart + length])
    start = payloadStart + length
    if start == buffer.count { release() }
    return payload
  }

  private var headLength: Int? {
    guard buffer.count - start >= WireLimits.frameLengthBytes else { return nil }
    var length = 0
    for index in start..<start + WireLimits.frameLengthBytes {
      length = length << 8 | Int(buffer[index])
    }
    return length
  }

  private mutating func refuseIfTooLong() {
    guard refusedLength == nil, let length = headLength, length > bytesMax else { return }
    refusedLength = length
    buffer = []
    start = 0
  }

  /// Moves what is left to the front once the dead part outweighs it, so that each byte moves once
  /// on average.
  private mutating func makeRoom() {
    guard start > 0, start >= buffer.count - start else { return }
    buffer.removeSubrange(..<start)
    start = 0
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
