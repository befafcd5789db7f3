/// One thing to mend, in the form that editors and CI logs turn into a link.
struct Finding: Comparable, CustomStringConvertible {
  let path: String
  /// Counted from 1. A finding about the file as a whole is on line 1.
  let line: Int
  /// What is wrong and what to do about it.
  let words: String

  var description: String { "\(path):\(line): \(words)" }

  static func < (a: Finding, b: Finding) -> Bool {
    (a.path, a.line, a.words) < (b.path, b.line, b.words)
  }
}
