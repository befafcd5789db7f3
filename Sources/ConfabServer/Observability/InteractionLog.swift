import ConfabHub
import Logging

/// One line of the log for each interaction: "ann sent a message", never a text, never a secret.
struct InteractionLog: Sendable {
  let logger: Logger

  func log(_ line: LogLine) {
    let level = line.level == .info ? Logger.Level.info : .warning
    guard level >= logger.logLevel else { return }
    let message = line.who.isEmpty ? line.what : "\(line.who) \(line.what)"
    logger.log(
      level: level, "\(message)",
      metadata: ["address": "\(line.address)", "detail": "\(line.detail)"])
  }
}
