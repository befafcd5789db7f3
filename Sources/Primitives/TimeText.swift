/// Reads the two spellings of a time that people may type.
package enum TimeText {
  /// RFC 3339 (`2022-06-01T21:30:04.5+02:00`) or `1 Jun 2022 21:30:04`.
  ///
  /// - Parameter offsetSeconds: how far the person's clock is ahead of UTC at a given civil date;
  ///   used only when the text names no offset.
  /// - Returns: nil when the text is neither, or names a day or an hour that does not exist.
  package static func parse(
    _ text: String, offsetSeconds: (CivilDate) -> Int = { _ in 0 }
  ) -> WallTime? {
    var scanner = DigitScanner(text.utf8)
    if let (date, offset) = scanner.rfc3339() {
      return date.wallTime(offsetSeconds: offset ?? offsetSeconds(date))
    }
    guard let date = classic(text) else { return nil }
    return date.wallTime(offsetSeconds: offsetSeconds(date))
  }

  private static func classic(_ text: String) -> CivilDate? {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 4,
      // A sign is no part of a date, though `Int` would read it.
      words[0].utf8.first != UInt8(ascii: "+"), words[2].utf8.first != UInt8(ascii: "+"),
      let day = Int(words[0]), let year = Int(words[2]), (1...9999).contains(year),
      let month = CivilDate.monthNames.firstIndex(where: { $0 == words[1] })
    else { return nil }
    var scanner = DigitScanner(words[3].utf8)
    guard let (hour, minute, second) = scanner.timeOfDay(), scanner.isAtEnd else { return nil }
    let date = CivilDate(
      year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
    return date.existsInCalendar ? date : nil
  }
}

/// A cursor over ASCII that takes numbers of a fixed width.
private struct DigitScanner {
  private var rest: Substring.UTF8View

  init(_ text: String.UTF8View) { rest = text[...] }
  init(_ text: Substring.UTF8View) { rest = text }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func digits(_ count: Int) -> Int? {
    var value = 0
    for _ in 0..<count {
      guard let byte = rest.first, (48...57).contains(byte) else { return nil }
      value = value * 10 + Int(byte - 48)
      rest.removeFirst()
    }
    return value
  }

  mutating func take(_ allowed: String) -> Character? {
    guard let byte = rest.first else { return nil }
    let character = Character(UnicodeScalar(byte))
    guard allowed.contains(character) else { return nil }
    rest.removeFirst()
    return character
  }

  mutating func timeOfDay() -> (Int, Int, Int)? {
    guard let hour = digits(2), take(":") != nil, let minute = digits(2), take(":") != nil,
      let second = digits(2)
    else { return nil }
    return (hour, minute, second)
  }

  /// The date, and its offset in seconds where the text names one.
  mutating func rfc3339() -> (CivilDate, Int?)? {
    guard let year = digits(4), take("-") != nil, let month = digits(2), take("-") != nil,
      let day = digits(2), take("Tt ") != nil, let (hour, minute, second) = timeOfDay()
    else { return nil }
    var date = CivilDate(
      year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    if take(".") != nil {
      guard let fraction = milliseconds() else { return nil }
      date.millisecond = fraction
    }
    guard let offset = offset(), isAtEnd, date.existsInCalendar else { return nil }
    return (date, offset.seconds)
  }

  private mutating func milliseconds() -> Int? {
    guard var value = digits(1) else { return nil }
    var count = 1
    while let digit = digits(1) {
      count += 1
      if count <= 3 { value = value * 10 + digit }
    }
    while count < 3 {
      value *= 10
      count += 1
    }
    return value
  }

  /// Nil when malformed; `seconds` nil when the text ends without an offset.
  private mutating func offset() -> (seconds: Int?, Void)? {
    if isAtEnd { return (nil, ()) }
    if take("Zz") != nil { return (0, ()) }
    guard let sign = take("+-"), let hours = digits(2), take(":") != nil, let minutes = digits(2),
      hours < 24, minutes < 60
    else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return (sign == "-" ? -seconds : seconds, ())
  }
}

extension CivilDate {
  fileprivate var existsInCalendar: Bool {
    (1...CivilDate.daysIn(month: month, year: year).clampedToOne).contains(day)
      && (1...12).contains(month) && (0..<24).contains(hour) && (0..<60).contains(minute)
      && (0..<61).contains(second)
  }
}

extension Int {
  /// A range may not end before it begins, and a month that does not exist has no days.
  fileprivate var clampedToOne: Int { Swift.max(1, self) }
}
