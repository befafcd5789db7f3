import ConfabClient
import ConfabDomain
import ConfabWire
import Primitives
import SwiftProtobuf

/// A meeting as a terminal follows it: who is in it, and what a host types about them.
actor MeetingBoard {
  private let channel: WireChannelRef
  private let isJSON: Bool
  private var connection: Connection?
  private var info = WireMeetingInfo()
  /// By number, in the order of coming.
  private var participants: [WireParticipant] = []

  /// Gets an element once there is somebody to ask.
  nonisolated let ready = BoundedQueue<Bool>(countMax: 1)

  init(_ channel: WireChannelRef, json: Bool) {
    self.channel = channel
    isJSON = json
  }

  // MARK: - What the server tells

  func handle(_ happening: Follower.Happening) async throws {
    switch happening {
    case .connected(let connection, _):
      self.connection = connection
      let standing = try await connection.watchMeeting(channel)
      if standing.info.hasServer { throw MeetingElsewhere(standing.info.server) }
      info = standing.info
      participants = standing.participants
      show(info.json(event: "meeting"), info.words)
      for participant in participants { show(participant, by: "") }
      ready.offer(true)
    case .lost(let reason, _):
      connection = nil
      Output.note("\(reason) Trying again…")
    case .meeting(let news):
      if case .changed(let new) = news, new.channel == info.channel, new.hasServer {
        throw MeetingElsewhere(new.server)
      }
      take(news)
    default: break
    }
  }

  private func take(_ news: Follower.MeetingNews) {
    switch news {
    case .changed(let new):
      guard new.channel == info.channel else { return }
      // In other words only: who is there is shown one by one.
      let isNews = (new.locked, new.waitingRoom) != (info.locked, info.waitingRoom)
      info = new
      if isNews || isJSON { show(new.json(event: "meeting"), new.words) }
    case .participant(let meeting, let participant, let by):
      guard isOurs(meeting) else { return }
      if let index = index(of: participant.participant) {
        participants[index] = participant
      } else {
        participants.append(participant)
      }
      show(participant, by: by)
    case .left(let left):
      guard let index = index(of: left.participant) else { return }
      let gone = participants.remove(at: index)
      var object = JSONObject(event: "participant-left")
      object.add("meeting", left.meeting)
      object.add("participant", Int(left.participant))
      object.add("name", gone.name)
      object.add("reason", left.reason.name)
      if !left.by.isEmpty { object.add("by", left.by) }
      show(object, left.reason.words(gone.name, by: left.by))
    case .speaking(let speaking):
      guard isJSON else { return }
      var object = JSONObject(event: "speaking")
      object.add("meeting", speaking.meeting)
      object.add(
        "names",
        .strings(speaking.participants.compactMap { index(of: $0).map { participants[$0].name } }))
      Output.line(object)
    case .gone(let gone):
      participants = []
      var object = JSONObject(event: "meeting-gone")
      object.add("meeting", gone.meeting)
      object.add("reason", gone.reason.name)
      show(object, "The meeting has ended.")
    }
  }

  /// The first news of a meeting may come before the words about it.
  private func isOurs(_ meeting: UInt64) -> Bool {
    if info.meeting == 0 { info.meeting = meeting }
    return info.meeting == meeting
  }

  private func index(of participant: UInt32) -> Int? {
    participants.firstIndex { $0.participant == participant }
  }

  private func show(_ participant: WireParticipant, by host: String) {
    let name = participant.waiting ? "participant-waiting" : "participant"
    let words = participant.words + (host.isEmpty ? "" : " (\(host))")
    show(participant.json(event: name, meeting: info.meeting, by: host), words)
  }

  private func show(_ object: JSONObject, _ words: String) {
    if isJSON { Output.line(object) } else { Output.line(words.escapedLine) }
  }

  // MARK: - What the host types

  static let help = """
    admit NAME|all   refuse NAME|all   mute NAME   stop NAME (camera and screen)   lower NAME
    remove NAME      lock   unlock     waiting guests|everybody|nobody   who   end   quit
    """

  /// - Returns: false when the person wants no more.
  func perform(_ line: String) async -> Bool {
    let words = line.split(separator: " ").map(String.init)
    guard let verb = words.first else { return true }
    if verb == "quit" { return false }
    do {
      try await perform(verb, words.dropFirst().first ?? "")
    } catch let rejection as Rejection {
      Output.failure("refused (\(rejection.code.rawValue)): \(rejection.message)")
    } catch {
      Output.failure("\(error)")
    }
    return true
  }

  private func perform(_ verb: String, _ object: String) async throws {
    switch verb {
    case "who":
      show(info.json(event: "meeting"), info.words)
      for participant in participants { show(participant, by: "") }
    case "help": Output.note(Self.help)
    case "admit", "refuse": try await answerKnock(object, admit: verb == "admit")
    case "mute", "stop", "lower", "remove":
      for participant in try find(object, waiting: false) {
        try await perform(verb, participant.participant)
      }
    case "lock", "unlock":
      try await online().setMeetingDoor(
        .with { ($0.channel, $0.locked) = (channel, verb == "lock") })
    case "waiting":
      guard let room = WireWaitingRoom(word: object) else {
        throw UsageError("Who waits: guests, everybody or nobody?")
      }
      try await online().setMeetingDoor(
        .with { ($0.channel, $0.waitingRoom) = (channel, room) })
    case "end": try await online().endMeeting(info.meeting)
    default: throw UsageError("There is no such command here: \(verb). Type help.")
    }
  }

  private func perform(_ verb: String, _ participant: UInt32) async throws {
    let connection = try online()
    let meeting = info.meeting
    switch verb {
    case "mute": try await connection.mute(participant, .microphone, in: meeting)
    case "stop":
      try await connection.mute(participant, .camera, in: meeting)
      try await connection.mute(participant, .screen, in: meeting)
    case "lower": try await connection.lowerHand(of: participant, in: meeting)
    default: try await connection.remove(participant, from: meeting)
    }
  }

  private func answerKnock(_ name: String, admit: Bool) async throws {
    let connection = try online()
    guard name != "all" else { return try await connection.admit(0, admit, in: info.meeting) }
    for participant in try find(name, waiting: true) {
      try await connection.admit(participant.participant, admit, in: info.meeting)
    }
  }

  /// A person may be there with several devices; removing one removes all.
  private func find(_ name: String, waiting: Bool) throws -> [WireParticipant] {
    let bare = (name.hasPrefix("@") ? String(name.dropFirst()) : name).lowercased()
    let found = participants.filter { $0.name.lowercased() == bare && $0.waiting == waiting }
    guard !found.isEmpty else {
      throw UsageError(
        bare.isEmpty
          ? "Name somebody." : "Nobody named \(bare) \(waiting ? "waits" : "is in the meeting").")
    }
    return found
  }

  private func online() throws -> Connection {
    guard let connection else { throw UsageError("There is no connection at this moment.") }
    return connection
  }
}
