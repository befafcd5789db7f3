package import ConfabClient
import ConfabTerminal
import Foundation
import Glibc

/// The lines that were typed in the chat, kept in the profile for the arrow keys. One JSON text a line,
/// because what is typed may have several.
package struct TypedLines: Sendable {
  private static let fileName = "typed-lines"
  private static let fileMode: mode_t = 0o600

  private let path: String

  package init(_ profile: Profile) {
    path = "\(profile.folder)/\(Self.fileName)"
  }

  /// The newest lines. Forgetting some is no reason not to chat, so trouble is none.
  package func load() -> [String] {
    guard let bytes = FileManager.default.contents(atPath: path) else { return [] }
    let all = bytes.split(separator: 10)
    let kept = all.suffix(InputHistory.linesMax)
    // Sometimes, and never while another chat may be writing its next line into a short file.
    if all.count > 2 * InputHistory.linesMax { replace(with: kept) }
    return kept.compactMap { try? JSONDecoder().decode(String.self, from: $0) }
  }

  package func add(_ line: String) {
    guard let text = try? JSONEncoder().encode(line) else { return }
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, Self.fileMode)
    guard file >= 0 else { return }
    defer { close(file) }
    // In one write, so that lines of several chats do not mix.
    let bytes = Array(text) + [10]
    _ = write(file, bytes, bytes.count)
  }

  private func replace(with lines: ArraySlice<Data>) {
    let temporary = "\(path).\(getpid()).new"
    let bytes = Array(lines.map { $0 + [10] }.joined())
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, Self.fileMode)
    guard file >= 0 else { return }
    let isWhole = write(file, bytes, bytes.count) == bytes.count
    close(file)
    if isWhole { rename(temporary, path) } else { unlink(temporary) }
  }
}
