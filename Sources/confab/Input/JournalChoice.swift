import ConfabJournal
import Foundation

/// Where messages are kept, as `--journal` says it.
enum JournalChoice {
  case sqlite
  case jetStream(JetStreamOptions)

  private static let jwtMark = "-----BEGIN NATS USER JWT-----"

  /// - Parameters:
  ///   - option: its name, for words to people.
  ///   - credentials: a file that opens the NATS servers: what nsc writes, or a name and a password.
  ///   - authorities: a PEM file of who may vouch for them.
  ///   - backup: with which a server without a copy of the stream begins.
  init(
    _ text: String, option: String, credentials: String?, authorities: String?,
    backup: String? = nil
  ) throws(UsageError) {
    if text == "sqlite" {
      guard backup == nil else {
        throw UsageError(
          "--journal-backup is for --journal nats://…; use 'confab admin restore' for a journal on sqlite"
        )
      }
      self = .sqlite
      return
    }
    guard let address = JournalAddress(text) else {
      throw UsageError(
        "\(option) \(text) is invalid: it is sqlite, or nats://HOST:PORT,HOST:PORT/NAME with the NATS "
          + "servers and the name of the place")
    }
    var options = JetStreamOptions(address: address)
    if let credentials { options.credentials = try Self.credentials(credentials) }
    if let authorities {
      guard FileManager.default.isReadableFile(atPath: authorities) else {
        throw UsageError("--journal-authorities \(authorities) cannot be read")
      }
      options.authorities = authorities
    }
    options.backup = backup
    self = .jetStream(options)
  }

  private static func credentials(
    _ file: String
  ) throws(UsageError) -> JetStreamOptions.Credentials {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw UsageError("--journal-credentials \(file) cannot be read")
    }
    if text.contains(jwtMark) { return .file(path: file) }
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 2 else {
      throw UsageError(
        "--journal-credentials \(file) is neither what nsc writes nor a name and a password")
    }
    return .user(name: String(words[0]), password: String(words[1]))
  }
}
