/// Spellings of bytes as text.
extension Sequence where Element == UInt8 {
  /// Two lower-case hexadecimal digits for each byte.
  package var hex: String {
    var text = ""
    for byte in self {
      text.unicodeScalars.append(hexDigit(byte >> 4))
      text.unicodeScalars.append(hexDigit(byte & 15))
    }
    return text
  }
}

private func hexDigit(_ value: UInt8) -> UnicodeScalar {
  UnicodeScalar(value < 10 ? 48 + value : 87 + value)
}

extension Array where Element == UInt8 {
  /// Nil when the text is not pairs of hexadecimal digits.
  package init?(hex text: some StringProtocol) {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    self = []
    reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = hexValue(digits[index]), let low = hexValue(digits[index + 1]) else {
        return nil
      }
      append(high << 4 | low)
    }
  }

  /// RFC 4648 §5 without padding, the form that links carry. Nil when the text is not that.
  package init?(base64URL text: some StringProtocol) {
    self = []
    var bits: UInt32 = 0
    var bitCount = 0
    for byte in text.utf8 {
      guard let value = base64URLAlphabet.firstIndex(of: byte) else { return nil }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
      }
    }
    // Left-over bits must be padding zeros: one secret has one spelling.
    guard bitCount < 6, bits & ((1 << UInt32(bitCount)) - 1) == 0 else { return nil }
  }

  package var base64URL: String {
    var text: [UInt8] = []
    text.reserveCapacity((count * 4 + 2) / 3)
    var bits: UInt32 = 0
    var bitCount = 0
    for byte in self {
      bits = bits << 8 | UInt32(byte)
      bitCount += 8
      while bitCount >= 6 {
        bitCount -= 6
        text.append(base64URLAlphabet[Int(bits >> UInt32(bitCount) & 63)])
      }
    }
    if bitCount > 0 {
      text.append(base64URLAlphabet[Int(bits << UInt32(6 - bitCount) & 63)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// `count` bytes from a source of chance.
  package static func random(
    count: Int, using generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }
}

private let base64URLAlphabet = Array(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

private func hexValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case 48...57: digit - 48
  case 97...102: digit - 87
  case 65...70: digit - 55
  default: nil
  }
}
