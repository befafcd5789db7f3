import ConfabTerminal
import Glibc
import Primitives

/// The zone of the machine, or of `TZ`.
enum LocalTime {
  static var now: WallTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallTime(
      millisecondsSinceEpoch: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  static var monotonic: MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(
      nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }

  /// How far clocks here are ahead of UTC at a moment.
  static func offsetSeconds(at time: WallTime) -> Int {
    var seconds = time_t(time.secondsSinceEpoch)
    var fields = tm()
    localtime_r(&seconds, &fields)
    return fields.tm_gmtoff
  }

  /// How far clocks here are ahead of UTC when they show this date.
  static func offsetSeconds(showing date: CivilDate) -> Int {
    var fields = tm()
    fields.tm_year = CInt(date.year - 1900)
    fields.tm_mon = CInt(date.month - 1)
    fields.tm_mday = CInt(date.day)
    fields.tm_hour = CInt(date.hour)
    fields.tm_min = CInt(date.minute)
    fields.tm_sec = CInt(date.second)
    fields.tm_isdst = -1
    mktime(&fields)
    return fields.tm_gmtoff
  }

  static let zone = LocalZone(
    offset: { offsetSeconds(at: $0) }, offsetShowing: { offsetSeconds(showing: $0) })

  /// `2022-06-01 21:30:04`
  static func text(_ milliseconds: Int64) -> String {
    let time = WallTime(millisecondsSinceEpoch: milliseconds)
    let date = CivilDate(time, offsetSeconds: offsetSeconds(at: time))
    return "\(date.isoDate) \(date.timeOfDay)"
  }

  /// `1 Jun 2022 21:30:04`, as the classic commands have it.
  static func classicText(_ milliseconds: Int64) -> String {
    let time = WallTime(millisecondsSinceEpoch: milliseconds)
    return "\(CivilDate(time, offsetSeconds: offsetSeconds(at: time)))"
  }
}

extension Int64 {
  /// Milliseconds since 1970 as RFC 3339.
  var rfc3339: String { WallTime(millisecondsSinceEpoch: self).description }
}
