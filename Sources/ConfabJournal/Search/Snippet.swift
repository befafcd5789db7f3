import ConfabDomain

/// The part of a text that shows why it was found.
package enum Snippet {
  /// Words shown before the first match, and in all.
  private static let wordsBefore = 6
  private static let wordsMax = 24

  /// - Returns: the text around the matches, each between `SearchHit.matchBegin` and `matchEnd`, with
  ///   "…" where it was cut. The marks stand nowhere else, whatever the text holds.
  package static func make(of text: String, for phrases: [Phrase]) -> String {
    let words = Words(text)
    let matches = merged(phrases.flatMap { $0.matches(in: words) })
    let first = max(0, (matches.first?.lowerBound ?? 0) - wordsBefore)
    let last = min(words.all.count, first + wordsMax)
    guard first < last else { return withoutMarks(text[...]) }
    var index = first == 0 ? text.startIndex : words.all[first].range.lowerBound
    let end = last == words.all.count ? text.endIndex : words.all[last - 1].range.upperBound
    var snippet = first == 0 ? "" : "…"
    for match in matches where match.lowerBound < last {
      let begin = words.all[match.lowerBound].range.lowerBound
      let close = words.all[min(match.upperBound, last) - 1].range.upperBound
      snippet += withoutMarks(text[index..<begin])
      snippet.append(SearchHit.matchBegin)
      snippet += withoutMarks(text[begin..<close])
      snippet.append(SearchHit.matchEnd)
      index = close
    }
    snippet += withoutMarks(text[index..<end])
    return last == words.all.count ? snippet : snippet + "…"
  }

  /// Sorted, and matches that overlap as one.
  private static func merged(_ matches: [Range<Int>]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for match in matches.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, match.lowerBound < last.upperBound {
        result[result.count - 1] = last.lowerBound..<max(last.upperBound, match.upperBound)
      } else {
        result.append(match)
      }
    }
    return result
  }

  private static func withoutMarks(_ text: Substring) -> String {
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isMark = scalar == "\u{E000}" || scalar == "\u{E001}"
      clean.append(isMark ? "\u{FFFD}" : scalar)
    }
    return String(clean)
  }
}
