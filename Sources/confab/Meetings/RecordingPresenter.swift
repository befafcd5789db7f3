import ConfabClient
import ConfabMedia
import ConfabNetwork
import ConfabWire
import Foundation
import Primitives

/// The presentation was ended by others, in words for the person.
struct PresentationOver: Error, CustomStringConvertible {
  let description: String
}

/// Takes part in a meeting to show a recording there, over as many connections as it takes.
actor RecordingPresenter {
  private static let pause = Duration.seconds(1)
  /// What was sent last is still on its way and in the viewers' buffers.
  private static let lingering = Duration.milliseconds(700)

  private let channel: WireChannelRef
  private var dialer: Dialer
  private let name: String
  private let isJSON: Bool
  private let streamer: RecordingStreamer
  private var connection: Connection?
  private var meeting: UInt64 = 0
  private var participant: UInt32 = 0
  private var key: [UInt8] = []
  private var isInside = false
  private var needsWay = true
  private var ways = 0
  private var hasBegun = false

  init(
    _ path: String, loops: Bool, in channel: WireChannelRef, _ dialer: Dialer, json: Bool
  ) throws {
    try RecordingFile.check(path)
    self.channel = channel
    self.dialer = dialer
    name = (path as NSString).lastPathComponent
    isJSON = json
    streamer = try RecordingStreamer(path, loops: loops)
  }

  /// Presents it to its end, then leaves.
  func run() async throws {
    defer { streamer.stop() }
    let outcome: Result<CInt?, any Error>
    do {
      let signal = try await withThrowingTaskGroup(of: CInt?.self) { group in
        group.addTask {
          try await self.takePart()
          return nil
        }
        group.addTask {
          try await self.follow()
          return nil
        }
        group.addTask { try await Interrupts.first() }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
      outcome = .success(signal)
    } catch {
      outcome = .failure(error)
    }
    if isInside, let connection { await connection.leaveMeeting(meeting) }
    await connection?.close()
    if let signal = try outcome.get() { Interrupts.end(signal) }
  }

  // MARK: - The meeting

  private func takePart() async throws {
    var backoff = Backoff(seed: .random(in: 0 ... .max))
    while true {
      do {
        let connection = try await dialer.dial()
        self.connection = connection
        try await join(over: connection)
        backoff.reset()
        while true {
          for push in try await connection.pushes.next() { try await take(push) }
        }
      } catch let elsewhere as MeetingElsewhere {
        await connection?.close()
        connection = nil
        dialer = dialer.beginning(at: elsewhere.server)
      } catch  where Dialer.mayPass(error) {
        await connection?.close()
        connection = nil
        Output.note("\(error) Trying again…")
        try await Task.sleep(for: Dialer.wait(after: error, backoff.next()))
      }
    }
  }

  private func join(over connection: Connection) async throws {
    let joined = try await connection.joinMeeting(channel, key: key)
    (meeting, participant, key) = (joined.info.meeting, joined.participant, Array(joined.key))
    isInside = !joined.waiting
    if !joined.resumed { needsWay = true }
    if joined.waiting { Output.note("A host has to let you in.") }
    try await publish()
  }

  private func take(_ push: WireServerFrame.OneOf_Body) async throws {
    switch push {
    case .meetingAdmitted(let news) where news.meeting == meeting:
      isInside = true
      try await publish()
    case .meetingGone(let gone) where gone.meeting == meeting:
      isInside = false
      throw PresentationOver(description: gone.reason.words(toSelf: gone.by))
    case .mediaLost(let lost) where lost.meeting == meeting && lost.publishing:
      try await publishAnew()
    case .participantChanged(let change)
    where change.meeting == meeting && change.participant.participant == participant:
      guard !change.by.isEmpty, !change.participant.screen else { return }
      throw PresentationOver(description: "\(change.by) stopped the presentation.")
    case .lagging:
      if let connection { try await join(over: connection) }
    default: break
    }
  }

  // MARK: - The media

  /// Each way has a certificate of its own: that is how the server knows a new connection from a restart
  /// of the one before.
  private func publish() async throws {
    guard needsWay, isInside, let connection else { return }
    needsWay = false
    do {
      var random = SystemRandomNumberGenerator()
      let now = WallTime(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
      let dtls = try DTLSContext(now: now)
      let local = ICECredentials(using: &random)
      let answer = try await connection.publishMedia(
        PeerSession.offer(streamer.streams, local: local, fingerprint: dtls.fingerprint),
        streamer.streams.map { ($0.mid, $0.kind == .video ? .screen : .screenAudio) }, in: meeting)
      guard let server = PeerDescription(sdp: answer) else {
        throw PresentationOver(description: "The server tells no address for sound and pictures.")
      }
      try await connection.setScreen(true, in: meeting)
      streamer.use(.init(server: server, address: ways, local: local, dtls: dtls))
      ways += 1
    } catch {
      needsWay = true
      throw error
    }
  }

  private func publishAnew() async throws {
    needsWay = true
    try await Task.sleep(for: Self.pause)
    try await publish()
  }

  private func follow() async throws {
    for await happening in streamer.happenings {
      switch happening {
      case .connected:
        if !hasBegun { say("presenting", "Presenting \(name).") }
        hasBegun = true
      case .lost:
        Output.note("The way to the server is lost. Trying another…")
        do {
          try await publishAnew()
        } catch  where Dialer.mayPass(error) {
          // With the next connection.
        }
      case .ended:
        try await Task.sleep(for: Self.lingering)
        return say("presented", "\(name) has ended.")
      case .failed(let words): throw UsageError(words)
      }
    }
  }

  private func say(_ event: String, _ words: String) {
    guard isJSON else { return Output.line(words.escapedLine) }
    var object = JSONObject(event: event)
    object.add("file", name)
    Output.line(object)
  }
}
