package import Foundation
package import Testing

/// A file that tests compare with what the code does now. `UPDATE=1 swift test` writes it anew; the
/// difference is then for a person to review.
package struct GoldenFile {
  package let url: URL

  /// - Parameter path: from the root of the repository.
  package init(_ path: String) {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    url = root.appendingPathComponent(path)
  }

  package static var isUpdating: Bool { ProcessInfo.processInfo.environment["UPDATE"] == "1" }

  package func read() throws -> String { try String(contentsOf: url, encoding: .utf8) }

  package func write(_ text: String) throws {
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
  }

  /// Fails at the first line that differs.
  package func expect(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    if Self.isUpdating { return try write(text) }
    let expected = try read().split(separator: "\n", omittingEmptySubsequences: false)
    let actual = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (line, pair) in zip(expected, actual).enumerated() where pair.0 != pair.1 {
      Issue.record(
        "\(url.lastPathComponent):\(line + 1) says \"\(pair.0)\", now it is \"\(pair.1)\"",
        sourceLocation: sourceLocation)
      return
    }
    #expect(expected.count == actual.count, sourceLocation: sourceLocation)
  }
}
