import ConfabDomain
import ConfabWire
import Testing

@Suite struct WebSocketDecoderTests {
  /// RFC 6455 §5.7: "Hello", masked, whole and in two fragments.
  @Test func theRFCsExamples() throws {
    var decoder = WebSocketDecoder()
    decoder.append([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    #expect(try decoder.next() == .message(Array("Hello".utf8)))
    #expect(try decoder.next() == nil)
    #expect(WebSocketFrame.text(Array("Hello".utf8)) == [0x81, 0x05] + Array("Hello".utf8))
    #expect(WebSocketFrame.text(.init(repeating: 7, count: 256)).prefix(4) == [0x81, 0x7E, 1, 0])
    #expect(
      WebSocketFrame.text(.init(repeating: 7, count: 65_536)).prefix(10)
        == [0x81, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0])
  }

  @Test func bytesMayComeOneByOne() throws {
    let messages: [[UInt8]] = [0, 1, 125, 126, 300, 65_535, 65_536].map {
      [UInt8](repeating: 0x41, count: $0)
    }
    var decoder = WebSocketDecoder()
    var found: [WebSocketDecoder.Incoming] = []
    for message in messages {
      for byte in masked(0x81, message) {
        decoder.append([byte])
        while let incoming = try decoder.next() { found.append(incoming) }
      }
    }
    #expect(found == messages.map { .message($0) })
  }

  @Test func controlFramesMayStandBetweenFragments() throws {
    var decoder = WebSocketDecoder()
    decoder.append(
      masked(0x01, [1]) + masked(0x89, [9]) + masked(0x8A, []) + masked(0x00, [2])
        + masked(0x80, [3]) + masked(0x88, [3, 232]))
    #expect(try decoder.next() == .ping([9]))
    #expect(try decoder.next() == .message([1, 2, 3]))
    #expect(try decoder.next() == .close)
    #expect(try decoder.next() == nil)
  }

  @Test func whatIsTooLongIsRefusedByItsHead() {
    var decoder = WebSocketDecoder(bytesMax: 8_192)
    // 2⁶³ − 1 bytes are announced and none comes.
    decoder.append([0x81, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7))
    #expect(throws: ProtocolViolation.self) { try decoder.next() }
    var strangers = WebSocketDecoder(bytesMax: 10)
    strangers.append(masked(0x01, .init(repeating: 1, count: 6)))
    #expect(throws: Never.self) { try strangers.next() }
    strangers.append(masked(0x80, .init(repeating: 1, count: 5)))
    #expect(
      throws: ProtocolViolation(
        .signInTimeout, "A frame of 11 bytes is too long before signing in: 10 are left.")
    ) { try strangers.next() }
    // It stays refused.
    strangers.append(masked(0x81, [1]))
    #expect(throws: ProtocolViolation.self) { try strangers.next() }
  }

  @Test(
    arguments: [
      [0x81, 0x01, 0x20], [0xC1, 0x80, 0, 0, 0, 0], [0x83, 0x80, 0, 0, 0, 0],
      [0x82, 0x80, 0, 0, 0, 0], [0x80, 0x80, 0, 0, 0, 0], [0x09, 0x80, 0, 0, 0, 0],
      [0x89, 0xFE, 0, 126, 0, 0, 0, 0], [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ] as [[UInt8]])
  func whatTheRFCForbidsIsRefused(bytes: [UInt8]) {
    var decoder = WebSocketDecoder()
    decoder.append(bytes)
    #expect(throws: ProtocolViolation.self) {
      while try decoder.next() != nil {}
    }
  }

  @Test func jsonMeansWhatTheBytesMean() throws {
    let text = ##"{"request":"5","send":{"channel":{"name":"#lobby"},"text":"hi","future":[1]}}"##
    let frame = try WireClientFrame.decode(Array(text.utf8), as: .web)
    #expect(frame.request == 5)
    #expect(frame.send.text == "hi")
    #expect(throws: ProtocolViolation.self) {
      try WireClientFrame.decode(Array(#"{"request":"-5"}"#.utf8), as: .web)
    }
    let reply = try FrameEncoder.encode(.done(5), as: .web)
    #expect(Array(reply.dropFirst(2)) == Array(#"{"replyTo":"5","done":{}}"#.utf8))
  }

  private func masked(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let mask: [UInt8] = [0x0F, 0xF0, 0x55, 0xAA]
    // The server's own head, with the bit that says "masked" and the mask behind the length.
    var bytes = WebSocketFrame.text(payload)
    let headBytes = bytes.count - payload.count
    bytes[0] = first
    bytes[1] |= 0x80
    return bytes.prefix(headBytes) + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
  }
}
