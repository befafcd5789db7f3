import ConfabTerminal
import Foundation
import Testing

/// Screens as text, kept beside the tests. `UPDATE=1` rewrites them; review the difference.
enum GoldenScreen {
  static func expect(
    _ screen: Screen, named name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Screens")
    let file = folder.appendingPathComponent(name + ".txt")
    let shown = text(of: screen)
    if ProcessInfo.processInfo.environment["UPDATE"] == "1" {
      try shown.write(to: file, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOf: file, encoding: .utf8)
    #expect(shown == golden, "\(name).txt differs", sourceLocation: sourceLocation)
  }

  /// A frame around the screen, ticks of ten columns above it, and below it where the cursor is.
  static func text(of screen: Screen) -> String {
    let ruler = (0..<screen.width).map { $0 % 10 == 0 ? "+" : "-" }.joined()
    var lines = [" " + ruler]
    for row in 0..<screen.height {
      lines.append("|" + String(screen.row(row).compactMap(\.character)) + "|")
      if let cursor = screen.cursor, cursor.row == row {
        lines.append(String(repeating: " ", count: cursor.column + 1) + "^ cursor")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
