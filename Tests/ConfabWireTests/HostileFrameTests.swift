import ConfabDomain
import ConfabWire
import Testing

/// Payloads that are as long as a frame may be and made to cost more than they are worth.
@Suite struct HostileFrameTests {
  @Test func groupsWithinGroupsAreRefused() {
    // Field 100 as the beginning of a group, over and over.
    let payload = (0..<30_000).flatMap { _ in [0xA3, 0x06] as [UInt8] }
    expectMalformed(payload)
    expectMalformed(payload + (0..<2_000).flatMap { _ in [0xA4, 0x06] as [UInt8] })
  }

  @Test func balancedGroupsBeyondTheDepthAreRefused() {
    let depth = WireLimits.messageDepthMax + 5
    let payload =
      (0..<depth).flatMap { _ in [0xA3, 0x06] as [UInt8] }
      + (0..<depth).flatMap { _ in [0xA4, 0x06] as [UInt8] }
    expectMalformed(payload)
  }

  @Test func unknownMessagesWithinMessagesAreSkipped() throws {
    // Field 100 as a message in itself, a thousand deep; nobody looks inside.
    var unknown: [UInt8] = []
    for _ in 0..<1_000 { unknown = [0xA2, 0x06] + varint(unknown.count) + unknown }
    let frame = try WireClientFrame.decode(Sample.payload(3, .ping(WirePing())) + unknown)
    #expect(frame == .request(3, .ping(WirePing())))
  }

  @Test func unknownFieldsAreForgotten() throws {
    // Fields 1000 to 1999, a number each.
    let unknown = (1_000..<2_000).flatMap { varint($0 << 3) + [0x01 as UInt8] }
    let frame = try WireClientFrame.decode(Sample.payload(3, .ping(WirePing())) + unknown)
    #expect(frame == .request(3, .ping(WirePing())))
  }

  @Test func textMustBeUTF8() {
    // ClientFrame{request: 1, search{words: C3 28}}
    expectMalformed([0x08, 0x01, 0xD2, 0x01, 0x04, 0x0A, 0x02, 0xC3, 0x28])
    // Half of a surrogate pair, and a character spelled too long.
    expectMalformed([0x08, 0x01, 0xD2, 0x01, 0x05, 0x0A, 0x03, 0xED, 0xA0, 0x80])
    expectMalformed([0x08, 0x01, 0xD2, 0x01, 0x04, 0x0A, 0x02, 0xC0, 0x80])
  }

  @Test func lengthsBeyondTheEndAreRefused() {
    expectMalformed([0x08, 0x01, 0xD2, 0x01, 0x7F, 0x0A])
    expectMalformed([0xD2, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F])
    expectMalformed([0x08])
    expectMalformed([UInt8](repeating: 0xFF, count: 11))
  }

  @Test func aFrameThatDoesNotFitIsNotMade() throws {
    var send = WireSend()
    send.text = String(repeating: "a", count: WireLimits.frameBytesMax)
    let rejection = #expect(throws: Rejection.self) {
      try FrameEncoder.encode(.request(1, .send(send)))
    }
    #expect(rejection?.code == .frameTooLong)
  }

  private func expectMalformed(
    _ payload: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let violation = #expect(throws: ProtocolViolation.self, sourceLocation: sourceLocation) {
      try WireClientFrame.decode(payload)
    }
    #expect(violation?.code == .malformedFrame, sourceLocation: sourceLocation)
  }

  private func varint(_ value: Int) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
