import Foundation

/// The text files of the repository, read once. Rules see only this value, so the self-test can
/// hand them a tree that never was on a disk.
struct Tree: Sendable {
  let files: [File]
  /// Every file and folder, binary ones too, because a link may lead to any of them.
  let paths: Set<String>

  init(files: [File], otherPaths: [String] = []) {
    self.files = files.sorted { $0.path < $1.path }
    var paths = Set(otherPaths)
    for path in files.map(\.path) + otherPaths {
      var prefix = path[...]
      paths.insert(path)
      while let slash = prefix.lastIndex(of: "/") {
        prefix = prefix[..<slash]
        paths.insert(String(prefix))
      }
    }
    self.paths = paths
  }

  func file(_ path: String) -> File? { files.first { $0.path == path } }

  var swiftFiles: [File] { files.filter { $0.path.hasSuffix(".swift") } }
  var handWrittenSwift: [File] { swiftFiles.filter { !$0.isGenerated } }
  var markdown: [File] { files.filter { $0.path.hasSuffix(".md") } }
}

extension Tree {
  /// Past this a file is data, not something that a person reads.
  static let fileBytesMax = 2_000_000

  init(readingFrom root: String) throws {
    var files: [File] = []
    var others: [String] = []
    try Tree.walk(root: root, folder: "") { path in
      let size = try FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")[.size]
      guard let size = size as? Int, size <= Tree.fileBytesMax,
        let data = FileManager.default.contents(atPath: "\(root)/\(path)"),
        !data.contains(0), let text = String(data: data, encoding: .utf8)
      else {
        others.append(path)
        return
      }
      files.append(File(path: path, text: text))
    }
    self.init(files: files, otherPaths: others)
  }

  private static func walk(
    root: String, folder: String, visit: (String) throws -> Void
  ) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)").sorted() {
      if isSkipped(name) { continue }
      let path = folder.isEmpty ? name : "\(folder)/\(name)"
      let type = try FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")[.type]
      switch type as? FileAttributeType {
      case .typeDirectory: try walk(root: root, folder: path, visit: visit)
      case .typeRegular: try visit(path)
      default: continue
      }
    }
  }

  /// What `.gitignore` names: made by builds and runs, not by people.
  private static func isSkipped(_ name: String) -> Bool {
    name == ".git" || name.hasPrefix(".build") || name == ".swiftpm" || name == ".cache"
      || name.hasPrefix("confab-data") || name == "__pycache__" || name == "Package.resolved"
      || name.hasSuffix(".deb")
  }
}

struct File: Sendable {
  let path: String
  let lines: [Substring]
  /// For Swift: the same lines with comments and the insides of strings blanked, so that a rule
  /// about code is not set off by a sentence about it. Empty for other files.
  let code: [String]

  init(path: String, text: String) {
    self.path = path
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    endsWithNewline = lines.last?.isEmpty ?? true
    if endsWithNewline { lines.removeLast() }
    self.lines = lines
    code = path.hasSuffix(".swift") ? Code.blanked(text, lineCount: lines.count) : []
  }

  let endsWithNewline: Bool

  var name: Substring { path.split(separator: "/").last ?? path[...] }
  var isGenerated: Bool { path.contains("/Generated/") }

  /// `ConfabHub` for `Sources/ConfabHub/Fanout.swift`; nil outside of Sources.
  var target: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }

  func finding(_ index: Int, _ words: String) -> Finding {
    Finding(path: path, line: index + 1, words: words)
  }
}
