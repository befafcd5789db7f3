/// Which of the last 65,536 packet numbers were received, so that each packet counts once.
///
/// That many, because a window of 64 or 128 drops good packets on a path that reorders.
package struct ReplayWindow: ~Copyable {
  package static let size: UInt64 = 1 << 16
  private static let wordCount = Int(size / 64)

  private let words: UnsafeMutablePointer<UInt64>
  /// One above the highest number received.
  package private(set) var end: UInt64 = 0

  package init() {
    words = .allocate(capacity: Self.wordCount)
    words.initialize(repeating: 0, count: Self.wordCount)
  }

  deinit { words.deallocate() }

  private static func place(_ number: UInt64) -> (word: Int, bit: UInt64) {
    (Int(truncatingIfNeeded: number >> 6) & (wordCount - 1), 1 << (number & 63))
  }

  /// False for a number received before, and for one too old to tell.
  package func isNew(_ number: UInt64) -> Bool {
    if number >= end { return true }
    guard end - number <= Self.size - 64 else { return false }
    let (word, bit) = Self.place(number)
    return words[word] & bit == 0
  }

  /// Only once the packet was opened: a forged number must not move the window.
  package mutating func insert(_ number: UInt64) {
    if number >= end {
      // Words that the window enters anew are cleared, at most all of them.
      let firstWord = end == 0 ? 0 : (end - 1) >> 6 + 1
      let lastWord = number >> 6
      if lastWord >= firstWord {
        let fresh = min(lastWord - firstWord + 1, UInt64(Self.wordCount))
        for offset in 0..<fresh {
          words[Int(truncatingIfNeeded: lastWord - offset) & (Self.wordCount - 1)] = 0
        }
      }
      end = number + 1
    }
    let (word, bit) = Self.place(number)
    words[word] |= bit
  }
}
