/// How far channels were read and the server was not told yet. Reading goes message by message; one
/// mark a second is enough.
struct ReadMarks: Sendable {
  static let delay: Duration = .seconds(1)

  private var marks: [String: Int] = [:]
  private var isWaiting = false

  /// - Returns: true when somebody must take the marks after the delay.
  mutating func note(_ key: String, through sequence: Int) -> Bool {
    marks[key] = max(marks[key] ?? 0, sequence)
    defer { isWaiting = true }
    return !isWaiting
  }

  mutating func take() -> [(key: String, sequence: Int)] {
    defer { (marks, isWaiting) = ([:], false) }
    return marks.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Nothing could be told: the marks stay for the next time.
  mutating func keepWaiting() {
    isWaiting = false
  }
}
