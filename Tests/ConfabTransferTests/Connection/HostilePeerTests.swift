import ConfabTransfer
import Primitives
import Testing

@Suite("A peer that has the keys and no manners")
struct HostilePeerTests {
  private func closing(_ peer: HandmadePeer) -> TransferClosing? {
    for event in peer.events {
      if case .closed(let closing) = event { return closing }
    }
    return nil
  }

  private func acknowledgement(_ first: UInt64, _ last: UInt64) -> [UInt8] {
    payload { writer in
      withUnsafePointer(to: PacketNumberRange(first: first, last: last)) {
        _ = writer.acknowledgement(
          ranges: UnsafeBufferPointer(start: $0, count: 1), delayMicroseconds: 0, marks: nil,
          hostDrops: 0)
      }
    }
  }

  @Test("the handmade peer can behave too")
  func manners() {
    let peer = HandmadePeer(.recipient)
    peer.say(
      payload {
        $0.contentHeader(offset: 3, count: 5, hasLength: false)
        $0.zeros(5)
      })
    #expect(peer.written == 5)
    peer.wait(.milliseconds(50))
    #expect(peer.heard.contains { frames($0.payload).frames.contains { $0.hasPrefix("ack 0-0") } })
    let other = HandmadePeer(.presenter)
    other.connection.sendContent(0..<5_000)
    other.pump()
    // The pacer lets them go one after another.
    other.wait(.milliseconds(100))
    #expect(other.heard.count >= 4)
    other.say(acknowledgement(0, other.heard.last?.number ?? 0))
    #expect(other.counts.contentBytesAcknowledged == 5_000)
    #expect(closing(peer) == nil && closing(other) == nil)
  }

  @Test("acknowledging what was never sent")
  func acknowledgesUnsent() {
    let peer = HandmadePeer(.presenter)
    peer.connection.sendContent(0..<5_000)
    peer.pump()
    peer.say(acknowledgement(0, 1_000))
    #expect(closing(peer) == .violation(.acknowledgedUnsent))
  }

  @Test("acknowledging everything in order to be sent more is found out")
  func optimist() {
    // A draw whose first number left out comes early, so that the test is over soon.
    let seed = (0..<200 as Range<UInt64>).min { firstSkip($0) < firstSkip($1) }
    let peer = HandmadePeer(.presenter, skipSeed: seed ?? 0)
    for _ in 0..<20_000 where closing(peer) == nil {
      peer.connection.sendContent(0..<60_000)
      peer.pump()
      guard let last = peer.heard.last?.number else { break }
      peer.say(payload { $0.contentCredit(1 << 40) } + acknowledgement(0, last))
      peer.wait(.milliseconds(5))
    }
    #expect(closing(peer) == .violation(.acknowledgedUnsent), "\(peer.heard.count) \(peer.counts)")
    #expect(peer.heard.count < 800)
  }

  private func firstSkip(_ seed: UInt64) -> UInt64 {
    var chance = SeededRandom(seed: seed)
    return UInt64.random(in: TransferLimits.skipDistance, using: &chance)
  }

  @Test("control beyond its window, content beyond its end, and what is no frame")
  func violations() {
    let control = HandmadePeer(.presenter)
    control.say(
      payload {
        $0.controlHeader(offset: 256 << 10, count: 1)
        $0.zeros(1)
      })
    #expect(closing(control) == .violation(.controlCreditExceeded))
    let content = HandmadePeer(.recipient)
    content.say(
      payload {
        $0.contentHeader(offset: 1 << 16, count: 1, hasLength: false)
        $0.zeros(1)
      })
    #expect(closing(content) == .violation(.contentOutOfBounds))
    let huge = HandmadePeer(.recipient)
    huge.say([FrameType.longContentToEnd] + [UInt8](repeating: 0xFF, count: 20))
    #expect(closing(huge) == .violation(.malformedFrame))
    #expect(content.written == 0 && huge.written == 0)
    let backwards = HandmadePeer(.presenter)
    backwards.say(
      payload {
        $0.contentHeader(offset: 0, count: 1, hasLength: false)
        $0.zeros(1)
      })
    #expect(closing(backwards) == .violation(.contentOutOfBounds))
  }

  @Test("packets that nobody can open end the connection before they can be tried long enough")
  func forgeries() {
    let peer = HandmadePeer(.recipient) { $0.forgeriesMax = 5 }
    for number in 0..<4 as Range<UInt8> {
      peer.deliver([0x60, 0, 0, 0, 1, 0, 0, number] + [UInt8](repeating: number, count: 40))
      // What is another's or too short was not tried.
      peer.deliver([0x60, 0, 0, 0, 9, 0, 0, number] + [UInt8](repeating: number, count: 40))
      peer.deliver([0x60, 0, 0, 0, 1])
    }
    peer.say([FrameType.ping])
    #expect(closing(peer) == nil)
    // The key of the next phase was tried as well.
    peer.deliver([0x61, 0, 0, 0, 1, 0, 0, 9] + [UInt8](repeating: 1, count: 40))
    peer.pump()
    #expect(closing(peer) == .violation(.keyWornOut))
  }

  @Test("a peer that acknowledges nothing, so that no next key may be used, does not wear one out")
  func wornOutKey() {
    let peer = HandmadePeer(.recipient) {
      $0.packetsPerKeyMax = 10
      $0.packetsPerKeyEnd = 100
    }
    for _ in 0..<300 where closing(peer) == nil { peer.say([FrameType.ping]) }
    #expect(closing(peer) == .violation(.keyWornOut))
    #expect(peer.connection.keyPhase == 0)
    #expect(peer.counts.packetsSent == 100)
  }

  @Test("more holes than honest loss leaves")
  func holes() {
    let peer = HandmadePeer(.recipient, contentBytes: 1 << 16)
    var offset: UInt64 = 0
    while offset < 1 << 16 {
      peer.say(
        payload { writer in
          while writer.remaining > 10, offset < 1 << 16 {
            writer.contentHeader(offset: offset, count: 1, hasLength: true)
            writer.zeros(1)
            offset += 2
          }
        })
    }
    // As many as the content has room for are still kept.
    #expect(peer.written == 1 << 15)
    #expect(closing(peer) == nil)
  }

  @Test("addresses without end, and addresses of nobody")
  func candidates() {
    let peer = HandmadePeer(.presenter)
    for port in 1...200 as ClosedRange<UInt16> {
      peer.say(
        payload {
          $0.candidates([
            Candidate(.host, high: 0, low: 0xFFFF_0A00_0001, port: port),
            Candidate(.host, high: 0xFF02 << 48, low: 1, port: port),
          ])
        })
    }
    peer.wait(.seconds(20))
    // Few and small: nobody is flooded by what a peer says.
    #expect(peer.counts.bytesSent < 100_000)
    #expect(closing(peer) == nil)
  }

  @Test("packets from everywhere do not make the connection leave its path")
  func everywhere() {
    let peer = HandmadePeer(.presenter)
    peer.connection.sendContent(0..<20_000)
    peer.pump()
    for port in 1...100 as ClosedRange<UInt16> {
      peer.say([FrameType.ping], from: PathAddress(ipv4: 0x0A00_0002, port: port))
    }
    #expect(peer.connection.activePath == HandmadePeer.address)
    #expect(closing(peer) == nil)
  }

  @Test("challenges are answered one by one, never more than asked")
  func challenges() {
    let peer = HandmadePeer(.presenter)
    let before = peer.heard.count
    for token in 0..<100 as Range<UInt64> { peer.say(payload { $0.pathChallenge(token) }) }
    let answers = peer.heard.dropFirst(before).filter { $0.payload.first == FrameType.pathResponse }
    #expect(answers.count == 100)
  }

  @Test(
    "frames of chance: it ends, or it goes on, but nothing else", arguments: 0..<40 as Range<UInt64>
  )
  func chance(_ seed: UInt64) {
    var chance = SeededRandom(seed: seed)
    let peer = HandmadePeer(seed % 2 == 0 ? .presenter : .recipient)
    if seed % 2 == 0 { peer.connection.sendContent(0..<40_000) }
    for _ in 0..<60 where closing(peer) == nil {
      peer.say(frameOfChance(&chance, largest: peer.heard.last?.number ?? 0))
      peer.wait(.milliseconds(Int64.random(in: 0...200, using: &chance)))
    }
    peer.wait(.seconds(60))
    #expect(peer.connection.nextDeadline == nil || closing(peer) == nil)
    #expect(closing(peer) != nil, "nobody was heard for 60 s")
  }

  private func frameOfChance(_ chance: inout SeededRandom, largest: UInt64) -> [UInt8] {
    var chosen = chance
    defer { chance = chosen }
    return payload { writer in
      for _ in 0..<Int.random(in: 1...5, using: &chosen) {
        let number = UInt64.random(in: 0..<(1 << 16), using: &chosen)
        switch Int.random(in: 0..<12, using: &chosen) {
        case 0: writer.ping()
        case 1: writer.contentCredit(chosen.next() >> 2)
        case 2: writer.controlCredit(chosen.next() >> 2)
        case 3: writer.pathChallenge(chosen.next())
        case 4: writer.pathResponse(chosen.next())
        case 5, 6:
          writer.controlHeader(offset: number, count: 30)
          writer.zeros(30)
        case 7, 8:
          writer.contentHeader(offset: number, count: 40, hasLength: true)
          writer.zeros(40)
        case 9:
          let last = UInt64.random(in: 0...largest, using: &chosen)
          writer.bytes(
            acknowledgement(UInt64.random(in: 0...last, using: &chosen), last))
        case 10: writer.candidates([Candidate(.host, high: number, low: number, port: 1)])
        default: writer.byte(UInt8.random(in: 0...15, using: &chosen))
        }
      }
    }
  }
}

extension PacketWriter {
  fileprivate mutating func bytes(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { self.bytes($0) }
  }
}
