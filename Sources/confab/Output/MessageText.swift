import ConfabWire
import Primitives

extension WireMessage {
  /// The message as scripts read it. `channel` is what the reader would type.
  func json(channel: String) -> JSONObject {
    var object = JSONObject()
    object.add("channel", channel)
    object.add("sequence", sequence)
    object.add("id", id.hex)
    object.add("at", at.rfc3339)
    object.add("from", from)
    object.add("text", text)
    if replyTo > 0 { object.add("replyTo", replyTo) }
    if editedAt > 0, !deleted { object.add("edited", editedAt.rfc3339) }
    if deleted { object.add("deleted", true) }
    if !mentions.isEmpty { object.add("mentions", .strings(mentions)) }
    if !reactions.isEmpty {
      object.add(
        "reactions",
        .objects(
          reactions.map { reaction in
            var object = JSONObject()
            object.add("emoji", reaction.emoji)
            object.add("names", .strings(reaction.names))
            return object
          }))
    }
    return object
  }

  /// The message as a person reads it.
  var line: String {
    var line = "\(sequence)  \(LocalTime.text(at))  \(Output.strong(from.escapedLine)): "
    if replyTo > 0 { line += "(to \(replyTo)) " }
    line += deleted ? "(deleted)" : text.escapedLines
    if editedAt > 0, !deleted { line += " (edited)" }
    if !reactions.isEmpty {
      let all = reactions.map { "\($0.emoji.escapedLine) \($0.names.joined(separator: ", "))" }
      line += "  [\(all.joined(separator: "; "))]"
    }
    return line
  }
}

extension WireEvent {
  /// The message that was posted, complete; nil for other events.
  var message: WireMessage? {
    guard case .posted(var message) = body else { return nil }
    message.position = position
    message.at = at
    message.from = by
    return message
  }
}
