/// A moment as a calendar shows it, at a given offset from UTC.
///
/// The proleptic Gregorian calendar with days counted from 1970-01-01, as in Howard Hinnant's
/// "chrono-Compatible Low-Level Date Algorithms"; no leap seconds, like POSIX time.
package struct CivilDate: Hashable, Sendable {
  package var year: Int
  /// 1…12
  package var month: Int
  /// 1…31
  package var day: Int
  package var hour: Int
  package var minute: Int
  package var second: Int
  package var millisecond: Int

  package init(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0,
    millisecond: Int = 0
  ) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
    self.millisecond = millisecond
  }

  package init(_ time: WallTime, offsetSeconds: Int = 0) {
    let seconds = Int(time.secondsSinceEpoch) + offsetSeconds
    let dayNumber = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
    let secondOfDay = seconds - dayNumber * 86400

    let shifted = dayNumber + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153

    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    hour = secondOfDay / 3600
    minute = secondOfDay % 3600 / 60
    second = secondOfDay % 60
    millisecond = Int(time.millisecondsSinceEpoch - time.secondsSinceEpoch * 1000)
  }

  /// The moment this date names when its clock is `offsetSeconds` ahead of UTC.
  package func wallTime(offsetSeconds: Int = 0) -> WallTime {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let dayNumber = era * 146_097 + dayOfEra - 719_468
    let seconds = dayNumber * 86400 + hour * 3600 + minute * 60 + second - offsetSeconds
    return WallTime(millisecondsSinceEpoch: Int64(seconds) * 1000 + Int64(millisecond))
  }

  package static let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// How many days the month has; 0 when there is no such month.
  package static func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 1, 3, 5, 7, 8, 10, 12: 31
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 0
    }
  }
}

extension CivilDate: CustomStringConvertible {
  /// `1 Jun 2022 21:30:04`, the form that the classic commands use.
  package var description: String {
    "\(day) \(Self.monthNames[month - 1]) \(year) \(timeOfDay)"
  }

  /// `21:30:04`
  package var timeOfDay: String {
    "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
  }

  /// `2022-06-01`
  package var isoDate: String {
    "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }
}

extension WallTime: CustomStringConvertible {
  /// RFC 3339 in UTC with milliseconds: `2026-11-22T17:01:02.123Z`.
  package var description: String {
    let date = CivilDate(self)
    return "\(date.isoDate)T\(date.timeOfDay).\(padded(date.millisecond, 3))Z"
  }
}

private func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
