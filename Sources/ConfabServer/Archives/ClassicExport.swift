import ConfabDomain
import ConfabJournal
import Foundation
import OrderedCollections
import Primitives

/// The files of the system that Confab grew from, in its format (Docs/Operations.md):
///
///     userlog.txt              seq; timestamp; user; IP; udpPort     whoever has a session open
///     messagelog.txt           n; timestamp; user; message           the lobby
///     SR_ID_messagelog.txt     n; timestamp; user; message           the room with this number
///     meetinglog.txt           n; from; until; lobby or SR_ID; users meetings, where there were some
struct ClassicExport {
  let journal: any Journal
  let folder: String

  func write() throws {
    let state = try journal.loadState()
    try writeSessions(state)
    try writeMessages(of: .lobby, named: "messagelog.txt", state)
    for channel in state.channels.values {
      guard let number = channel.number else { continue }
      try writeMessages(of: channel.id, named: "SR_\(number)_messagelog.txt", state)
    }
    try writeMeetings(state)
  }

  /// The old system knew none, so its readers miss no file.
  private func writeMeetings(_ state: PlaceState) throws {
    var file: ExportFile?
    var count = 0
    for channel in state.channels.values {
      let room = channel.number.map { "SR_\($0)" }
      guard let name = channel.id == .lobby ? "lobby" : room else { continue }
      try EventWalk(journal: journal, channel: channel.id).visit { event in
        guard case .meetingEnded(_, let end) = event.event.body else { return }
        let open = try file ?? ExportFile("\(folder)/meetinglog.txt")
        file = open
        count += 1
        let users = OrderedSet(end.attendances.map { state.name(of: $0.account) })
        let times = "\(Self.text(end.startedAt)); \(Self.text(end.endedAt))"
        try open.write(line: "\(count); \(times); \(name); \(users.joined(separator: ", "))")
      }
    }
    try file?.close()
  }

  private func writeSessions(_ state: PlaceState) throws {
    let file = try ExportFile("\(folder)/userlog.txt")
    for (index, session) in state.sessions.values.enumerated() {
      let user = state.name(of: session.account)
      // Files go another way than in the old system, so no UDP port is known.
      try file.write(
        line: "\(index + 1); \(Self.text(session.openedAt)); \(user); \(session.address); 0")
    }
    try file.close()
  }

  private func writeMessages(
    of channel: ChannelID, named name: String, _ state: PlaceState
  ) throws {
    let file = try ExportFile("\(folder)/\(name)")
    try MessageWalk(journal: journal, channel: channel).visit { message in
      let user = state.name(of: message.author)
      try file.write(
        line: "\(message.sequence); \(Self.text(message.at)); \(user); \(Self.line(message.text))")
    }
    try file.close()
  }

  /// A message is one line of these files, whatever it holds, and harms no terminal that shows them.
  private static func line(_ text: String) -> String {
    let words = text.unicodeScalars.split {
      switch $0.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    }
    return words.map { String($0) }.joined(separator: " ")
  }

  /// `1 Jun 2022 21:30:04` on the server's clock.
  private static func text(_ time: WallTime) -> String {
    let date = Date(timeIntervalSince1970: Double(time.secondsSinceEpoch))
    return CivilDate(time, offsetSeconds: TimeZone.current.secondsFromGMT(for: date)).description
  }
}
