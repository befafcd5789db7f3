import ConfabTransfer

/// Cuts a control stream in pieces as its first byte says. The messages are the same however the bytes
/// come, what is kept is bounded, and each message says the same when it is written and read again.
package func exerciseControl(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let stream = Array(bytes.dropFirst())
  let whole = messages(of: stream, pieceBytesMax: stream.count + 1)
  let pieces = messages(of: stream, pieceBytesMax: Int(first) + 1)
  precondition(whole == pieces, "the messages depend on how the bytes come")
  for message in whole.messages {
    let encoded = message.encoded()
    precondition(
      encoded.count <= FileLimits.messageBytesMax + controlHeaderBytes, "a message without limit")
    let again = messages(of: encoded, pieceBytesMax: encoded.count)
    if case .failed(let failure) = message, case .failed(let read)? = again.messages.first {
      // Its text is made fit to be shown, and cut.
      precondition(read.code == failure.code && again.messages.count == 1, "a failure changed")
    } else {
      precondition(again == Reading(messages: [message], failure: nil), "a message changed")
    }
  }
}

private let controlHeaderBytes = 5

private struct Reading: Equatable {
  var messages: [ControlMessage] = []
  var failure: FileFailure?
}

private func messages(of stream: [UInt8], pieceBytesMax: Int) -> Reading {
  var decoder = ControlDecoder()
  var reading = Reading()
  for start in stride(from: 0, to: stream.count, by: pieceBytesMax) {
    decoder.append(Array(stream[start..<min(stream.count, start + pieceBytesMax)]))
    do throws(FileFailure) {
      while let message = try decoder.next() { reading.messages.append(message) }
    } catch {
      reading.failure = error
      return reading
    }
  }
  return reading
}
