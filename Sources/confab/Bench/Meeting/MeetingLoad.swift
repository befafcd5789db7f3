import ConfabMedia
import ConfabNetwork
import Foundation
import Histogram
import Primitives

/// Programs in the place of browsers that publish and watch in a server's meeting: ICE, DTLS and SRTP are
/// real, pictures and sound are canned. All on one thread.
final class MeetingLoad {
  private static let settleSeconds = 1.0
  /// RFC 4585: feedback without a timer; browsers tell what their line bears once a second.
  private static let feedbackInterval = Duration.seconds(1)
  private static let lineBitsPerSecond: UInt64 = 1_000_000_000
  private static let joinPatience = Duration.seconds(10)
  private static let keepAliveInterval = Duration.seconds(20)
  /// While it is measured: opening each packet would make the load the slower side.
  private static let openedOneOf: UInt16 = 16

  private struct Publisher {
    var peer: Int
    var video: CannedVideo
    var sound: CannedSound?
    var videoDue: MonotonicTime
    var soundDue: MonotonicTime
    var videoPackets = 0
    var soundPackets = 0
  }

  private struct Viewer {
    var seen: [Int]
    /// By payload type; what is sent again, and padding, do not count.
    var kinds: [UInt8: MediaKind]
    var joinedAt: MonotonicTime
    /// The first picture is whole.
    var pictureAfter: Duration?
    var isPictureBegun = false
  }

  private let plan: MeetingLoadPlan
  private let server: any MeetingServer
  private let context: DTLSContext
  private let group: MediaPeerGroup
  private var publishers: [Publisher] = []
  /// By peer.
  private var viewers: [Int: Viewer] = [:]
  private var latency = Histogram<UInt32>(numberOfSignificantValueDigits: .three)
  private var arrived = 0
  private var isMeasuring = false
  private var nextFeedback = MonotonicClock.now
  private var nextKeepAlive = MonotonicClock.now + MeetingLoad.keepAliveInterval

  init(_ plan: MeetingLoadPlan, _ server: any MeetingServer) throws {
    self.plan = plan
    self.server = server
    context = try DTLSContext(
      now: WallTime(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000)))
    group = try MediaPeerGroup()
  }

  func run() async throws -> MeetingLoadReport {
    for place in 0..<plan.publishers { try await publish(place) }
    try await pump(seconds: Self.settleSeconds)
    let usageBefore = usage
    for place in 0..<plan.viewers { try await watch(place) }
    try await pump(seconds: Self.settleSeconds)
    // What is under way when the count begins would be counted twice.
    drain(seconds: 0.2)
    let usageJoined = usage
    begin()
    let startedAt = MonotonicClock.now
    try await pump(seconds: plan.seconds)
    let seconds = Double(MonotonicClock.now.since(startedAt).nanoseconds) / 1e9
    let usageAfter = usage
    let expected = self.expected
    // What is on its way arrives.
    drain(seconds: 0.5)
    let processor = (usageAfter?.cpuSeconds ?? 0) - (usageJoined?.cpuSeconds ?? 0)
    let memory = (usageJoined?.memoryKiB ?? 0) - (usageBefore?.memoryKiB ?? 0)
    let joins = viewers.values.compactMap(\.pictureAfter).map { Double($0.nanoseconds) / 1e6 }
      .sorted()
    return MeetingLoadReport(
      publishers: plan.publishers, viewers: plan.viewers, seconds: seconds,
      sent: publishers.reduce(0) { $0 + $1.videoPackets + $1.soundPackets }, expected: expected,
      arrived: arrived,
      lossPercent: 100 * Double(max(expected - arrived, 0)) / Double(max(expected, 1)),
      forwardedPerSecond: Double(arrived) / seconds,
      latencyMedianMilliseconds: latency.totalCount > 0
        ? latency.milliseconds(atPercentile: 50) : nil,
      latencyP99Milliseconds: latency.totalCount > 0
        ? latency.milliseconds(atPercentile: 99) : nil,
      serverCPUPercent: usageAfter.map { _ in 100 * processor / seconds },
      serverMicrosecondsPerPacket: usageAfter.map { _ in
        processor * 1e6 / Double(max(arrived, 1))
      },
      serverKiBPerViewer: usageAfter.map { _ in memory / Double(plan.viewers) },
      joinMedianMilliseconds: joins.isEmpty ? nil : joins[joins.count / 2],
      joinWorstMilliseconds: joins.last)
  }

  private var usage: ProcessUsage? { server.pid.flatMap { ProcessUsage(pid: $0) } }

  private func begin() {
    latency.reset()
    let now = MonotonicClock.now
    arrived = 0
    for place in publishers.indices {
      (publishers[place].videoPackets, publishers[place].soundPackets) = (0, 0)
      // What was not sent meanwhile is not to be made up for.
      publishers[place].videoDue = max(publishers[place].videoDue, now)
      publishers[place].soundDue = max(publishers[place].soundDue, now)
    }
    for peer in viewers.keys { group.peers[peer].opensMultiplesOf = Self.openedOneOf }
    isMeasuring = true
  }

  /// How many packets were to reach viewers.
  private var expected: Int {
    let sound = plan.heard.reduce(0) { $0 + publishers[$1].soundPackets }
    return viewers.values.reduce(0) { sum, viewer in
      sum + sound + viewer.seen.reduce(0) { $0 + publishers[$1].videoPackets }
    }
  }

  // MARK: - Joining

  private func publish(_ place: Int) async throws {
    let ssrc = 0x1000_0000 | UInt32(place) << 1
    let video = PeerStream(mid: "0", kind: .video, ssrc: ssrc)
    let sound =
      plan.hasSound ? PeerStream(mid: "1", kind: .audio, ssrc: ssrc | 1) : nil
    let streams = [video] + (sound.map { [$0] } ?? [])
    var random = SystemRandomNumberGenerator()
    let local = ICECredentials(using: &random)
    let offer = PeerSession.offer(
      streams, local: local, fingerprint: context.fingerprint, setup: server.setupOffered)
    let peer = try await add(try await server.publish(offer, streams), local)
    try await connect(peer)
    // Not all at the same moment.
    let now = MonotonicClock.now
    let phase = Duration.milliseconds(Int64(place * 7 % 20))
    publishers.append(
      Publisher(
        peer: peer,
        video: CannedVideo(
          stream: video, kilobitsPerSecond: plan.kilobitsPerSecond,
          framesPerSecond: plan.framesPerSecond),
        sound: sound.map { CannedSound(stream: $0, isLoud: plan.heard.contains(place)) },
        videoDue: now + phase, soundDue: now + phase))
  }

  private func watch(_ place: Int) async throws {
    let joinedAt = MonotonicClock.now
    let seen = plan.seen(by: place)
    var random = SystemRandomNumberGenerator()
    let local = ICECredentials(using: &random)
    var offered = ""
    try await server.watch(seen: seen, heard: plan.heard) { offer in
      offered = offer
      return PeerSession.answer(to: offer, local: local, fingerprint: context.fingerprint)
    }
    let peer = try await add(offered, local)
    viewers[peer] = Viewer(seen: seen, kinds: Self.kinds(in: offered), joinedAt: joinedAt)
    try await connect(peer)
    tellLine(of: group.peers[peer])
    let end = MonotonicClock.now + Self.joinPatience
    while viewers[peer]?.pictureAfter == nil {
      try await pump(seconds: 0.001)
      guard MonotonicClock.now < end else { throw MeetingLoadTrouble("a viewer sees no picture") }
    }
  }

  private static func kinds(in offer: String) -> [UInt8: MediaKind] {
    var kinds: [UInt8: MediaKind] = [:]
    for line in offer.split(whereSeparator: \.isNewline) where line.hasPrefix("a=rtpmap:") {
      let words = line.dropFirst(9).split(separator: " ")
      guard words.count == 2, let type = UInt8(words[0]) else { continue }
      let codec = words[1].lowercased()
      if codec.hasPrefix("vp8/") { kinds[type] = .video }
      if codec.hasPrefix("opus/") { kinds[type] = .audio }
    }
    return kinds
  }

  private func add(_ sdp: String, _ local: ICECredentials) async throws -> Int {
    guard let there = PeerDescription(sdp: sdp) else {
      throw MeetingLoadTrouble("the server's description lacks an address over UDP:\n\(sdp)")
    }
    let number = try group.add(
      MediaPeer(there, local: local, dtls: context, at: MonotonicClock.now))
    try await server.announce(port: group.peers[number].port)
    return number
  }

  private func connect(_ peer: Int) async throws {
    let end = MonotonicClock.now + Self.joinPatience
    while !group.peers[peer].isConnected {
      try await pump(seconds: 0.001)
      guard MonotonicClock.now < end else {
        throw MeetingLoadTrouble("a participant's media do not connect")
      }
    }
  }

  // MARK: - Sending and receiving

  private func pump(seconds: Double) async throws {
    let end = MonotonicClock.now + .nanoseconds(Int64(seconds * 1e9))
    repeat {
      let now = MonotonicClock.now
      sendWhatIsDue(now)
      if now >= nextFeedback {
        nextFeedback = now + Self.feedbackInterval
        for peer in viewers.keys { tellLine(of: group.peers[peer]) }
      }
      if now >= nextKeepAlive {
        nextKeepAlive = now + Self.keepAliveInterval
        try await server.keepAlive()
      }
      let due = publishers.map { min($0.videoDue, $0.soundDue) }.min() ?? end
      receive(until: min(end, due))
    } while MonotonicClock.now < end
  }

  private func sendWhatIsDue(_ now: MonotonicTime) {
    for place in publishers.indices {
      let peer = group.peers[publishers[place].peer]
      if publishers[place].videoDue <= now {
        var packets = 0
        publishers[place].video.nextFrame(at: MonotonicClock.now.nanoseconds) {
          peer.send(rtp: $0)
          packets += 1
        }
        publishers[place].videoPackets += packets
        publishers[place].videoDue =
          publishers[place].videoDue
          + .nanoseconds(1_000_000_000 / Int64(plan.framesPerSecond))
      }
      if publishers[place].soundDue <= now {
        publishers[place].sound?.next(at: MonotonicClock.now.nanoseconds) { peer.send(rtp: $0) }
        if publishers[place].sound != nil { publishers[place].soundPackets += 1 }
        publishers[place].soundDue = publishers[place].soundDue + CannedSound.interval
      }
      peer.flush()
    }
  }

  private func drain(seconds: Double) {
    receive(until: MonotonicClock.now + .nanoseconds(Int64(seconds * 1e9)))
  }

  private func receive(until deadline: MonotonicTime) {
    repeat {
      group.wait(until: deadline) { number in
        let now = MonotonicClock.now
        group.peers[number].receive(at: now) { kind, packet in
          self.take(kind, packet, of: number, at: now)
        }
      }
      group.serveTimers(at: MonotonicClock.now)
    } while MonotonicClock.now < deadline
  }

  private func take(
    _ kind: MediaPacketKind, _ packet: UnsafeRawBufferPointer, of number: Int,
    at now: MonotonicTime
  ) {
    guard kind == .rtp else {
      // The server asks publishers for little but whole pictures.
      if let place = publishers.firstIndex(where: { $0.peer == number }), packet[1] == 206 {
        publishers[place].video.needsKeyframe = true
      }
      return
    }
    guard let header = RTPHeader(packet), let kind = viewers[number]?.kinds[header.payloadType]
    else { return }
    guard isMeasuring else { return look(at: packet, header, kind, of: number, now) }
    arrived += 1
    guard header.sequence % Self.openedOneOf == 0 else { return }
    let place =
      header.payloadStart
      + (kind == .video ? CannedVideo.payloadTimeOffset : CannedSound.timeOffset)
    guard packet.count >= place + 8 else { return }
    let sentAt = packet.quad(at: place)
    guard sentAt <= now.nanoseconds else { return }
    latency.record((now.nanoseconds - sentAt) / ChatLoadTally.nanosecondsPerUnit)
  }

  /// A picture is there once its last packet has come.
  private func look(
    at packet: UnsafeRawBufferPointer, _ header: RTPHeader, _ kind: MediaKind, of number: Int,
    _ now: MonotonicTime
  ) {
    guard kind == .video, var viewer = viewers[number], viewer.pictureAfter == nil else { return }
    let payload = UnsafeRawBufferPointer(rebasing: packet[header.payloadStart...])
    if VP8Descriptor(payload)?.isKeyframeStart == true { viewer.isPictureBegun = true }
    if viewer.isPictureBegun, header.marker { viewer.pictureAfter = now.since(viewer.joinedAt) }
    viewers[number] = viewer
  }

  /// REMB (draft-alvestrand-rmcat-remb): a line that bears everything.
  private func tellLine(of peer: MediaPeer) {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { memory in
      var writer = RTCPWriter(memory)
      var ssrc: UInt32 = 0
      withUnsafePointer(to: &ssrc) {
        writer.receiverEstimate(
          sender: 1, bitrate: Self.lineBitsPerSecond,
          streams: UnsafeBufferPointer(start: $0, count: 1))
      }
      peer.send(rtcp: UnsafeRawBufferPointer(rebasing: memory[..<writer.position]))
    }
    peer.flush()
  }
}
