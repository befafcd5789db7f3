import ConfabServer
import Foundation
import Logging
import Testing

/// What the server says of itself on standard error.
@Suite struct LogTests {
  /// The lines that are written while the body runs. They are read beside it, as by a terminal.
  private func lines(
    as format: LineLogHandler.Format, droppedLines: UnsafeMutablePointer<Int>? = nil,
    readsLate: Bool = false, _ body: (Logger) -> Void
  ) throws -> [String] {
    let pipe = Pipe()
    let sink = LogSink(
      metrics: ServerMetrics(), descriptor: pipe.fileHandleForWriting.fileDescriptor)
    let logger = Logger(label: "test") { _ in
      LineLogHandler(format: format, level: .info, sink: sink)
    }
    let reader = DispatchQueue(label: "reader")
    // Proof: written on the reader's queue, and read on it.
    nonisolated(unsafe) var written = Data()
    func read() {
      let handle = pipe.fileHandleForReading
      reader.async { written = handle.readDataToEndOfFile() }
    }
    if !readsLate { read() }
    body(logger)
    if readsLate { read() }
    sink.flush()
    droppedLines?.pointee = sink.droppedLines
    try pipe.fileHandleForWriting.close()
    return reader.sync { String(decoding: written, as: UTF8.self) }.split(separator: "\n")
      .map(String.init)
  }

  @Test func aLineForPeople() throws {
    let lines = try lines(as: .text) { logger in
      logger.info("ann signed in", metadata: ["address": "10.0.0.7", "detail": ""])
      logger.debug("nobody asked for this")
    }
    #expect(lines.count == 1)
    // What is empty is left out.
    #expect(lines.first?.hasSuffix("Z info ann signed in address=10.0.0.7") == true)
  }

  /// A name or an address may be a stranger's.
  @Test(arguments: ["a\u{1B}[2Jb", "a\nb", "a\u{202E}b", "a\u{2028}b", "a\u{7F}b"])
  func nothingActsOnTheTerminal(_ text: String) throws {
    let lines = try lines(as: .text) { $0.info("\(text)", metadata: ["detail": "\(text)"]) }
    #expect(lines.count == 1)
    let line = try #require(lines.first)
    #expect(line.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(line.matches(of: /a\\u[0-9a-f]{4}/).count == 2)
  }

  @Test(arguments: ["plain", "a \"quoted\" \\ text", "a\u{1B}b\nc", "ünï 👍"])
  func anObjectALineForPrograms(_ text: String) throws {
    let lines = try lines(as: .json) { $0.warning("\(text)", metadata: ["detail": "\(text)"]) }
    #expect(lines.count == 1)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: String])
    #expect(object["message"] == text)
    #expect(object["detail"] == text)
    #expect(object["level"] == "warning")
    #expect(object["time"]?.hasSuffix("Z") == true)
  }

  /// Three megabytes and a reader that comes when all of it was said: the server does not wait, and
  /// what it drops is whole lines that it counts.
  @Test func aSlowTerminalStopsNothing() throws {
    let text = String(repeating: "x", count: 10_000)
    var dropped = 0
    let lines = try lines(as: .text, droppedLines: &dropped, readsLate: true) { logger in
      for _ in 0..<350 { logger.info("\(text)") }
    }
    #expect(dropped > 0)
    #expect(lines.count + dropped == 350)
    #expect(lines.allSatisfy { $0.hasSuffix(" info " + text) })
  }
}
