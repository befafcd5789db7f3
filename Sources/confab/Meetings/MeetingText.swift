import ConfabWire
import Primitives

// Meetings as the terminal shows them.

extension WireMeetingInfo {
  func json(event: String) -> JSONObject {
    var object = JSONObject(event: event)
    object.add("channel", label)
    object.add("meeting", meeting)
    if meeting != 0 {
      object.add("startedAt", startedAt.rfc3339)
      object.add("by", by)
    }
    object.add("names", .strings(names))
    object.add("count", Int(count))
    object.add("locked", locked)
    object.add("waitingRoom", waitingRoom.word)
    object.add("waiting", Int(waiting))
    return object
  }

  var words: String {
    guard meeting != 0 else { return "Nobody is in \(label)'s meeting." }
    let people = names.joined(separator: ", ") + (Int(count) > names.count ? "…" : "")
    let door = locked ? ", locked" : ""
    let before = waiting > 0 ? ", \(waiting) waiting" : ""
    return "In \(label)'s meeting: \(people) (\(count)\(door)\(before))"
  }
}

extension WireWaitingRoom {
  /// As it is typed and shown.
  var word: String {
    switch self {
    case .guests: "guests"
    case .everybody: "everybody"
    case .nobody: "nobody"
    case .unspecified, .UNRECOGNIZED: "unknown"
    }
  }

  init?(word: String) {
    let all: [WireWaitingRoom] = [.guests, .everybody, .nobody]
    guard let found = all.first(where: { $0.word == word }) else { return nil }
    self = found
  }
}

extension WireParticipant {
  func json(event: String, meeting: UInt64, by: String) -> JSONObject {
    var object = JSONObject(event: event)
    object.add("meeting", meeting)
    object.add("participant", Int(participant))
    object.add("name", name)
    object.add("host", host)
    object.add("guest", guest)
    object.add("waiting", waiting)
    object.add("microphone", microphone)
    object.add("camera", camera)
    object.add("screen", screen)
    object.add("hand", handRaisedAt != 0)
    object.add("lost", lost)
    object.add("joinedAt", joinedAt.rfc3339)
    if !by.isEmpty { object.add("by", by) }
    return object
  }

  /// "ben, muted, sharing the screen"
  var words: String {
    var words = [waiting ? "\(name) waits to be let in" : name]
    if host { words.append("host") }
    if !waiting { words.append(microphone ? "microphone on" : "muted") }
    if camera { words.append("camera on") }
    if screen { words.append("sharing the screen") }
    if handRaisedAt != 0 { words.append("hand raised") }
    if lost { words.append("connection lost") }
    return words.joined(separator: ", ")
  }
}

extension WireLeaveReason {
  /// Stable, for programs.
  var name: String {
    switch self {
    case .left: "left"
    case .lost: "lost"
    case .removed: "removed"
    case .refused: "refused"
    case .ended: "ended"
    case .replaced: "replaced"
    case .notAMember: "not-a-member"
    case .unspecified, .UNRECOGNIZED: "unknown"
    }
  }

  /// Why it is over for whoever reads this.
  func words(toSelf host: String) -> String {
    let who = host.isEmpty ? "A host" : host
    return switch self {
    case .removed: "\(who) removed you from the meeting."
    case .refused: "\(who) did not let you in."
    case .replaced: "You joined the meeting elsewhere, with the same session."
    case .notAMember: "You are not in the room any more."
    default: "The meeting has ended."
    }
  }

  func words(_ name: String, by host: String) -> String {
    let who = host.isEmpty ? "A host" : host
    return switch self {
    case .lost: "\(name) lost the connection"
    case .removed: "\(who) removed \(name)"
    case .refused: "\(who) did not let \(name) in"
    default: "\(name) left"
    }
  }
}
