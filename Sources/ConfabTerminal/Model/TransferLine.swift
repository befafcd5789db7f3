/// Files that are offered or on their way, as a line above the input.
package struct TransferLine: Hashable, Sendable {
  package enum Direction: Hashable, Sendable {
    case sending
    case receiving
  }

  /// What `/accept` and `/cancel` call it.
  package var number: Int
  package var name: String
  package var direction: Direction
  /// `@name` or `#room`.
  package var other: String
  /// 0…1; nil while nothing flows.
  package var fraction: Double?
  /// Bytes, rate, time left, path, or what it waits for; the most important first, because a narrow
  /// screen leaves out the last.
  package var details: [String]
  /// It would stop if the program ended.
  package var isRunning: Bool

  package init(
    number: Int, name: String, _ direction: Direction, _ other: String, fraction: Double? = nil,
    details: [String], isRunning: Bool
  ) {
    self.number = number
    self.name = name
    self.direction = direction
    self.other = other
    self.fraction = fraction
    self.details = details
    self.isRunning = isRunning
  }
}
