import ArgumentParser
import ConfabClient
import ConfabDomain
import ConfabWire
import Foundation
import NIOCore

extension Admin {
  struct ImportCredentials: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import-credentials",
      abstract: "Make accounts from an old credentials file.",
      discussion: """
        Each line is a name, one space, a password:
          Yoda     wise@!man         (with one space)
        Names that are there already are skipped, so that the same file can be imported again. \
        Short passwords are taken, with a warning. Confab's names are unique without regard to \
        case: a file with both Yoda and yoda is refused as a whole.

          confab admin import-credentials credentials.txt --data ./confab-data

        Delete the file afterwards: the server keeps hashes only. Exit 3 when lines were refused.
        """)

    @Argument(help: "The file; - is standard input.") var file: String
    @OptionGroup var admin: AdminOptions

    /// Passwords that the server hashes at the same time.
    private static let passwordsMax = 8

    func run() async throws {
      let credentials = CredentialsFile(try Self.text(of: file))
      let connection = try await admin.connect()
      let existing = try await connection.accounts().map(\.name)
      if let (one, other) = credentials.firstCollision(with: existing) {
        throw Rejection(
          .nameTaken,
          "\(one) and \(other) are the same name here, and may be two people. Rename one of them; "
            + "nothing was imported.")
      }
      var report = ImportReport()
      for problem in credentials.problems { report.refuse("line \(problem.line)", problem.reason) }
      try await add(credentials.entries, existing: Set(existing), connection, &report)
      report.end()
      if report.refused > 0 { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private func add(
      _ entries: [CredentialsFile.Entry], existing: Set<String>, _ connection: Connection,
      _ report: inout ImportReport
    ) async throws {
      var waiting = entries[...]
      while !waiting.isEmpty {
        let group = waiting.prefix(Self.passwordsMax)
        waiting = waiting.dropFirst(Self.passwordsMax)
        let answers = group.map { existing.contains($0.name) ? nil : submit($0, connection) }
        for (entry, answer) in zip(group, answers) {
          guard let answer else {
            report.skip(entry.name, "there is such an account already")
            continue
          }
          try await self.report(entry, answer, connection, &report)
        }
      }
    }

    private func report(
      _ entry: CredentialsFile.Entry, _ answer: EventLoopFuture<WireServerFrame.OneOf_Body>,
      _ connection: Connection, _ report: inout ImportReport
    ) async throws {
      var answer = answer
      while true {
        do {
          _ = try await answer.get()
          return report.add(entry)
        } catch let rejection as Rejection where rejection.mayPass {
          try await Task.sleep(for: rejection.retryAfter ?? Backoff.shortest)
          answer = submit(entry, connection)
        } catch let rejection as Rejection where rejection.code == .ownerRequired {
          throw rejection
        } catch let rejection as Rejection {
          return report.refuse(entry.name, rejection.message)
        }
      }
    }

    private func submit(
      _ entry: CredentialsFile.Entry, _ connection: Connection
    ) -> EventLoopFuture<WireServerFrame.OneOf_Body> {
      var add = WireAddAccount()
      add.name = entry.name
      add.role = .member
      add.password = entry.password
      add.imported = true
      return connection.submit(.addAccount(add))
    }

    private static func text(of file: String) throws -> String {
      let data =
        file == "-"
        ? FileHandle.standardInput.readDataToEndOfFile()
        : FileManager.default.contents(atPath: file)
      guard let data else {
        throw UsageError("\(file) cannot be read. Is the name right, and may you read it?")
      }
      guard let text = String(validating: data, as: UTF8.self) else {
        throw UsageError("\(file) is not UTF-8 text.")
      }
      return text
    }
  }
}

/// Tells each line's fate as it happens, and counts.
private struct ImportReport {
  private(set) var refused = 0
  private var imported = 0
  private var skipped = 0

  mutating func add(_ entry: CredentialsFile.Entry) {
    imported += 1
    let isShort = entry.password.utf8.count < Limits.passwordBytesMin
    Output.line(
      "imported \(entry.name.escapedLine)"
        + (isShort ? " (warning: a password this short is easily guessed; ask for a new one)" : ""))
  }

  mutating func skip(_ subject: String, _ reason: String) {
    skipped += 1
    Output.line("skipped \(subject.escapedLine): \(reason)")
  }

  mutating func refuse(_ subject: String, _ reason: String) {
    refused += 1
    Output.failure("\(subject): \(reason)")
  }

  func end() {
    Output.line("\(imported) imported, \(skipped) skipped, \(refused) refused")
  }
}
