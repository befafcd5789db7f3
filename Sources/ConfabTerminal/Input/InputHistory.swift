/// Lines that were entered, for the arrow keys.
package struct InputHistory: Hashable, Sendable {
  /// Older ones are forgotten.
  package static let linesMax = 500

  private var lines: [String] = []
  /// The line on show, and what was being typed before the person went looking; nil when typing.
  private var browsing: Browsing?

  private struct Browsing: Hashable, Sendable {
    var index: Int
    var draft: String
  }

  package init(lines: [String] = []) {
    self.lines = Array(lines.suffix(Self.linesMax))
  }

  package mutating func add(_ line: String) {
    browsing = nil
    guard lines.last != line else { return }
    lines.append(line)
    if lines.count > Self.linesMax { lines.removeFirst() }
  }

  /// The line before; nil when there is none.
  package mutating func older(than current: String) -> String? {
    let index = (browsing?.index ?? lines.count) - 1
    guard lines.indices.contains(index) else { return nil }
    browsing = Browsing(index: index, draft: browsing?.draft ?? current)
    return lines[index]
  }

  /// The line after, at the end what was being typed; nil when typing already.
  package mutating func newer() -> String? {
    guard let shown = browsing else { return nil }
    guard lines.indices.contains(shown.index + 1) else {
      browsing = nil
      return shown.draft
    }
    browsing?.index += 1
    return lines[shown.index + 1]
  }

  /// The shown line was changed: it is a draft of its own from now on.
  package mutating func stopBrowsing() {
    browsing = nil
  }
}
