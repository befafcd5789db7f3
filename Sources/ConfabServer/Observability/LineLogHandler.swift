package import Logging
import Primitives

/// Writes each log message as one line, for people or for programs.
package struct LineLogHandler: LogHandler {
  package enum Format: String, Sendable, CaseIterable {
    /// `2026-11-22T17:01:02.123Z info ann signed in address=10.0.0.7`
    case text
    /// One object a line.
    case json
  }

  package var metadata: Logger.Metadata = [:]
  package var logLevel: Logger.Level
  private let format: Format
  private let sink: LogSink

  package init(format: Format, level: Logger.Level, sink: LogSink) {
    self.format = format
    self.sink = sink
    logLevel = level
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var fields: [(key: String, value: String)] = []
    for (key, value) in metadata where event.metadata?[key] == nil {
      fields.append((key, "\(value)"))
    }
    for (key, value) in event.metadata ?? [:] { fields.append((key, "\(value)")) }
    fields.sort { $0.key < $1.key }
    let time = Clock.wall().description
    switch format {
    case .text:
      var line = "\(time) \(event.level) \(Self.visible("\(event.message)"))"
      for (key, value) in fields where !value.isEmpty { line += " \(key)=\(Self.visible(value))" }
      sink.append(line)
    case .json:
      let pairs = [("time", time), ("level", "\(event.level)"), ("message", "\(event.message)")]
      let members = (pairs + fields).map { "\(Self.quoted($0.0)):\(Self.quoted($0.1))" }
      sink.append("{\(members.joined(separator: ","))}")
    }
  }

  /// What a stranger chose must not act on the terminal that shows it, nor begin a new line.
  private static func visible(_ text: String) -> String {
    // Nearly every text is plain, and looking up what kind of scalar each is costs more than the line.
    if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.map { isControl($0) ? escape($0) : String($0) }.joined()
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where isControl(scalar): result += escape(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private static func isControl(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// Four digits, as in JSON; the few format characters beyond U+FFFF are written as a mark.
  private static func escape(_ scalar: UnicodeScalar) -> String {
    guard scalar.value <= 0xFFFF else { return "\\ufffd" }
    let digits = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
