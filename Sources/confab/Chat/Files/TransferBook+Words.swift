import ConfabClient
package import ConfabTerminal

// How the book is shown.
extension TransferBook {
  /// The lines of the pane, in the order of their numbers; one for each person who is served.
  package var lines: [TransferLine] {
    sorted.flatMap { $0.lines }
  }

  /// What `/transfers` says.
  package var list: [StyledLine] {
    guard !isEmpty else { return [StyledLine("Nothing is offered or on its way.")] }
    return lines.map { line in
      var row = StyledLine("\(line.number) ", style: .strong)
      row.append(line.direction == .sending ? "to \(line.other)" : "from \(line.other)")
      row.append("  \(line.name)  ")
      row.append(line.details.joined(separator: "  "), style: .faint)
      return row
    }
  }

  private var sorted: [Item] { items.values.sorted { $0.number < $1.number } }
}

extension TransferBook.Item {
  fileprivate var lines: [TransferLine] {
    switch stage {
    case .preparing: [line(["preparing…"])]
    case .offered: [line([TransferText.size(bytes), "/accept \(number)", "/decline \(number)"])]
    case .waiting(let people): [line([waiting(for: people)])]
    case .interrupted: [line(["stopped", "/accept \(number) goes on"])]
    case .running(let flows): flows.map { line($0) }
    }
  }

  private func waiting(for people: [String]) -> String {
    switch people.count {
    case 0: "waiting"
    case 1...3: "waiting for \(people.joined(separator: ", "))"
    default: "waiting for \(people.count) people"
    }
  }

  private func line(_ details: [String]) -> TransferLine {
    TransferLine(
      number: number, name: name, direction, other, details: details,
      isRunning: stage.isRunning)
  }

  private func line(_ flow: TransferBook.Flow) -> TransferLine {
    let isRoom = other.hasPrefix("#") && direction == .sending
    var line = line(["connecting…"])
    if isRoom { line.other = "@" + flow.person }
    guard let progress = flow.progress, progress.path != nil || progress.bytesDone > 0 else {
      return line
    }
    line.fraction = TransferText.fraction(progress)
    line.details = TransferText.details(progress, joint: "/")
    return line
  }
}
