import Foundation
import Synchronization
import Testing

/// A wide-area network of namespaces on this machine, gone when nobody needs it any more: people behind
/// address translators of their own, and a server between them. What it is made of stands in
/// `network.sh`.
final class TestNetwork: Sendable {
  static let ip = "/sbin/ip"
  static let serverAddress = "10.88.0.1"

  enum Translator: String {
    case cone
    case symmetric
  }

  let name: String
  private let people: [String]

  /// - Parameter people: with the translator that each is behind.
  init(_ people: KeyValuePairs<String, Translator>) throws {
    name = "cf\(getpid())-\(Self.count.add(1, ordering: .relaxed).newValue)"
    self.people = people.map(\.key)
    try Self.run(name, "up")
    for (person, translator) in people { try change("nat", person, translator.rawValue) }
  }

  deinit { try? Self.run(name, "down") }

  private static let count = Atomic(0)

  var server: String { name + "-wan" }

  /// The server's own for people who have none: they administer it.
  func space(of person: String) -> String {
    people.contains(person) ? "\(name)-\(person)" : server
  }

  func change(_ verb: String, _ arguments: String...) throws {
    try Self.run(name, verb, arguments)
  }

  /// Why there can be none here; nil when there can.
  static let obstacle: Comment? = {
    guard getuid() == 0 else { return "skipped: namespaces need root" }
    guard FileManager.default.isExecutableFile(atPath: ip) else {
      return "skipped: there is no \(ip); Tools/setup test installs it"
    }
    do {
      let name = "cf\(getpid())-trial"
      defer { try? run(name, "down") }
      try run(name, "up")
      try run(name, "nat", ["leaf", "symmetric"])
      return nil
    } catch {
      return "skipped: no namespaces can be made here: \(error)"
    }
  }()

  private static func run(_ name: String, _ verb: String, _ arguments: [String] = []) throws {
    let process = Process()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("network.sh")
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [script.path, name, verb] + arguments
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let words = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Unexpected("network.sh \(verb): \(String(decoding: words, as: UTF8.self))")
    }
  }
}
