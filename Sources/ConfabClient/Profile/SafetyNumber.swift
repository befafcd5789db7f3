import Crypto

/// The number that two people compare to know that nobody stands between two of their devices.
package enum SafetyNumber {
  /// Makes guessing a key with the same number so many times dearer.
  private static let rounds = 5_200
  private static let groups = 12
  private static let bitsPerGroup = 20
  private static let context = Array("confab safety number 1".utf8)

  /// Twelve groups of five digits, the same on both sides.
  package static func text(_ a: [UInt8], _ b: [UInt8]) -> String {
    let (first, second) = a.lexicographicallyPrecedes(b) ? (a, b) : (b, a)
    let keys = first + second
    var digest = Array(SHA256.hash(data: context + keys))
    for _ in 0..<rounds { digest = Array(SHA256.hash(data: digest + keys)) }
    return (0..<groups).map { group(at: $0 * bitsPerGroup, of: digest) }.joined(separator: " ")
  }

  private static func group(at firstBit: Int, of digest: [UInt8]) -> String {
    var value = 0
    for bit in firstBit..<firstBit + bitsPerGroup {
      value = value << 1 | Int(digest[bit / 8] >> UInt8(7 - bit % 8) & 1)
    }
    let digits = String(value % 100_000)
    return String(repeating: "0", count: 5 - digits.count) + digits
  }
}
