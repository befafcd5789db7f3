import Foundation
import Primitives

/// Sentences of made-up words, some of which are as common as words are: the nth most common one is
/// said 1/n as often as the first (Zipf's law).
struct HistoryTexts {
  static let vocabulary = 20_000
  private static let wordsPerText = 8...24
  private static let syllables = [
    "ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "xo", "zu", "ka",
    "he", "ji", "mo", "nu",
  ]

  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// - Parameter rank: 1 is the most common one.
  static func word(_ rank: Int) -> String {
    var text = ""
    var rest = rank
    while rest > 0 {
      text += syllables[rest % syllables.count]
      rest /= syllables.count
    }
    return text
  }

  mutating func text() -> String {
    (0..<Int.random(in: Self.wordsPerText, using: &random)).map { _ in Self.word(rank()) }
      .joined(separator: " ")
  }

  /// One of the ranks in a range, each as likely.
  mutating func word(in ranks: ClosedRange<Int>) -> String {
    Self.word(Int.random(in: ranks, using: &random))
  }

  private mutating func rank() -> Int {
    let share = Double.random(in: 0..<1, using: &random)
    return Int(exp(share * log(Double(Self.vocabulary))))
  }
}
