import ConfabDomain
import ConfabWire

/// Cuts a stream in pieces as its first byte says. The frames must be those of a plain reading, and
/// each that is a message must survive being written and read again.
package func exerciseFrameDecoder(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let stream = Array(bytes.dropFirst())
  let pieceBytesMax = Int(first) + 1
  var decoder = FrameDecoder()
  var payloads: [[UInt8]] = []
  var isRefused = false
  for start in stride(from: 0, to: stream.count, by: pieceBytesMax) {
    decoder.append(stream[start..<min(stream.count, start + pieceBytesMax)])
    do throws(ProtocolViolation) {
      while let payload = try decoder.next() { payloads.append(payload) }
    } catch {
      isRefused = true
    }
    precondition(
      decoder.bufferedBytes <= WireLimits.frameBytesMax + WireLimits.frameLengthBytes,
      "more is kept than one frame")
  }
  let expected = plainReading(stream)
  precondition(payloads == expected.payloads, "the frames depend on how the bytes come")
  precondition(isRefused == expected.isRefused, "a length was not refused, or wrongly")
  for payload in payloads {
    surviveClientFrame(payload)
    surviveServerFrame(payload)
  }
}

private func plainReading(_ stream: [UInt8]) -> (payloads: [[UInt8]], isRefused: Bool) {
  var rest = stream[...]
  var payloads: [[UInt8]] = []
  while rest.count >= WireLimits.frameLengthBytes {
    let length = rest.prefix(WireLimits.frameLengthBytes).reduce(0) { $0 << 8 | Int($1) }
    guard length <= WireLimits.frameBytesMax else { return (payloads, true) }
    let body = rest.dropFirst(WireLimits.frameLengthBytes)
    guard body.count >= length else { break }
    payloads.append(Array(body.prefix(length)))
    rest = body.dropFirst(length)
  }
  return (payloads, false)
}

private func surviveClientFrame(_ payload: [UInt8]) {
  guard let frame = try? WireClientFrame.decode(payload),
    // An enum's unknown value may be written longer than it came.
    let bytes = try? FrameEncoder.encode(frame)
  else { return }
  let again = try? WireClientFrame.decode(Array(bytes.dropFirst(WireLimits.frameLengthBytes)))
  precondition(again == frame, "a frame changed by being written and read")
}

private func surviveServerFrame(_ payload: [UInt8]) {
  guard let frame = try? WireServerFrame.decode(payload),
    let bytes = try? FrameEncoder.encode(frame)
  else { return }
  let again = try? WireServerFrame.decode(Array(bytes.dropFirst(WireLimits.frameLengthBytes)))
  precondition(again == frame, "a frame changed by being written and read")
}
