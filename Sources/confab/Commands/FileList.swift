import ArgumentParser
import ConfabClient
import ConfabTransfer
import ConfabWire
import Foundation
import Primitives

struct FileList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the files that are offered, and what is unfinished.",
    discussion: """
      First come the files that are offered to you, and by you; then what transfers that were broken off
      left on this device, in the folders that it received into and in the one where you are. Such a part
      is gone on with when the same is offered again.
      """)

  @Flag(help: "Only what is unfinished here; no server is asked.")
  var unfinished = false

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func run() async throws {
    let profile = try client.openProfile()
    if !unfinished { try await listOffers() }
    for part in UnfinishedParts.find(profile) {
      Output.line(output.json ? part.json(event: "unfinished").text : "unfinished  \(part.line)")
    }
  }

  private func listOffers() async throws {
    let connection = try await client.connect()
    for offer in try await connection.fileOffers() {
      if output.json {
        Output.line(offer.json(event: "file"))
      } else {
        Output.line(
          "\(offer.from.escapedLine) to \(offer.label.escapedLine)  "
            + "\(offer.summary.name.escapedLine)  \(TransferText.size(offer.summary.bytes))  "
            + offer.state.name)
      }
    }
  }
}

struct FileForget: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Take unfinished parts of files off this device.",
    discussion: """
      Who is offered the same again then begins at the beginning. The ids are those of
      'confab file list --unfinished'; their beginnings are enough.

        confab file forget 3f2a9c01
        confab file forget --older-than 30d
      """)

  @Option(help: "All to which nothing has come for so long: 12h, 30d.")
  var olderThan: DurationArgument?

  @Flag(help: "All of them.")
  var all = false

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  @Argument(help: "The beginnings of their ids.")
  var ids: [String] = []

  func run() async throws {
    let ways = [!ids.isEmpty, olderThan != nil, all]
    guard ways.count(where: { $0 }) == 1 else {
      throw UsageError("Name the parts by their ids, or say --older-than DURATION, or --all.")
    }
    let parts = UnfinishedParts.find(try client.openProfile())
    for part in ids.isEmpty ? old(parts) : try ids.map({ try find($0, in: parts) }) {
      do throws(UnfinishedPart.Fault) {
        try part.forget()
      } catch {
        switch error {
        case .busy where ids.isEmpty: continue
        case .busy: throw UsageError("\(part.title) is being received at this moment.")
        case .system(let error): throw UsageError("\(error)")
        }
      }
      Output.line(output.json ? part.json(event: "forgotten").text : "forgot  \(part.line)")
    }
  }

  private func old(_ parts: [UnfinishedPart]) -> [UnfinishedPart] {
    guard let olderThan else { return parts }
    return parts.filter { UnfinishedParts.age(of: $0) >= olderThan.duration }
  }

  private func find(_ id: String, in parts: [UnfinishedPart]) throws -> UnfinishedPart {
    let found = parts.filter { $0.id.hasPrefix(id.lowercased()) }
    guard let part = found.first else {
      throw UsageError(
        "Nothing unfinished has the id \(id.escapedLine). confab file list --unfinished shows them."
      )
    }
    guard found.count == 1 else {
      throw UsageError(
        "The ids of \(found.count) parts begin with \(id.escapedLine). Say more of it.")
    }
    return part
  }
}

/// What is unfinished on this device.
enum UnfinishedParts {
  /// Who breaks a transfer off goes on with it within days, or never.
  static let oldSeconds: Int64 = 7 * 86_400

  /// In all folders that something was received into, and in one more; the oldest first.
  static func find(_ profile: Profile, also folder: String = ".") -> [UnfinishedPart] {
    let folders = ((try? profile.receivingFolders()) ?? []) + [folder]
    // One folder may have several names.
    let parts = Set(folders.flatMap { UnfinishedPart.find(in: $0) })
    return parts.sorted { ($0.changedAt, $0.id) < ($1.changedAt, $1.id) }
  }

  static func age(of part: UnfinishedPart) -> Duration {
    .milliseconds(
      max(
        LocalTime.now.millisecondsSinceEpoch - part.changedAt.millisecondsSinceEpoch, 0))
  }
}

extension UnfinishedPart {
  private static let idDigitsShown = 8

  var title: String { (name ?? "What is called \(id)").escapedLine }

  var line: String {
    let size =
      bytesTotal.map { TransferText.bytes(bytesOnDisk, of: max($0, bytesOnDisk)) }
      ?? TransferText.size(bytesOnDisk)
    let what = [name, from.map { "from \($0)" }].compactMap { $0?.escapedLine }
    let age = TransferText.age(UnfinishedParts.age(of: self))
    return
      ([String(id.prefix(Self.idDigitsShown))] + what + [size, "\(age) old", folder.escapedLine])
      .joined(separator: "  ")
  }

  func json(event: String) -> JSONObject {
    var object = JSONObject(event: event)
    object.add("id", id)
    if let name { object.add("name", name) }
    if let from { object.add("from", from) }
    object.add("bytes", bytesOnDisk)
    if let bytesTotal { object.add("total", bytesTotal) }
    object.add("changed", changedAt.description)
    object.add("folder", folder)
    return object
  }
}
