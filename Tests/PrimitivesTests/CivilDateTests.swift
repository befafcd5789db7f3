import Primitives
import Testing

@Suite struct CivilDateTests {
  @Test func everyDayOfManyCenturiesFollowsTheOneBefore() {
    var year = -400
    var month = 1
    var day = 1
    var time = CivilDate(year: year, month: month, day: day).wallTime()
    while year < 2801 {
      let date = CivilDate(time)
      guard date == CivilDate(year: year, month: month, day: day), date.wallTime() == time else {
        Issue.record("\(year)-\(month)-\(day) became \(date)")
        return
      }
      time = time + .seconds(86_400)
      day += 1
      if day > CivilDate.daysIn(month: month, year: year) { (month, day) = (month + 1, 1) }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
  }

  @Test(arguments: UInt64(1)...20) func anyMillisecondComesBack(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<200 {
      let time = WallTime(
        millisecondsSinceEpoch: Int64.random(
          in: -100_000_000_000_000...300_000_000_000_000, using: &random))
      let offset = Int.random(in: -50_400...50_400, using: &random)
      #expect(CivilDate(time, offsetSeconds: offset).wallTime(offsetSeconds: offset) == time)
    }
  }

  @Test(arguments: [
    (2024, 29), (2023, 28), (2000, 29), (1900, 28), (2100, 28), (2400, 29),
  ]) func february(year: Int, days: Int) {
    #expect(CivilDate.daysIn(month: 2, year: year) == days)
  }

  @Test func aMonthThatDoesNotExistHasNoDays() {
    #expect(CivilDate.daysIn(month: 0, year: 2024) == 0)
    #expect(CivilDate.daysIn(month: 13, year: 2024) == 0)
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z", "1 Jan 1970 00:00:00"),
      (-1, "1969-12-31T23:59:59.999Z", "31 Dec 1969 23:59:59"),
      (1_654_119_004_000, "2022-06-01T21:30:04.000Z", "1 Jun 2022 21:30:04"),
      (1_709_164_800_007, "2024-02-29T00:00:00.007Z", "29 Feb 2024 00:00:00"),
    ] as [(Int64, String, String)]) func knownMoments(
      milliseconds: Int64, rfc3339: String, classic: String
    )
  {
    let time = WallTime(millisecondsSinceEpoch: milliseconds)
    #expect(time.description == rfc3339)
    #expect(CivilDate(time).description == classic)
    #expect(TimeText.parse(rfc3339) == time)
  }

  @Test func offsetMovesTheClockAndTheDay() {
    let time = CivilDate(year: 2026, month: 12, day: 31, hour: 23, minute: 30).wallTime()
    #expect(CivilDate(time, offsetSeconds: 3600).description == "1 Jan 2027 00:30:00")
    #expect(CivilDate(time, offsetSeconds: -86_400).description == "30 Dec 2026 23:30:00")
  }
}
