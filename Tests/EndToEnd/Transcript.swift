import Foundation

/// A conversation with the program, written down: commands, and what they print.
///
///     -- A remark.
///     ann> broadcast hello              runs `confab broadcast hello` with ann's profile
///     < a line of standard input
///     #lobby 1 TIME                     standard output, with what differs each time replaced
///     ! confab: refused (2001): …       standard error
///     = 3                               the exit status, when it is not 0
///
/// `operator> …` runs `confab admin …` on the server's socket. `$LINK` is the owner's link, `$INVITE`
/// the first line that the last `operator> invite` printed, `$SERVER` the address, `$PIN` the server's pin,
/// `$FOLDER` a folder.
struct Transcript {
  private enum Part {
    case remark(String)
    case command(person: String, line: String, input: [String])
  }

  private var parts: [Part] = []

  init(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.isEmpty || line.hasPrefix("--") {
        parts.append(.remark(line))
      } else if line.hasPrefix("< "), case .command(let person, let command, let input) = parts.last
      {
        parts[parts.count - 1] = .command(
          person: person, line: command, input: input + [String(line.dropFirst(2))])
      } else if let match = line.wholeMatch(of: /([a-z]+)> (.*)/) {
        parts.append(.command(person: String(match.1), line: String(match.2), input: []))
      }
      // Everything else is what came out, and is told anew.
    }
    while case .remark("") = parts.last { parts.removeLast() }
  }

  func play(at place: Place) async throws -> String {
    var told: [String] = []
    var invitation = ""
    for part in parts {
      switch part {
      case .remark(let line): told.append(line)
      case .command(let person, let line, let input):
        told.append("\(person)> \(line)")
        told += input.map { "< \($0)" }
        let arguments = Self.words(Self.filled(line, invitation: invitation, place))
        let text = input.map { $0 + "\n" }.joined()
        let outcome =
          person == "operator"
          ? try await place.admin(arguments, input: text)
          : try await place.run(person, arguments, input: text)
        if arguments.first == "join", outcome.status == 0 { place.noteOwner() }
        if person == "operator", arguments.first == "invite" {
          invitation = outcome.output.firstLine
        }
        told += Self.replaced(outcome.output, at: place).lines
        told += Self.replaced(outcome.errors, at: place).lines.map { "! \($0)" }
        if outcome.status != 0 { told.append("= \(outcome.status)") }
      }
    }
    return told.joined(separator: "\n") + "\n"
  }

  private static func filled(_ line: String, invitation: String, _ place: Place) -> String {
    let link = place.ownerLink ?? ""
    let pin = link.firstMatch(of: /pin=([A-Za-z0-9_-]+)/).map { String($0.1) } ?? ""
    return line.replacing("$LINK", with: link).replacing("$INVITE", with: invitation)
      .replacing("$SERVER", with: place.address).replacing("$PIN", with: pin)
      .replacing("$FOLDER", with: place.folder)
  }

  /// As a shell does, as far as blanks and single quotes.
  static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var isQuoted = false
    for character in line {
      if character == "'" {
        isQuoted.toggle()
        word = word ?? ""
      } else if character == " ", !isQuoted {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    return words + (word.map { [$0] } ?? [])
  }

  private static func replaced(_ text: String, at place: Place) -> String {
    text.replacing(place.folder, with: "FOLDER")
      .replacing(place.address, with: "SERVER")
      .replacing(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{3})?Z?/, with: "TIME")
      .replacing(/\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d/, with: "TIME")
      .replacing(/\b[0-9a-f]{64}\b/, with: "HASH")
      .replacing(/\b[0-9a-f]{32}\b/, with: "ID")
      .replacing(/(pin|invite)=[A-Za-z0-9_-]+/) { "\($0.output.1)=…" }
      .replacing(/\d{5}( \d{5}){11}/, with: "NUMBER")
      .replacing(/\d+ bytes/, with: "N bytes")
      .replacing(/ms":[0-9.]+/, with: "ms\":N")
  }
}
