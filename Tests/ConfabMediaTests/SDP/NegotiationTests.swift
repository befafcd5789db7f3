import ConfabMedia
import Foundation
import GoldenFiles
import Primitives
import Testing

let localTransport = LocalTransport(
  iceUsernameFragment: "srvA", icePassword: "passwordOfTheServer00000",
  fingerprint: Array(0..<32),
  candidates: ["candidate:1 1 udp 2130706431 192.0.2.1 4747 typ host"])

/// An offer or answer that a browser made.
func description(_ name: String) throws -> String {
  try GoldenFile("Tests/ConfabMediaTests/Descriptions/\(name).sdp").read()
    .split(separator: "\n").joined(separator: "\r\n") + "\r\n"
}

func lines(_ text: String, beginning prefix: String) -> [String] {
  text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix(prefix) }.map(String.init)
}

/// A room with one participant, and its answer to an offer.
func publish(_ offer: String, limits: MediaRoomLimits = MediaRoomLimits()) throws -> PublishAnswer {
  var room = MediaRoom(limits: limits, seed: 1)
  var slab = PacketSlab(slotsMax: 512)
  let participant = try room.join(at: 0)
  return try room.publish(participant, offer: offer, local: localTransport, slab: &slab, at: 0)
}

@Suite("Publishing's negotiation")
struct PublishNegotiationTests {
  static let offers = [
    "chromium-156-simulcast", "chromium-156-single", "firefox-shape", "safari-shape",
  ]

  @Test("each browser's offer gets its golden answer", arguments: offers)
  func golden(_ name: String) throws {
    let answer = try publish(description(name))
    try GoldenFile("Tests/ConfabMediaTests/Descriptions/\(name).answer").expect(
      answer.sdp.replacing("\r\n", with: "\n"))
  }

  @Test("an answer has the offer's sections, mids and numbers", arguments: offers)
  func shape(_ name: String) throws {
    let offer = try description(name)
    let answer = try publish(offer).sdp
    #expect(lines(answer, beginning: "m=").count == lines(offer, beginning: "m=").count)
    #expect(lines(answer, beginning: "a=mid:") == lines(offer, beginning: "a=mid:"))
    #expect(lines(answer, beginning: "a=group:BUNDLE") == lines(offer, beginning: "a=group:BUNDLE"))
    #expect(Set(lines(answer, beginning: "a=setup:")) == ["a=setup:passive"])
    #expect(lines(answer, beginning: "a=ice-lite").count == 1)
    // Never a payload type, extension or feedback that was not offered.
    let offered = try SDPParser.parse(offer)
    let answered = try SDPParser.parse(answer)
    for (mine, theirs) in zip(answered.sections, offered.sections) {
      #expect(mine.formats.allSatisfy { theirs.formats.contains($0) })
      #expect(mine.extensions.allSatisfy { theirs.extensions.contains($0) })
      for codec in mine.codecs {
        let original = theirs.codecs.first { $0.payloadType == codec.payloadType }
        #expect(codec.feedback.allSatisfy { original?.feedback.contains($0) == true })
      }
    }
  }

  @Test("layers are taken in the offer's order, with their repair")
  func simulcast() throws {
    for name in Self.offers where name != "chromium-156-single" {
      let answer = try publish(description(name)).sdp
      #expect(
        lines(answer, beginning: "a=rid:") == ["a=rid:l recv", "a=rid:m recv", "a=rid:h recv"])
      #expect(lines(answer, beginning: "a=simulcast:") == ["a=simulcast:recv l;m;h"])
      #expect(answer.contains("VP8/90000"))
      #expect(!answer.contains("H264"))
      #expect(lines(answer, beginning: "a=fmtp:").contains { $0.contains("apt=") })
    }
  }

  @Test("sound is asked to repair itself and to be still in silence")
  func opus() throws {
    let answer = try publish(description("firefox-shape")).sdp
    #expect(answer.contains("a=fmtp:109 minptime=10;useinbandfec=1;usedtx=1\r\n"))
  }

  @Test("what we do not take keeps its place with port 0")
  func rejected() throws {
    let offer = try description("chromium-156-simulcast")
    let data =
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
      + "a=mid:2\r\na=sctp-port:5000\r\n"
    let answer = try publish(offer.replacing("BUNDLE 0 1", with: "BUNDLE 0 1 2") + data).sdp
    #expect(answer.contains("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"))
    #expect(answer.contains("a=group:BUNDLE 0 1\r\n"))
  }

  @Test("H.264 is taken when there is no VP8, in the form that all decode")
  func h264() throws {
    let offer = try description("safari-shape").replacing("VP8", with: "XP8")
    let answer = try publish(offer).sdp
    #expect(lines(answer, beginning: "m=video") == ["m=video 9 UDP/TLS/RTP/SAVPF 98 99"])
  }

  @Test("what the browser's transport says is handed on")
  func remote() throws {
    let remote = try publish(description("firefox-shape")).remote
    #expect(remote.iceUsernameFragment == "1a2b3c4d")
    #expect(remote.icePassword == "0123456789abcdef0123456789abcdef")
    #expect(remote.fingerprint.hex.hasPrefix("112233"))
  }

  @Test("a track of the next offer is the same, a new one is new, a missing one is removed")
  func again() throws {
    var room = MediaRoom(seed: 1)
    var slab = PacketSlab(slotsMax: 512)
    let participant = try room.join(at: 0)
    let offer = try description("chromium-156-simulcast")
    let first = try room.publish(
      participant, offer: offer, local: localTransport, slab: &slab, at: 0)
    #expect(first.tracks.map(\.mid) == ["0", "1"])
    #expect(first.tracks.map(\.kind) == [.audio, .video])
    let again = try room.publish(
      participant, offer: offer, local: localTransport, slab: &slab, at: 0)
    #expect(again.tracks == first.tracks)
    let stopped = offer.replacing("a=mid:1\r\n", with: "a=mid:1\r\na=inactive\r\n")
      .replacing("a=sendonly\r\na=msid:- 8c", with: "a=msid:- 8c")
    let less = try room.publish(
      participant, offer: stopped, local: localTransport, slab: &slab, at: 0)
    #expect(less.tracks == [first.tracks[0]])
    #expect(less.sdp.contains("a=inactive"))
    var events: [RoomEvent] = []
    while let event = room.nextEvent() { events.append(event) }
    #expect(events.contains(.trackRemoved(first.tracks[1].id)))
  }

  @Test("sections beyond the limit are refused, not forgotten")
  func limit() throws {
    var limits = MediaRoomLimits()
    limits.tracksPerParticipantMax = 1
    let answer = try publish(description("chromium-156-simulcast"), limits: limits)
    #expect(answer.tracks.count == 1)
    #expect(lines(answer.sdp, beginning: "m=video 0 ").count == 1)
  }

  @Test(
    "a hostile or broken offer gets an error that says what is wrong",
    arguments: [
      ("v=0", ""), ("a=setup:actpass", "a=setup:passive"), ("a=setup:actpass", "a=setup:both"),
      ("a=fingerprint:sha-256 ", "a=fingerprint:sha-1 "), ("sha-256 CE:", "sha-256 C:"),
      ("a=ice-pwd:", "a=x:"), ("a=ice-ufrag:gEvn", "a=ice-ufrag:abc"), ("m=audio", "m=au dio"),
      ("a=rtpmap:111 opus/48000/2", "a=rtpmap:1111 opus/48000/2"), ("a=mid:1", "a=mid:0"),
      ("a=mid:0", "a=mid:"), ("a=rtcp-mux", "a=x"), ("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
      ("a=extmap:1 ", "a=extmap:x "), ("s=-", "nonsense"),
    ])
  func refused(_ change: (String, String)) throws {
    let offer = try description("chromium-156-simulcast").replacing(change.0, with: change.1)
    #expect(throws: NegotiationError.self) { _ = try publish(offer) }
  }

  @Test("a huge offer is refused before it is read")
  func huge() {
    let offer = "v=0\r\n" + String(repeating: "a=x\r\n", count: 100_000)
    #expect(throws: NegotiationError.tooLarge) { _ = try SDPParser.parse(offer) }
    let sections = "v=0\r\n" + String(repeating: "m=audio 9 X 0\r\n", count: 65)
    #expect(throws: NegotiationError.tooLarge) { _ = try SDPParser.parse(sections) }
  }
}

@Suite("Subscribing's negotiation")
struct SubscribeNegotiationTests {
  /// A small pool, so that the golden offer stays readable.
  func roomWithViewer() throws -> (MediaRoomBox, ParticipantIndex) {
    var limits = MediaRoomLimits()
    limits.audioSlots = 1
    limits.videoSlots = 2
    var room = MediaRoom(limits: limits, seed: 3)
    let viewer = try room.join(at: 0)
    return (MediaRoomBox(room), viewer)
  }

  @Test("the offer is the golden one, and has a fixed pool of sections")
  func golden() throws {
    let (box, viewer) = try roomWithViewer()
    let offer = box.room.subscribeOffer(viewer, local: localTransport)
    try GoldenFile("Tests/ConfabMediaTests/Descriptions/subscribe.offer").expect(
      offer.replacing("\r\n", with: "\n"))
    // An ICE restart changes the version and nothing else.
    let again = box.room.subscribeOffer(viewer, local: localTransport)
    #expect(again != offer)
    #expect(lines(again, beginning: "a=") == lines(offer, beginning: "a="))
  }

  @Test("Chromium's answer to it is taken")
  func chromium() throws {
    let (box, viewer) = try roomWithViewer()
    let remote = try box.room.subscribeAnswer(
      viewer, answer: description("chromium-156-subscribe"), at: 0)
    #expect(remote.fingerprint.count == 32)
  }

  @Test("an answer to something else is refused")
  func mismatched() throws {
    let (box, viewer) = try roomWithViewer()
    let answer = try description("chromium-156-subscribe")
    for (old, new) in [
      ("a=mid:v1", "a=mid:v0"), ("m=audio 9", "m=video 9"), ("a=setup:active", "a=setup:passive"),
      ("m=video 9", "a=video 9"),
    ] {
      #expect(throws: NegotiationError.self) {
        _ = try box.room.subscribeAnswer(viewer, answer: answer.replacing(old, with: new), at: 0)
      }
    }
  }
}

/// A room that several owners hold.
final class MediaRoomBox {
  var room: MediaRoom

  init(_ room: consuming MediaRoom) { self.room = room }
}
