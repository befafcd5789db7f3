import Primitives

/// Times as they stand beside messages, in the reader's own zone.
struct DayText {
  let zone: LocalZone

  /// `17:01`
  func clock(_ time: WallTime) -> String {
    String(date(time).timeOfDay.prefix(5))
  }

  /// `22 Nov`
  func shortDay(_ time: WallTime) -> String {
    let date = date(time)
    return "\(date.day) \(CivilDate.monthNames[date.month - 1])"
  }

  /// `Sunday 22 November 2026`
  func longDay(_ time: WallTime) -> String {
    let date = date(time)
    let weekday = Self.weekdays[((dayNumber(time) % 7) + 7) % 7]
    return "\(weekday) \(date.day) \(Self.months[date.month - 1]) \(date.year)"
  }

  /// Days since 1970-01-01, by which two times are on the same day or not.
  func dayNumber(_ time: WallTime) -> Int {
    let seconds = Int(time.secondsSinceEpoch) + zone.offset(time)
    return seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
  }

  private func date(_ time: WallTime) -> CivilDate {
    CivilDate(time, offsetSeconds: zone.offset(time))
  }

  /// From the day of the epoch on.
  private static let weekdays = [
    "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday",
  ]

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
}
