import ConfabDomain
import ConfabHub
import ConfabMedia
import ConfabNetwork
import ConfabServer
import Foundation
import Histogram
import NIOCore
import Primitives
import Synchronization

struct MeetingLoadPlan: Sendable {
  var publishers = 1
  var viewers = 50
  var seconds = 10.0
  /// Of each publisher.
  var kilobitsPerSecond = 1_500
  var framesPerSecond = 30
}

/// A meeting on a port of this process, as the server serves it but without its signalling, and programs
/// that publish and watch over loopback.
final class MeetingLoad {
  private static let meeting = MeetingID(rawValue: 1)
  private static let settleSeconds: Int64 = 1
  /// RFC 4585: feedback without a timer; browsers tell what their line bears once a second.
  private static let feedbackInterval = Duration.seconds(1)
  private static let lineBitsPerSecond: UInt64 = 1_000_000_000

  private let plan: MeetingLoadPlan
  private let port: UDPPort
  private let gateway: MediaGateway
  private let reports = Reports()
  private let context: DTLSContext
  private let group: MediaPeerGroup
  private var videos: [(peer: Int, video: CannedVideo)] = []
  private var watching: [Int] = []
  private var latency = Histogram<UInt32>(numberOfSignificantValueDigits: .three)
  private var arrived = 0
  private var isMeasuring = false

  private final class Reports: Sendable {
    let list = Mutex<[MediaReport]>([])
  }

  init(_ plan: MeetingLoadPlan) throws {
    self.plan = plan
    port = try UDPPort(
      address: SocketAddress(ipAddress: "127.0.0.1", port: 0), port: 0, relay: nil, count: { _ in })
    let now = WallTime(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
    context = try DTLSContext(now: now)
    group = try MediaPeerGroup()
    let reports = self.reports
    gateway = MediaGateway(
      port: port,
      setup: MediaSetup(
        dtls: try DTLSContext(now: now),
        candidates: ["candidate:1 1 udp 2130706431 127.0.0.1 \(port.port) typ host"],
        report: { report in reports.list.withLock { $0.append(report) } }, count: { _ in },
        log: { _, _, _ in }))
  }

  func run() async throws -> MeetingLoadReport {
    gateway.perform(.openMeeting(Self.meeting))
    let before = ProcessUsage(pid: getpid())
    let joins = try join()
    settle()
    let idle = ProcessUsage(pid: getpid())
    isMeasuring = true
    let (threadBefore, startedAt) = (portThreadSeconds(), MonotonicClock.now)
    let sent = load(until: startedAt + .milliseconds(Int64(plan.seconds * 1_000)))
    let threadSeconds = portThreadSeconds() - threadBefore
    let seconds = Double(MonotonicClock.now.since(startedAt).nanoseconds) / 1e9
    // What is on its way arrives.
    serve(until: MonotonicClock.now + .milliseconds(300))
    await port.close()
    let expected = sent * plan.viewers
    let memory = (idle?.memoryKiB ?? 0) - (before?.memoryKiB ?? 0)
    return MeetingLoadReport(
      publishers: plan.publishers, viewers: plan.viewers, seconds: seconds, sent: sent,
      expected: expected, arrived: arrived,
      lossPercent: 100 * Double(max(expected - arrived, 0)) / Double(max(expected, 1)),
      forwardedPerSecond: Double(arrived) / seconds,
      latencyMedianMilliseconds: arrived > 0 ? latency.milliseconds(atPercentile: 50) : nil,
      latencyP99Milliseconds: arrived > 0 ? latency.milliseconds(atPercentile: 99) : nil,
      microsecondsPerForwardedPacket: threadSeconds * 1e6 / Double(max(arrived, 1)),
      forwardedPerSecondOfThread: Double(arrived) / max(threadSeconds, 0.001),
      joinMedianMilliseconds: joins, memoryKiBPerViewer: memory / Double(plan.viewers))
  }

  // MARK: - Joining

  /// - Returns: the median of how long it took, in milliseconds.
  private func join() throws -> Double {
    var times: [Double] = []
    for number in 1...UInt32(plan.publishers + plan.viewers) {
      let startedAt = MonotonicClock.now
      let party = MediaParty(meeting: Self.meeting, participant: ParticipantID(number))
      gateway.perform(.join(party))
      let offer = try report { report -> String? in
        if case .offer(party, _, let sdp) = report { sdp } else { nil }
      }
      let isPublisher = number <= plan.publishers
      let peer = try isPublisher ? publish(party, number) : watch(party, number, offer)
      while !group.peers[peer].isConnected {
        serve(until: MonotonicClock.now + .milliseconds(1))
        guard MonotonicClock.now.since(startedAt) < .seconds(10) else { throw MeetingLoadTrouble() }
      }
      times.append(Double(MonotonicClock.now.since(startedAt).nanoseconds) / 1e6)
    }
    return times.sorted()[times.count / 2]
  }

  private func publish(_ party: MediaParty, _ number: UInt32) throws -> Int {
    var random = SystemRandomNumberGenerator()
    let local = ICECredentials(using: &random)
    let stream = PeerStream(mid: "0", kind: .video, ssrc: 0x1000_0000 | number)
    let ticket = Ticket(UInt64(number))
    gateway.perform(
      .publish(
        party, ticket,
        sdp: PeerSession.offer([stream], local: local, fingerprint: context.fingerprint),
        [ConfabHub.PublishedTrack(mid: stream.mid, source: .camera)]))
    let answer = try report { report -> String? in
      if case .published(ticket, let sdp) = report { sdp } else { nil }
    }
    gateway.perform(.forward(party, .camera, true))
    let peer = try add(answer, local)
    videos.append(
      (
        peer,
        CannedVideo(
          stream: stream, kilobitsPerSecond: plan.kilobitsPerSecond,
          framesPerSecond: plan.framesPerSecond)
      ))
    return peer
  }

  private func watch(_ party: MediaParty, _ number: UInt32, _ offer: String) throws -> Int {
    var random = SystemRandomNumberGenerator()
    let local = ICECredentials(using: &random)
    let ticket = Ticket(UInt64(number))
    gateway.perform(
      .answer(
        party, ticket, number: 1,
        sdp: PeerSession.answer(to: offer, local: local, fingerprint: context.fingerprint)))
    try report { report -> Void? in
      if case .answered(ticket) = report { () } else { nil }
    }
    gateway.perform(
      .wish(
        party,
        (1...UInt32(plan.publishers)).map {
          MediaWish(participant: ParticipantID($0), source: .camera, width: 640, height: 360)
        }, videoKbpsMax: 0))
    let peer = try add(offer, local)
    watching.append(peer)
    return peer
  }

  private func add(_ sdp: String, _ local: ICECredentials) throws -> Int {
    guard let server = PeerDescription(sdp: sdp) else { throw MeetingLoadTrouble() }
    return try group.add(
      MediaPeer(server, local: local, dtls: context, at: MonotonicClock.now))
  }

  private func report<Found>(_ body: (MediaReport) -> Found?) throws -> Found {
    let end = MonotonicClock.now + .seconds(10)
    while MonotonicClock.now < end {
      let found = reports.list.withLock { list -> Found? in
        for (index, report) in list.enumerated() {
          guard let found = body(report) else { continue }
          list.remove(at: index)
          return found
        }
        return nil
      }
      if let found { return found }
      serve(until: MonotonicClock.now + .milliseconds(1))
    }
    throw MeetingLoadTrouble()
  }

  // MARK: - Sending and receiving

  /// Until everybody has the first picture.
  private func settle() {
    _ = load(until: MonotonicClock.now + .seconds(Self.settleSeconds))
    serve(until: MonotonicClock.now + .milliseconds(200))
  }

  /// - Returns: how many packets were sent.
  private func load(until end: MonotonicTime) -> Int {
    var sent = 0
    let interval = Duration.nanoseconds(1_000_000_000 / Int64(plan.framesPerSecond))
    var due = videos.indices.map { index in
      MonotonicClock.now + interval * index / videos.count
    }
    var nextFeedback = MonotonicClock.now
    while MonotonicClock.now < end {
      let now = MonotonicClock.now
      for index in videos.indices where due[index] <= now {
        let peer = group.peers[videos[index].peer]
        videos[index].video.nextFrame(at: MonotonicClock.now.nanoseconds) { packet in
          peer.send(rtp: packet)
          sent += 1
        }
        peer.flush()
        due[index] = due[index] + interval
      }
      if now >= nextFeedback {
        nextFeedback = now + Self.feedbackInterval
        for peer in watching { tellLine(of: group.peers[peer]) }
      }
      serve(until: min(end, due.min() ?? end))
    }
    return sent
  }

  private func serve(until deadline: MonotonicTime) {
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
      if let index = videos.firstIndex(where: { $0.peer == number }), packet[1] == 206 {
        videos[index].video.needsKeyframe = true
      }
      return
    }
    guard isMeasuring, let header = RTPHeader(packet), header.payloadType == 96 else { return }
    let offset = header.payloadStart + CannedVideo.timeOffset - 12
    guard packet.count >= offset + 8 else { return }
    let sentAt = packet.quad(at: offset)
    guard sentAt <= now.nanoseconds else { return }
    arrived += 1
    latency.record((now.nanoseconds - sentAt) / ChatLoadTally.nanosecondsPerUnit)
  }

  /// REMB (draft-alvestrand-rmcat-remb): a line that bears everything.
  private func tellLine(of peer: MediaPeer) {
    var packet: [UInt8] = [0x8F, 206, 0, 5] + [0, 0, 0, 1, 0, 0, 0, 0]
    packet += Array("REMB".utf8)
    // One SSRC; exponent 12, then 18 bits of mantissa.
    let mantissa = UInt32(Self.lineBitsPerSecond >> 12)
    packet += [
      1, 12 << 2 | UInt8(mantissa >> 16), UInt8(truncatingIfNeeded: mantissa >> 8),
      UInt8(truncatingIfNeeded: mantissa), 0, 0, 0, 0,
    ]
    packet[3] = UInt8(packet.count / 4 - 1)
    packet.withUnsafeBytes { peer.send(rtcp: $0) }
    peer.flush()
  }

  /// CPU time of the thread that serves the port.
  private func portThreadSeconds() -> Double {
    let folder = "/proc/self/task"
    for thread in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      let path = "\(folder)/\(thread)/"
      guard (try? String(contentsOfFile: path + "comm", encoding: .utf8)) == "port\n",
        let stat = try? String(contentsOfFile: path + "stat", encoding: .utf8),
        let afterName = stat.lastIndex(of: ")")
      else { continue }
      let fields = stat[afterName...].split(separator: " ")
      guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
        continue
      }
      return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
    return 0
  }
}

/// The meeting did not come about.
struct MeetingLoadTrouble: Error, CustomStringConvertible {
  var description: String { "the meeting of the bench did not come about" }
}
