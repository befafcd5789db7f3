/// A file on its way, as a line above the input.
package struct TransferLine: Hashable, Sendable {
  package var name: String
  /// 0…1; nil while the size is not known.
  package var fraction: Double?
  /// Rate, time left, or what it waits for.
  package var text: String

  package init(name: String, fraction: Double?, text: String) {
    self.name = name
    self.fraction = fraction
    self.text = text
  }
}
