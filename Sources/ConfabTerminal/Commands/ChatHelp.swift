/// What `/help` says, in full screen and in `--plain` alike.
package enum ChatHelp {
  /// About one command by its name, with or without slash; nil when there is none such.
  package static func lines(about name: String) -> [StyledLine]? {
    let entry =
      CommandList.entry(named: name.lowercased()) ?? CommandList.entry(
        named: "/" + name.lowercased())
      ?? CommandList.entry(named: name.uppercased())
    return entry.map { [line($0, usageWidth: $0.usage.count)] }
  }

  package static var commands: [StyledLine] {
    CommandList.modern.map { line($0, usageWidth: usageWidth) }
      + [
        StyledLine(),
        StyledLine("Classic commands, in upper case and without a slash:", style: .strong),
      ]
      + CommandList.classic.map { line($0, usageWidth: usageWidth) }
      + [
        StyledLine(),
        StyledLine("A line that begins with a blank or with // is said as it is."),
        StyledLine("N is the number in front of a message, or of a transfer: /transfers."),
      ]
  }

  package static var keys: [StyledLine] {
    [StyledLine(), StyledLine("Keys:", style: .strong)]
      + keyList.map { name, summary in
        var line = StyledLine(name, style: .strong).fitted(to: usageWidth, style: .plain)
        line.append(summary)
        return line
      }
  }

  private static let keyList = [
    ("Enter", "Send; Alt-Enter or Ctrl-J begins a new line"),
    ("Tab", "Complete a command, @name, #room or file; again for the next"),
    ("Up Down", "Earlier lines that you typed"),
    ("PgUp PgDn", "Scroll back and forth; Esc for the newest"),
    ("Alt-Up Alt-Down", "The room above or below; also Ctrl-P and Ctrl-N"),
    ("Alt-A", "The next room with something unread"),
    ("Ctrl-A Ctrl-E", "To the beginning or the end of the line"),
    ("Alt-B Alt-F", "A word back or forth"),
    ("Ctrl-W Ctrl-U", "Cut the word, or everything, before the cursor"),
    ("Ctrl-K Ctrl-Y", "Cut the rest of the line; put back what was cut"),
    ("Ctrl-L", "Paint the screen anew"),
    ("Ctrl-C Ctrl-D", "Clear the line; quit when it is empty"),
  ]

  /// Wide enough for nearly all usages; a longer one pushes its summary.
  private static let usageWidth = 30

  private static func line(_ entry: CommandList.Entry, usageWidth: Int) -> StyledLine {
    var line = StyledLine(entry.usage, style: .strong)
    if line.width < usageWidth { line = line.fitted(to: usageWidth) }
    line.append(line.width > usageWidth || usageWidth == entry.usage.count ? "  " : "")
    line.append(entry.summary)
    return line
  }
}
