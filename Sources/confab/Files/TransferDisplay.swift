import ConfabClient
import ConfabTransfer
import Primitives

/// Shows how a transfer goes: a bar on a terminal, JSON objects for a program, lines elsewhere.
struct TransferDisplay: Sendable {
  let name: String
  let person: String
  let verb: Verb
  let json: Bool
  /// Standard output belongs to the file itself.
  let isQuiet: Bool
  private var latestLine: Int64 = -1

  enum Verb: String, Sendable {
    case sending, receiving
  }

  init(_ verb: Verb, _ name: String, person: String, json: Bool, isQuiet: Bool = false) {
    self.isQuiet = isQuiet
    self.verb = verb
    self.name = name
    self.person = person
    self.json = json
  }

  mutating func show(_ progress: TransferProgress) {
    if json { return Output.line(object(progress)) }
    let percent = progress.bytesTotal == 0 ? 100 : progress.bytesDone * 100 / progress.bytesTotal
    let words = "\(name.escapedLine)  \(percent) %  \(Self.text(progress))"
    if Output.errorIsTerminal {
      Output.writeError("\r\u{1b}[K\(Self.bar(percent)) \(words)")
    } else if latestLine < 0 || Int64(percent) >= latestLine + 10 {
      // Somebody may read a log of it later.
      latestLine = Int64(percent) / 10 * 10
      Output.writeError(words + "\n")
    }
  }

  func show(_ report: TransferReport) {
    if Output.errorIsTerminal, !json { Output.writeError("\r\u{1b}[K") }
    guard !isQuiet else { return }
    for file in report.files {
      if json {
        Output.line(object(report, file))
      } else if verb == .sending {
        Output.line("\(file.path.escapedLine) has arrived at \(person.escapedLine)")
      } else {
        Output.line("received \(file.path.escapedLine) from \(person.escapedLine)")
      }
    }
  }

  func endLine() {
    if Output.errorIsTerminal, !json { Output.writeError("\n") }
  }

  private func object(_ progress: TransferProgress) -> JSONObject {
    var object = JSONObject(event: "progress")
    object.add("name", name)
    object.add(verb == .sending ? "to" : "from", person)
    object.add("bytes", progress.bytesDone)
    object.add("total", progress.bytesTotal)
    if let rate = progress.bytesPerSecond { object.add("bytesPerSecond", rate) }
    if let left = progress.secondsLeft { object.add("secondsLeft", left) }
    if let path = progress.path { object.add("path", path.name) }
    if let pause = progress.pause { object.add("paused", "\(pause.reason)") }
    return object
  }

  private func object(_ report: TransferReport, _ file: TransferReport.File) -> JSONObject {
    var object = JSONObject(event: "done")
    object.add("name", file.path)
    object.add(verb == .sending ? "to" : "from", person)
    object.add("bytes", file.bytes)
    object.add("seconds", report.seconds)
    object.add("path", report.path.name)
    object.add("sha256", file.sha256.hex)
    return object
  }

  /// "12.3 of 64.0 MB  98.1 Mbit/s  4 s left  direct".
  static func text(_ progress: TransferProgress) -> String {
    var parts = ["\(megabytes(progress.bytesDone)) of \(megabytes(progress.bytesTotal)) MB"]
    if let pause = progress.pause {
      parts.append("waits: \(pause.byPeer ? "the other side" : "this side") \(pause.reason.words)")
    } else {
      if let rate = progress.bytesPerSecond {
        parts.append("\(tenths(UInt64(rate) * 8 / 100_000)) Mbit/s")
      }
      if let left = progress.secondsLeft { parts.append("\(left) s left") }
    }
    if let path = progress.path { parts.append(path.name) }
    return parts.joined(separator: "  ")
  }

  private static let barCells = 20

  private static func bar(_ percent: UInt64) -> String {
    let full = min(Int(percent) * barCells / 100, barCells)
    return "[" + String(repeating: "#", count: full)
      + String(repeating: " ", count: barCells - full) + "]"
  }

  private static func megabytes(_ bytes: UInt64) -> String { tenths(bytes / 100_000) }

  private static func tenths(_ value: UInt64) -> String { "\(value / 10).\(value % 10)" }
}

extension PathKind {
  /// Stable, for scripts.
  var name: String {
    switch self {
    case .direct: "direct"
    case .relay: "relay"
    }
  }
}

extension Interruption {
  var words: String {
    switch self {
    case .unreachable:
      "the other device could not be reached. UDP may be blocked on the way: confab doctor tells"
    case .silence: "nothing is heard of the other device any more"
    case .closedByPeer: "the other side stopped for now"
    case .violation(let what): "the connection broke the protocol's rules (\(what))"
    case .stopped: "stopped"
    }
  }
}

extension PauseReason {
  fileprivate var words: String {
    switch self {
    case .person: "stopped it for now"
    case .diskFull: "has a full disk"
    case .other: "is not ready"
    }
  }
}
