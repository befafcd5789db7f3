import Foundation
import Testing

/// One place on three NATS servers and two nodes, of which one after the other dies.
@Suite struct ClusterTests {
  /// The checks are those of `make faults`, which runs longer ones.
  @Test func whateverDiesNothingIsLostAndNothingIsTwice() throws {
    let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = top.appendingPathComponent("Tools/faults")
    process.arguments = [
      "--schedules", "1", "--seconds", "12", "--program", RunningProgram.confab.path,
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(said)")
  }
}
