/// Past these a file or a function is hard to hold in one's head.
private let fileLinesMax = 600
private let functionLinesMax = 70

/// What is longer than it should be has an allowance in `ratchet.txt`. Allowances only shrink: one
/// that is larger than needed is a finding too.
func lengths(_ tree: Tree) -> [Finding] {
  var ratchet = Ratchet(tree)
  var found: [Finding] = []
  for file in tree.files where isSource(file) {
    found += ratchet.judge(
      file.finding(0, ""), subject: "file", name: nil, lines: file.lines.count,
      ceiling: fileLinesMax, advice: "split it by idea")
    for function in functions(in: file) {
      found += ratchet.judge(
        file.finding(function.line, ""), subject: "function", name: function.name,
        lines: function.lines, ceiling: functionLinesMax, advice: "move a step into its own")
    }
  }
  return found + ratchet.unused
}

/// A schema is one page on purpose, however long.
private func isSource(_ file: File) -> Bool {
  let endings = [".swift", ".py", ".js", ".c", ".h"]
  return !file.isGenerated && endings.contains { file.path.hasSuffix($0) }
}

// MARK: - The ratchet

/// `Tools/tidy/ratchet.txt`: `file PATH LINES` and `function PATH NAME LINES`.
private struct Ratchet {
  static let path = "Tools/tidy/ratchet.txt"

  private struct Allowance {
    let line: Int
    let lines: Int
    var isUsed = false
  }

  private var allowances: [String: Allowance] = [:]
  private var malformed: [Finding] = []

  init(_ tree: Tree) {
    guard let file = tree.file(Ratchet.path) else { return }
    for (index, line) in file.lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
      let fields = line.split(separator: " ")
      guard let last = fields.last, let lines = Int(last),
        fields.count == (fields[0] == "file" ? 3 : 4)
      else {
        malformed.append(
          file.finding(index, "not 'file PATH LINES' or 'function PATH NAME LINES': mend the line"))
        continue
      }
      let key = fields.dropLast().joined(separator: " ")
      allowances[key] = Allowance(line: index, lines: lines)
    }
  }

  mutating func judge(
    _ place: Finding, subject: String, name: String?, lines: Int, ceiling: Int, advice: String
  ) -> [Finding] {
    let title = name.map { "the function '\($0)'" } ?? "the file"
    let key = [subject, place.path, name].compactMap { $0 }.joined(separator: " ")
    guard lines > ceiling else { return [] }
    guard let allowance = allowances[key] else {
      return [place.saying("\(title) has \(lines) lines, \(ceiling) is the ceiling: \(advice)")]
    }
    allowances[key]?.isUsed = true
    if lines > allowance.lines {
      return [place.saying("\(title) grew from \(allowance.lines) to \(lines) lines: \(advice)")]
    }
    if lines < allowance.lines {
      return [place.saying("\(title) shrank: lower its allowance in \(Ratchet.path) to \(lines)")]
    }
    return []
  }

  var unused: [Finding] {
    malformed
      + allowances.filter { !$0.value.isUsed }.map { key, allowance in
        Finding(
          path: Ratchet.path, line: allowance.line + 1,
          words: "'\(key)' needs no allowance any more: delete the line")
      }
  }
}

extension Finding {
  fileprivate func saying(_ words: String) -> Finding {
    Finding(path: path, line: line, words: words)
  }
}

// MARK: - Functions

private struct Function {
  let name: String
  /// Index of the line with the keyword.
  let line: Int
  let lines: Int
}

/// Every `func`, `init`, `deinit`, `subscript` and computed `var`, found by counting braces.
private func functions(in file: File) -> [Function] {
  file.code.indices.compactMap { index in
    guard let name = declaredFunction(file.code[index]),
      let end = endOfBody(in: file.code, from: index)
    else { return nil }
    return Function(name: name, line: index, lines: end - index + 1)
  }
}

private let modifiers: Set<String> = [
  "public", "package", "internal", "fileprivate", "private", "static", "class", "final",
  "override", "mutating", "nonmutating", "consuming", "borrowing", "convenience", "required",
  "nonisolated", "isolated", "unsafe", "lazy", "discardableResult", "inlinable", "inline",
  "always", "__always", "never", "usableFromInline", "MainActor", "Sendable", "Test", "indirect",
]

private func declaredFunction(_ line: String) -> String? {
  let words = words(of: line)
  guard let keyword = words.first(where: { !modifiers.contains($0) }) else { return nil }
  let name = words.drop { $0 != keyword }.dropFirst().first
  switch keyword {
  case "func":
    // An operator has no word for a name.
    return line.mentions("func \(name ?? "")") ? name : "operator"
  case "var": return name
  case "init", "deinit", "subscript":
    return line.mentions(".\(keyword)") ? nil : keyword
  default: return nil
  }
}

private let declarationStarts: Set<String> = [
  "func", "var", "let", "init", "case", "typealias", "associatedtype", "subscript", "struct",
  "enum", "class", "extension", "protocol", "static", "mutating", "package", "private",
]

/// The index of the line with the closing brace; nil for a declaration without a body.
private func endOfBody(in code: [String], from start: Int) -> Int? {
  var parentheses = 0
  var braces = 0
  for index in code.indices[start...] {
    if index > start, braces == 0, parentheses == 0,
      let first = words(of: code[index]).first, declarationStarts.contains(first)
    {
      return nil
    }
    for byte in code[index].utf8 {
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
      // A stored property, whose value is no body. (A default argument is within parentheses.)
      case UInt8(ascii: "=") where braces == 0 && parentheses == 0: return nil
      case UInt8(ascii: "{") where parentheses == 0 || braces > 0: braces += 1
      case UInt8(ascii: "}") where parentheses == 0 || braces > 0:
        braces -= 1
        if braces == 0 { return index }
        if braces < 0 { return nil }
      default: break
      }
    }
  }
  return nil
}
