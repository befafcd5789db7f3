/// Every command with what is said about it: the one source for parsing, completion and help.
package enum CommandList {
  package struct Entry: Hashable, Sendable {
    /// With its slash, or a classic command in upper case.
    package let name: String
    /// What follows the name; empty when nothing does.
    package let arguments: String
    package let summary: String

    package var usage: String { arguments.isEmpty ? name : "\(name) \(arguments)" }
  }

  package static let modern: [Entry] = [
    Entry(name: "/broadcast", arguments: "TEXT", summary: "Tell everybody, in the lobby"),
    Entry(name: "/who", arguments: "", summary: "See who is active, and since when"),
    Entry(name: "/msg", arguments: "@NAME [TEXT]", summary: "Talk with one person"),
    Entry(
      name: "/create", arguments: "NAME [@MEMBER…] [--public]",
      summary: "Make a room; private unless --public"),
    Entry(name: "/join", arguments: "#ROOM", summary: "Enter a public room"),
    Entry(name: "/invite", arguments: "@NAME… [#ROOM]", summary: "Let people into a room"),
    Entry(name: "/members", arguments: "[#ROOM]", summary: "See who belongs to a room"),
    Entry(name: "/leave", arguments: "[#ROOM]", summary: "Leave a room for good"),
    Entry(name: "/rename", arguments: "NAME", summary: "Give this room another name"),
    Entry(name: "/close", arguments: "[#ROOM]", summary: "Close a room; it stays readable"),
    Entry(name: "/reply", arguments: "N TEXT", summary: "Answer message N"),
    Entry(name: "/react", arguments: "N EMOJI", summary: "Put an emoji on message N"),
    Entry(name: "/edit", arguments: "N TEXT", summary: "Change your message N"),
    Entry(name: "/delete", arguments: "N", summary: "Delete your message N"),
    Entry(name: "/history", arguments: "[COUNT]", summary: "Read older messages"),
    Entry(
      name: "/search", arguments: "WORDS [--in #ROOM]", summary: "Find messages by their words"),
    Entry(name: "/unread", arguments: "", summary: "See where something is new"),
    Entry(
      name: "/send-file", arguments: "PATH… [@NAME|#ROOM]", summary: "Offer files or folders"),
    Entry(name: "/accept", arguments: "[N]", summary: "Take the files that are offered as N"),
    Entry(name: "/decline", arguments: "[N]", summary: "Say that you do not want them"),
    Entry(name: "/transfers", arguments: "", summary: "See what is offered and on its way"),
    Entry(name: "/cancel", arguments: "[N]", summary: "End transfer N for good"),
    Entry(name: "/receive-into", arguments: "[DIR]", summary: "Save accepted files there"),
    Entry(name: "/meet", arguments: "[#ROOM]", summary: "Meet with sound and picture"),
    Entry(name: "/help", arguments: "[COMMAND]", summary: "Show this, or about one command"),
    Entry(name: "/quit", arguments: "", summary: "Close the chat; you stay signed in"),
  ]

  package static let classic: [Entry] = [
    Entry(name: "BCM", arguments: "MESSAGE", summary: "Tell everybody"),
    Entry(name: "ATU", arguments: "", summary: "See who else is active"),
    Entry(name: "SRB", arguments: "NAME…", summary: "Make a room with these people"),
    Entry(name: "SRM", arguments: "ROOM MESSAGE", summary: "Write to a room, by number or name"),
    Entry(name: "RDM", arguments: "b|s TIME", summary: "Read what is later: lobby or rooms"),
    Entry(name: "UPD", arguments: "NAME FILE", summary: "Send a file to a person"),
    Entry(name: "OUT", arguments: "", summary: "Sign out"),
  ]

  package static func entry(named name: String) -> Entry? {
    (modern + classic).first { $0.name == name }
  }

  /// The command that a mistyped one most likely meant; nil when none is near.
  package static func nearest(to name: String) -> Entry? {
    let wanted = Array(name.lowercased().utf8.prefix(wordBytesMax))
    var best: (entry: Entry, distance: Int)?
    for entry in modern {
      let distance = editDistance(wanted, Array(entry.name.utf8))
      if distance < best?.distance ?? .max { best = (entry, distance) }
    }
    guard let best, best.distance <= max(1, best.entry.name.utf8.count / 3) else { return nil }
    return best.entry
  }

  /// Nobody mistypes a command by more; it bounds the work of comparing.
  private static let wordBytesMax = 32

  /// How many insertions, deletions, replacements, and swaps of neighbours lie between two words
  /// (the restricted Damerau-Levenshtein distance).
  private static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
