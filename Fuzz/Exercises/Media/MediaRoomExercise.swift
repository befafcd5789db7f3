import ConfabMedia

private struct CountingSink: MediaSink {
  var bytes = 0

  mutating func send(_ packet: OutgoingRTP, to viewer: ParticipantIndex) {
    bytes += packet.bytes
  }

  mutating func send(
    rtcp: UnsafeRawBufferPointer, to participant: ParticipantIndex, role: TransportRole
  ) {
    bytes += rtcp.count
  }
}

private let offer = """
  v=0
  a=group:BUNDLE 0 1
  a=ice-ufrag:abcd
  a=ice-pwd:abcdefghijklmnopqrstuv
  a=fingerprint:sha-256 \(Array(repeating: "07", count: 32).joined(separator: ":"))
  m=audio 9 UDP/TLS/RTP/SAVPF 111
  a=mid:0
  a=sendonly
  a=rtcp-mux
  a=rtpmap:111 opus/48000/2
  a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
  a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
  m=video 9 UDP/TLS/RTP/SAVPF 96 97
  a=mid:1
  a=sendonly
  a=rtcp-mux
  a=rtpmap:96 VP8/90000
  a=rtcp-fb:96 nack
  a=rtpmap:97 rtx/90000
  a=fmtp:97 apt=96
  a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
  a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
  a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
  a=rid:l send
  a=rid:h send
  a=simulcast:send l;h
  """

private let local = LocalTransport(
  iceUsernameFragment: "abcd", icePassword: "abcdefghijklmnopqrstuv",
  fingerprint: Array(repeating: 7, count: 32), candidates: [])

/// A room of two whose browsers send what the bytes say. It never stops the program, never owns more of
/// the slab than it may, and gives all of it back.
package func exerciseMediaRoom(_ bytes: [UInt8]) {
  var limits = MediaRoomLimits()
  limits.audioSlots = 1
  limits.videoSlots = 1
  var room = MediaRoom(limits: limits, seed: 1)
  var slab = PacketSlab(slotsMax: 8_192)
  var sink = CountingSink()
  var now: UInt64 = 1_000_000_000
  guard let publisher = try? room.join(at: now), let viewer = try? room.join(at: now),
    let published = try? room.publish(publisher, offer: offer, local: local, slab: &slab, at: now)
  else { preconditionFailure("the offer is good") }
  let subscribe = room.subscribeOffer(viewer, local: local)
  let answer = subscribe.replacing("a=sendonly", with: "a=recvonly")
    .replacing("a=setup:actpass", with: "a=setup:active")
  guard (try? room.subscribeAnswer(viewer, answer: answer, at: now)) != nil else {
    preconditionFailure("the answer is good")
  }
  for participant in [publisher, viewer] {
    for role in TransportRole.allCases { room.transportIsUp(participant, role: role, at: now) }
  }
  room.wish(viewer, videos: [VideoWish(track: published.tracks[1].id, heightPixels: 360)], at: now)
  var rest = bytes[...]
  // A byte that says what, one how long, then the bytes.
  while let what = rest.popFirst(), let count = rest.popFirst() {
    let packet = Array(rest.prefix(Int(count)))
    rest = rest.dropFirst(Int(count))
    now += UInt64(what) * 100_000
    switch what % 4 {
    case 0:
      packet.withUnsafeBytes {
        room.receiveRTCP(
          $0, from: publisher, role: .publishing, slab: slab, sink: &sink, at: now)
      }
    case 1:
      packet.withUnsafeBytes {
        room.receiveRTCP($0, from: viewer, role: .subscribing, slab: slab, sink: &sink, at: now)
      }
    default:
      guard let slot = slab.take() else { preconditionFailure("the slab is used up") }
      slab.bytes(slot).copyBytes(from: packet)
      room.receiveRTP(
        slot, bytes: packet.count, from: publisher, slab: &slab, sink: &sink, at: now)
    }
    if let deadline = room.nextDeadline, deadline <= now {
      room.handleTimeout(slab: &slab, sink: &sink, at: now)
    }
    while room.nextEvent() != nil {}
    precondition(slab.slotsInUse <= 2 * 1_024)
  }
  room.close(slab: &slab, at: now)
  precondition(slab.slotsInUse == 0, "slots are lost")
}
