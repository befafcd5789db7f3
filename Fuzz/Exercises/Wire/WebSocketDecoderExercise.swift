import ConfabWire
import SwiftProtobuf

/// Makes frames of the bytes, right ones and wrong ones, and cuts the stream in pieces. What comes out
/// must not depend on the pieces, and no more may be kept than one message and one frame.
package func exerciseWebSocketDecoder(_ bytes: [UInt8]) {
  var feed = ByteFeed(bytes)
  let pieceBytesMax = Int(feed.byte()) + 1
  let bytesMax = feed.choice(of: 2) == 0 ? 300 : WireLimits.frameBytesMax
  var stream: [UInt8] = []
  while !feed.isEmpty { stream += frame(&feed) }
  let whole = decode(stream, pieceBytesMax: max(stream.count, 1), bytesMax: bytesMax)
  let cut = decode(stream, pieceBytesMax: pieceBytesMax, bytesMax: bytesMax)
  precondition(whole == cut, "the messages depend on how the bytes come")
  for case .message(let payload) in whole.incoming {
    precondition(payload.count <= bytesMax, "a message is too long")
    guard let frame = try? WireClientFrame.decode(payload, as: .web),
      let text: [UInt8] = try? frame.jsonUTF8Bytes()
    else { continue }
    let again = try? WireClientFrame.decode(text, as: .web)
    precondition(again == frame, "a frame changed by being written and read")
  }
}

private struct Outcome: Equatable {
  var incoming: [WebSocketDecoder.Incoming] = []
  var isRefused = false
}

private func decode(_ stream: [UInt8], pieceBytesMax: Int, bytesMax: Int) -> Outcome {
  var decoder = WebSocketDecoder(bytesMax: bytesMax)
  var outcome = Outcome()
  for start in stride(from: 0, to: stream.count, by: pieceBytesMax) {
    decoder.append(stream[start..<min(stream.count, start + pieceBytesMax)])
    do {
      while let incoming = try decoder.next() { outcome.incoming.append(incoming) }
    } catch {
      outcome.isRefused = true
    }
    precondition(
      decoder.bufferedBytes <= 2 * bytesMax + pieceBytesMax + 14, "too much is kept")
  }
  return outcome
}

private func frame(_ feed: inout ByteFeed) -> [UInt8] {
  let firsts: [UInt8] = [0x81, 0x01, 0x00, 0x80, 0x89, 0x8A, 0x88, feed.byte()]
  let first = firsts[feed.choice(of: firsts.count)]
  let payload = feed.bytes(Int(feed.byte()))
  let mask = feed.bytes(4) + [0, 0, 0, 0]
  var bytes = WebSocketFrame.text(payload)
  let headBytes = bytes.count - payload.count
  bytes[0] = first
  // Mostly masked, as it must be.
  if feed.choice(of: 16) != 0 { bytes[1] |= 0x80 }
  return bytes.prefix(headBytes) + mask.prefix(4)
    + payload.enumerated().map { $1 ^ mask[$0 % 4] }
}
