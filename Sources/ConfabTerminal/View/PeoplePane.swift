import Primitives

/// Who belongs to the channel on show, on the right: active people first.
enum PeoplePane {
  static func rows(_ model: ChatModel, width: Int, height: Int) -> [StyledLine] {
    let people = model.current?.people ?? []
    let active = people.filter { $0.activeSince != nil }
    let others = people.filter { $0.activeSince == nil }
    var rows = [StyledLine("\(active.count) of \(people.count) active", style: .faint)]
    for person in sorted(active) + sorted(others) { rows.append(row(person, model, width)) }
    if rows.count > height, height > 0 {
      let left = rows.count - height + 1
      rows = Array(rows.prefix(height - 1)) + [StyledLine("and \(left) more", style: .faint)]
    }
    return rows
  }

  private static func sorted(_ people: [Person]) -> [Person] {
    people.sorted { ($0.name.lowercased(), $0.name) < ($1.name.lowercased(), $1.name) }
  }

  private static func row(_ person: Person, _ model: ChatModel, _ width: Int) -> StyledLine {
    guard let since = person.activeSince else {
      return StyledLine("  " + person.name, style: .faint).clipped(to: width)
    }
    let days = DayText(zone: model.zone)
    let isToday = days.dayNumber(since) == days.dayNumber(model.now.wall)
    let time = " " + (isToday ? days.clock(since) : days.shortDay(since))
    var row = StyledLine("* ")
    row.append(person.name, style: Style(colour: .forName(person.name)))
    row = row.fitted(to: max(0, width - time.count))
    row.append(time, style: .faint)
    return row
  }
}
