import Foundation
import Testing

/// The bot in Python, made from `confab.proto` alone, talks with the real server.
@Suite struct BotTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private static let bot = root.appendingPathComponent("Examples/python/confab_bot.py")

  static let canRun: Bool = {
    let python = Process()
    python.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    python.arguments = ["-c", "import google.protobuf"]
    python.standardError = FileHandle.nullDevice
    guard FileManager.default.fileExists(atPath: "/usr/bin/protoc"), (try? python.run()) != nil
    else { return false }
    python.waitUntilExit()
    return python.terminationStatus == 0
  }()

  @Test(.enabled(if: canRun, "needs python3-protobuf and protobuf-compiler"))
  func theBotIsHeard() async throws {
    let place = try await Place()
    try await place.bring("ann")
    let link = try await place.admin(["invite"]).expectSuccess().output.firstLine
    let bot = try RunningProgram(
      program: URL(fileURLWithPath: "/usr/bin/python3"),
      [
        Self.bot.path, link, "--name", "robot", "--join", "--password-stdin", "--once",
        "hello from python",
      ], home: place.home("robot"), input: password)
    let outcome = try await bot.outcome().expectSuccess()
    #expect(outcome.output.contains("#lobby 1 robot: hello from python"))
    let read = try await place.run("ann", ["read", "#lobby"])
    #expect(read.output.contains("hello from python"))
  }
}
