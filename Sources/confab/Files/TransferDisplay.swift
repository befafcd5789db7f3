import ConfabClient
import ConfabTransfer
import ConfabWire
import Primitives

/// Shows how transfers go: bars on a terminal, JSON objects for a program, lines elsewhere.
actor TransferDisplay {
  enum Verb: String, Sendable {
    case sending, receiving
  }

  private let verb: Verb
  private let json: Bool
  /// Standard output belongs to the file itself.
  private let isQuiet: Bool
  private var block = ProgressBlock()
  /// Of each transfer the per cent that were last written where there are no bars.
  private var written: [String: UInt64] = [:]

  /// Who reads a log of it later wants some lines and not thousands.
  private static let percentStep: UInt64 = 10
  private static let barCells = 10

  init(_ verb: Verb, json: Bool, isQuiet: Bool = false) {
    self.verb = verb
    self.json = json
    self.isQuiet = isQuiet
  }

  func show(_ progress: TransferProgress, _ name: String, with person: String) {
    if json { return Output.line(object(progress, name, person)) }
    let percent = progress.bytesTotal == 0 ? 100 : progress.bytesDone * 100 / progress.bytesTotal
    let details = TransferText.details(progress).joined(separator: "  ")
    let who = verb == .sending ? "to \(person)" : "from \(person)"
    let words = "\(name) \(who)  \(percent) %  \(details)".escapedLine
    if Output.errorIsTerminal {
      block.set("\(Self.bar(percent)) \(words)", for: person)
      block.paint()
    } else if written[person].map({ percent >= $0 + Self.percentStep }) ?? true {
      written[person] = percent / Self.percentStep * Self.percentStep
      Output.writeError(words + "\n")
    }
  }

  func show(_ report: TransferReport, with person: String) {
    ended(with: person)
    guard !isQuiet else { return }
    above {
      for file in report.files {
        if json {
          Output.line(object(report, file, person))
        } else if verb == .sending {
          Output.line("\(file.path.escapedLine) has arrived at \(person.escapedLine)")
        } else {
          Output.line("received \(file.path.escapedLine) from \(person.escapedLine)")
        }
      }
    }
  }

  /// Of one who sends. What ends a sending to one person is told as the error of the whole.
  func show(_ news: FileSender.News, _ name: String, isForOne: Bool) {
    switch news {
    case .offered(let standing):
      for recipient in standing.recipients where recipient.isAwaited { tellWaiting(for: recipient) }
    case .progress(let progress, let person): show(progress, name, with: person)
    case .done(let report, let person): show(report, with: person)
    case .refused(let refusal):
      ended(with: refusal.person)
      if !isForOne { note("\(refusal)") }
    case .failed(let error, let person):
      ended(with: person)
      if !isForOne { note("\(person): \(Failure(error).words ?? "\(error)")") }
    case .interrupted(let interruption, let person):
      ended(with: person)
      note("\(person): \(interruption.words). Waiting for them to go on…")
    }
  }

  private func tellWaiting(for recipient: WireFileRecipient) {
    if json {
      var object = JSONObject(event: "waiting")
      object.add("for", recipient.name)
      object.add("active", recipient.active)
      return Output.line(object)
    }
    note(
      recipient.active
        ? "\(recipient.name) is active where files cannot be received. Waiting for a terminal."
        : "\(recipient.name) is not active. Waiting…")
  }

  /// A remark for whoever looks.
  func note(_ words: String) {
    above { Output.note(words) }
  }

  func failure(_ words: String) {
    above { Output.failure(words) }
  }

  /// Whether the files are wanted.
  func ask(_ question: String) async -> Bool {
    above { Output.writeError(question) }
    let answer = (try? await offThread { readLine() ?? "" }) ?? ""
    return ["y", "yes"].contains(answer.lowercased())
  }

  /// A transfer has come to its end, whichever.
  func ended(with person: String) {
    written[person] = nil
    block.remove(person)
    if Output.errorIsTerminal, !json { block.paint() }
  }

  private func above(_ write: () -> Void) {
    guard Output.errorIsTerminal, !json else { return write() }
    block.erase()
    write()
    block.paint()
  }

  private func object(
    _ progress: TransferProgress, _ name: String, _ person: String
  ) -> JSONObject {
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

  private func object(
    _ report: TransferReport, _ file: TransferReport.File, _ person: String
  ) -> JSONObject {
    var object = JSONObject(event: "done")
    object.add("name", file.path)
    object.add(verb == .sending ? "to" : "from", person)
    object.add("bytes", file.bytes)
    object.add("seconds", report.seconds)
    object.add("path", report.path.name)
    object.add("sha256", file.sha256.hex)
    return object
  }

  private static func bar(_ percent: UInt64) -> String {
    let full = min(Int(percent) * barCells / 100, barCells)
    return "[" + String(repeating: "#", count: full)
      + String(repeating: ".", count: barCells - full) + "]"
  }
}

extension WireFileRecipient {
  /// Wanted, and not there to answer.
  var isAwaited: Bool {
    !canReceive && state != .complete && state != .refused && state != .accepted
  }
}
