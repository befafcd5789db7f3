/// What happened, as one number: two runs of a seed that differ anywhere differ here (after FNV-1a, a
/// word at a time).
struct Trace {
  private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
  /// The last lines, for who looks for the reason of a failure; empty unless asked for.
  private(set) var lines: [String] = []
  let isKept: Bool

  private static let linesMax = 60

  mutating func add(
    _ words: @autoclosure () -> String, _ first: UInt64, _ second: UInt64 = 0, _ third: UInt64 = 0
  ) {
    mix(first)
    mix(second)
    mix(third)
    guard isKept else { return }
    if lines.count == Self.linesMax { lines.removeFirst() }
    lines.append(words())
  }

  private mutating func mix(_ number: UInt64) {
    digest = (digest ^ number) &* 0x100_0000_01B3
    digest ^= digest >> 32
  }
}

/// Something that must never be was.
struct Violation: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
