import ConfabMedia
import ConfabNetwork
import Glibc
import Primitives
import Synchronization

/// Sends a recording over a media connection at the pace of its times, on a thread of its own.
final class RecordingStreamer: Sendable {
  enum Happening: Sendable {
    case connected
    /// Nothing reaches the server any more: another way is wanted.
    case lost
    case ended
    case failed(String)
  }

  /// What it takes to reach the server's media.
  struct Way: Sendable {
    var server: PeerDescription
    /// Which of its addresses, counted round.
    var address: Int
    var local: ICECredentials
    var dtls: DTLSContext
  }

  private struct Mailbox {
    var way: Way?
    var isStopped = false
  }

  /// What is said from outside is heard so soon.
  private static let listening = Duration.milliseconds(20)
  /// An address that does not answer is given up after that.
  private static let patience = Duration.seconds(3)

  let streams: [PeerStream]
  let happenings: AsyncStream<Happening>
  private let path: String
  private let loops: Bool
  private let mailbox = Mutex(Mailbox())
  private let tell: AsyncStream<Happening>.Continuation

  init(_ path: String, loops: Bool) throws {
    self.path = path
    self.loops = loops
    let ssrc = UInt32.random(in: 1...(.max - 1))
    streams = [
      PeerStream(mid: "0", kind: .video, ssrc: ssrc),
      PeerStream(mid: "1", kind: .audio, ssrc: ssrc + 1),
    ]
    (happenings, tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(16))
    try SystemThread.start("recording") { [self] in run() }
  }

  /// Begins the presentation, or goes on with it.
  func use(_ way: Way) { mailbox.withLock { $0.way = way } }

  func stop() { mailbox.withLock { $0.isStopped = true } }

  // MARK: - The thread

  private func run() {
    do {
      let work = try Work(path, loops: loops, streams)
      while true {
        let (way, isStopped) = mailbox.withLock { mailbox in
          defer { mailbox.way = nil }
          return (mailbox.way, mailbox.isStopped)
        }
        if isStopped { break }
        if let way { try work.use(way, patience: Self.patience) }
        if let happening = try work.step(listening: Self.listening) {
          tell.yield(happening)
          if case .ended = happening { break }
        }
      }
      work.end()
    } catch {
      tell.yield(.failed("\(error)"))
    }
    tell.finish()
  }

  /// What the thread works on.
  private final class Work {
    private let loops: Bool
    private let video: PeerStream
    private var file: RecordingFile
    private var presentation: RecordedPresentation
    private var framesOfRound = 0
    private var group: MediaPeerGroup?
    private var hasBegun = false
    private var isUp = false
    private var givenUpAt: MonotonicTime?

    init(_ path: String, loops: Bool, _ streams: [PeerStream]) throws {
      self.loops = loops
      file = try RecordingFile(path)
      video = streams[0]
      var random = SystemRandomNumberGenerator()
      presentation = RecordedPresentation(
        video: (streams[0].ssrc, streams[0].payloadType),
        audio: (streams[1].ssrc, streams[1].payloadType, PeerSession.levelExtension),
        using: &random)
    }

    func use(_ way: Way, patience: Duration) throws {
      end()
      let now = MonotonicClock.now
      let group = try MediaPeerGroup()
      try group.add(
        MediaPeer(way.server, address: way.address, local: way.local, dtls: way.dtls, at: now))
      self.group = group
      isUp = false
      givenUpAt = now + patience
    }

    func end() {
      group?.peers.first?.close()
      group = nil
    }

    /// One turn: sends what is due, then waits for a moment and takes what has come.
    func step(listening: Duration) throws -> Happening? {
      var until = MonotonicClock.now + listening
      if hasBegun {
        try send()
        if presentation.hasEnded { return .ended }
        until = min(until, presentation.nextDeadline(at: MonotonicClock.now))
      }
      guard let group, let peer = group.peers.first else {
        let wait = max(until.since(MonotonicClock.now).nanoseconds, 0)
        usleep(UInt32(clamping: wait / 1_000))
        return nil
      }
      group.wait(until: until) { _ in
        peer.receive(at: MonotonicClock.now) { kind, packet in
          guard kind == .rtcp else { return }
          presentation.receive(rtcp: packet) { peer.resend($0, of: video.ssrc) }
        }
      }
      group.serveTimers(at: MonotonicClock.now)
      return state(of: peer)
    }

    private func state(of peer: MediaPeer) -> Happening? {
      if peer.isConnected, !isUp {
        (isUp, hasBegun, givenUpAt) = (true, true, nil)
        return .connected
      }
      guard peer.hasEnded || givenUpAt.map({ MonotonicClock.now >= $0 }) == true else { return nil }
      end()
      return .lost
    }

    private func send() throws {
      while presentation.wantsFrames {
        if let frame = try file.next() {
          framesOfRound += 1
          presentation.add(frame)
        } else if loops, framesOfRound > 0 {
          framesOfRound = 0
          try file.rewind()
          presentation.rewind()
        } else {
          presentation.finish()
        }
      }
      let peer = group?.peers.first
      presentation.poll(at: MonotonicClock.now) { kind, packet in
        switch kind {
        case .rtp: peer?.send(rtp: packet, isKept: RTPHeader(packet)?.ssrc == video.ssrc)
        case .rtcp: peer?.send(rtcp: packet)
        }
      }
      peer?.flush()
    }
  }
}
