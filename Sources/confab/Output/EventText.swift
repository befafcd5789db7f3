import ConfabWire
import Primitives

/// What happens in channels besides messages.
extension WireEvent {
  /// Nil for an event that this version does not know.
  func json(channel: String) -> JSONObject? {
    if let message { return message.json(channel: channel) }
    var object: JSONObject
    switch body {
    case .edited(let edited):
      object = JSONObject(event: "edited")
      object.add("channel", channel)
      object.add("sequence", edited.sequence)
      object.add("text", edited.text)
    case .deleted(let deleted):
      object = JSONObject(event: "deleted")
      object.add("channel", channel)
      object.add("sequence", deleted.sequence)
    case .reacted(let reacted):
      object = JSONObject(event: reacted.removed ? "reaction-removed" : "reaction-added")
      object.add("channel", channel)
      object.add("sequence", reacted.sequence)
      object.add("emoji", reacted.emoji)
    case .memberJoined(let member): object = membership("joined", channel, member.name)
    case .memberLeft(let member): object = membership("left", channel, member.name)
    case .ownerChanged(let owner): object = membership("owner-changed", channel, owner.name)
    case .renamed(let renamed): object = membership("renamed", channel, renamed.name)
    case .created(let created):
      object = JSONObject(event: "created")
      object.add("channel", channel)
      object.add("members", .strings(created.members))
    case .closed:
      object = JSONObject(event: "closed")
      object.add("channel", channel)
    case .meetingStarted(let started):
      object = JSONObject(event: "meeting-started")
      object.add("channel", channel)
      object.add("meeting", started.meeting)
    case .meetingEnded(let ended): object = ended.json(channel: channel)
    case .posted, nil: return nil
    }
    object.add("at", at.rfc3339)
    if !by.isEmpty { object.add("by", by) }
    return object
  }

  private func membership(_ event: String, _ channel: String, _ name: String) -> JSONObject {
    var object = JSONObject(event: event)
    object.add("channel", channel)
    object.add("name", name)
    return object
  }

  /// Nil for an event that this version does not know.
  var line: String? {
    if let message { return message.line }
    let who = by.isEmpty ? "The server" : by.escapedLine
    let words: String? =
      switch body {
      case .edited(let edited): "\(who) changed \(edited.sequence) to: \(edited.text.escapedLines)"
      case .deleted(let deleted): "\(who) deleted \(deleted.sequence)"
      case .reacted(let reacted):
        "\(who) \(reacted.removed ? "took back" : "put") \(reacted.emoji.escapedLine) "
          + "\(reacted.removed ? "from" : "on") \(reacted.sequence)"
      case .memberJoined(let member):
        member.name == by ? "\(who) joined" : "\(who) let \(member.name.escapedLine) in"
      case .memberLeft(let member):
        member.name == by ? "\(who) left" : "\(who) removed \(member.name.escapedLine)"
      case .ownerChanged(let owner): "\(owner.name.escapedLine) owns the room now"
      case .renamed(let renamed): "\(who) renamed the room to \(renamed.name.escapedLine)"
      case .created(let created):
        "\(who) made the room with \(created.members.joined(separator: ", ").escapedLine)"
      case .closed: "\(who) closed the room"
      case .meetingStarted: "\(who) started a meeting"
      case .meetingEnded(let ended): ended.words.escapedLine
      case .posted, nil: nil
      }
    return words.map { "\(LocalTime.text(at))  * \($0)" }
  }
}

extension WireMeetingEnded {
  fileprivate func json(channel: String) -> JSONObject {
    var object = JSONObject(event: "meeting-ended")
    object.add("channel", channel)
    object.add("meeting", meeting)
    object.add("reason", reasonName)
    object.add("startedAt", startedAt.rfc3339)
    object.add("endedAt", endedAt.rfc3339)
    object.add("names", .strings(attendances.map(\.name)))
    object.add("count", Int(count))
    return object
  }

  private var reasonName: String {
    switch reason {
    case .empty: "empty"
    case .ended: "ended"
    case .serverStopped: "server-stopped"
    case .roomClosed: "room-closed"
    case .unspecified, .UNRECOGNIZED: "unknown"
    }
  }
}

extension WirePresence {
  func json(event: String, me: String?) -> JSONObject {
    var object = JSONObject(event: event)
    object.add("name", name)
    if since > 0 { object.add("since", since.rfc3339) }
    if !address.isEmpty { object.add("address", address) }
    if name == me { object.add("me", true) }
    if canReceiveFiles { object.add("receivesFiles", true) }
    return object
  }
}

extension WireChannelInfo {
  var kindName: String {
    switch kind {
    case .lobby: "lobby"
    case .public: "public"
    case .private: "private"
    case .direct: "direct"
    case .unspecified, .UNRECOGNIZED: "unknown"
    }
  }

  func json(event: String) -> JSONObject {
    var object = JSONObject(event: event)
    object.add("channel", label)
    object.add("kind", kindName)
    if number > 0 { object.add("number", number) }
    if !owner.isEmpty { object.add("owner", owner) }
    object.add("members", Int(members))
    object.add("sequence", sequence)
    object.add("joined", joined)
    if closed { object.add("closed", true) }
    object.add("at", at.rfc3339)
    return object
  }
}
