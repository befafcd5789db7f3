/// A rate as people type it: `20Mbit`, `1.5Gbit`, `500kbit`, a second.
struct BitRate: Hashable {
  let bitsPerSecond: Int

  private static let units: [String: Double] = [
    "bit": 1, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9,
  ]

  /// Nil when it is none, or more than anything carries.
  init?(_ text: String) {
    var text = text.lowercased()
    for suffix in ["/s", "ps"] where text.hasSuffix(suffix) { text.removeLast(suffix.count) }
    guard let bits = Quantity.parse(text, units: Self.units) else { return nil }
    bitsPerSecond = bits
  }
}

/// An amount as people type it: `500MB`, `2TiB`, `1000`.
struct ByteAmount: Hashable {
  let bytes: Int

  private static let units: [String: Double] = [
    "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
    "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30, "tib": 0x1p40,
  ]

  init?(_ text: String) {
    guard let bytes = Quantity.parse(text.lowercased(), units: Self.units) else { return nil }
    self.bytes = bytes
  }
}

private enum Quantity {
  /// So that every amount is a whole number.
  private static let max = 1e15

  static func parse(_ text: String, units: [String: Double]) -> Int? {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let name = text.dropFirst(number.count).drop { $0 == " " }
    guard let count = Double(number), let unit = units[String(name)], count * unit <= max else {
      return nil
    }
    return Int(count * unit)
  }
}
