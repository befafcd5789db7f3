/// Just enough of Swift's lexer to tell code from comments and strings.
struct Code {
  /// Where we are; the stack's last element rules.
  private enum Place {
    /// Code; inside an interpolation it counts the parentheses that are still open.
    case code(parentheses: Int)
    case lineComment
    /// Swift's block comments nest.
    case blockComment(depth: Int)
    case string(hashes: Int, multiline: Bool)
  }

  private let bytes: [UInt8]
  private var at = 0
  private var blanked: [UInt8] = []
  private var places: [Place] = [.code(parentheses: 0)]

  /// The lines of `text`, each as long as before in bytes, with spaces for all that is not code.
  static func blanked(_ text: String, lineCount: Int) -> [String] {
    var code = Code(text)
    while code.at < code.bytes.count { code.step() }
    let lines = code.blanked.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return lines.prefix(lineCount).map { String(decoding: $0, as: UTF8.self) }
  }

  private init(_ text: String) {
    bytes = Array(text.utf8)
    blanked.reserveCapacity(bytes.count)
  }

  private mutating func step() {
    switch places.last {
    case .code(let parentheses): stepInCode(parentheses)
    case .lineComment:
      if bytes[at] == UInt8(ascii: "\n") { places.removeLast() }
      blank(1)
    case .blockComment(let depth): stepInBlockComment(depth)
    case .string(let hashes, let multiline): stepInString(hashes, multiline)
    case nil: blank(1)
    }
  }

  private mutating func stepInCode(_ parentheses: Int) {
    if starts("//") {
      places.append(.lineComment)
      blank(2)
    } else if starts("/*") {
      places.append(.blockComment(depth: 1))
      blank(2)
    } else if let hashes = hashesBeforeQuote() {
      let multiline = starts("\"\"\"", offset: hashes)
      places.append(.string(hashes: hashes, multiline: multiline))
      keep(hashes + (multiline ? 3 : 1))
    } else {
      countParentheses(parentheses)
      keep(1)
    }
  }

  /// Only an interpolation ends at its closing parenthesis; the bottom of the stack is the file.
  private mutating func countParentheses(_ parentheses: Int) {
    guard places.count > 1 else { return }
    switch bytes[at] {
    case UInt8(ascii: "("): places[places.count - 1] = .code(parentheses: parentheses + 1)
    case UInt8(ascii: ")") where parentheses == 1: places.removeLast()
    case UInt8(ascii: ")"): places[places.count - 1] = .code(parentheses: parentheses - 1)
    default: break
    }
  }

  private mutating func stepInBlockComment(_ depth: Int) {
    if starts("/*") {
      places[places.count - 1] = .blockComment(depth: depth + 1)
      blank(2)
    } else if starts("*/") {
      if depth == 1 {
        places.removeLast()
      } else {
        places[places.count - 1] = .blockComment(depth: depth - 1)
      }
      blank(2)
    } else {
      blank(1)
    }
  }

  private mutating func stepInString(_ hashes: Int, _ multiline: Bool) {
    let fence = String(repeating: "#", count: hashes)
    let quotes = multiline ? "\"\"\"" : "\""
    if starts(quotes + fence) {
      places.removeLast()
      keep(quotes.utf8.count + hashes)
    } else if starts("\\" + fence + "(") {
      places.append(.code(parentheses: 1))
      keep(hashes + 2)
    } else if hashes == 0, bytes[at] == UInt8(ascii: "\\") {
      blank(2)
    } else if !multiline, bytes[at] == UInt8(ascii: "\n") {
      // Not Swift after all (a quote in a regular expression, say): start afresh on the next line.
      places.removeLast()
      blank(1)
    } else {
      blank(1)
    }
  }

  private func hashesBeforeQuote() -> Int? {
    var hashes = 0
    while at + hashes < bytes.count, bytes[at + hashes] == UInt8(ascii: "#") { hashes += 1 }
    return starts("\"", offset: hashes) ? hashes : nil
  }

  private func starts(_ token: String, offset: Int = 0) -> Bool {
    bytes[min(at + offset, bytes.count)...].starts(with: token.utf8)
  }

  private mutating func keep(_ count: Int) {
    for _ in 0..<count where at < bytes.count {
      blanked.append(bytes[at])
      at += 1
    }
  }

  /// Line feeds stay: the lines of code must be the lines of the file.
  private mutating func blank(_ count: Int) {
    for _ in 0..<count where at < bytes.count {
      let isNewline = bytes[at] == UInt8(ascii: "\n")
      blanked.append(isNewline ? bytes[at] : UInt8(ascii: " "))
      at += 1
    }
  }
}

/// The words of a line: runs of letters, digits and `_`. In bytes, because every rule asks this of
/// every line; what is not ASCII counts as a letter.
func words(of line: some StringProtocol) -> [String] {
  line.utf8.split(whereSeparator: { !isWordByte($0) }).map { String(decoding: $0, as: UTF8.self) }
}

private func isWordByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
    true
  default: false
  }
}

extension StringProtocol {
  /// The library's own search builds tables for each call, which made it most of tidy's time.
  func place(of token: String) -> Range<Index>? {
    guard let first = token.utf8.first else { return nil }
    var from = startIndex
    while let start = utf8[from...].firstIndex(of: first) {
      if utf8[start...].starts(with: token.utf8) {
        return start..<utf8.index(start, offsetBy: token.utf8.count)
      }
      from = utf8.index(after: start)
    }
    return nil
  }

  func mentions(_ token: String) -> Bool { place(of: token) != nil }
}
