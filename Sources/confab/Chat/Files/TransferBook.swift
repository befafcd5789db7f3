package import ConfabClient
package import ConfabTerminal

/// The files that a chat offers, is offered, sends and receives, by the numbers that people type. A
/// value: what it is told makes the lines of the pane, and the words of `/transfers`.
package struct TransferBook: Sendable {
  package struct Item: Sendable {
    package let number: Int
    /// "talk.mp4", "slides and 2 more".
    package let name: String
    package let bytes: UInt64
    package let direction: TransferLine.Direction
    /// `@name` or `#room`.
    package let other: String
    package fileprivate(set) var stage: Stage
  }

  package enum Stage: Hashable, Sendable {
    /// Files of ours are looked at, or the server is asked.
    case preparing
    /// Offered to us, and not answered.
    case offered
    /// Offered by us; these have not answered yet.
    case waiting(for: [String])
    /// Bytes flow, or are about to, with each of these.
    case running([Flow])
    /// Taken, and stopped on the way; it may be taken once more.
    case interrupted

    /// It would stop if the program ended.
    var isRunning: Bool { !isOpen }

    /// Something that the person can answer.
    fileprivate var isOpen: Bool { self == .offered || self == .interrupted }
  }

  /// What flows between us and one person.
  package struct Flow: Hashable, Sendable {
    package let person: String
    package var progress: TransferProgress?

    package init(person: String, progress: TransferProgress? = nil) {
      self.person = person
      self.progress = progress
    }
  }

  private(set) var items: [Int: Item] = [:]
  private var lastNumber = 0

  package init() {}

  package subscript(number: Int) -> Item? { items[number] }

  package var isEmpty: Bool { items.isEmpty }

  /// Something would stop if the program ended.
  package var isRunning: Bool { items.values.contains { $0.stage.isRunning } }

  package mutating func add(
    _ name: String, bytes: UInt64, _ direction: TransferLine.Direction, _ other: String,
    _ stage: Stage
  ) -> Int {
    // Small numbers are easy to type: when nothing is left they begin anew.
    lastNumber = items.isEmpty ? 1 : lastNumber + 1
    items[lastNumber] = Item(
      number: lastNumber, name: name, bytes: bytes, direction: direction, other: other,
      stage: stage)
    return lastNumber
  }

  package mutating func set(_ stage: Stage, of number: Int) {
    items[number]?.stage = stage
  }

  package mutating func progressed(_ number: Int, with person: String, _ progress: TransferProgress)
  {
    var flows: [Flow] = []
    if case .running(let known)? = items[number]?.stage { flows = known }
    if let index = flows.firstIndex(where: { $0.person == person }) {
      flows[index].progress = progress
    } else {
      flows.append(Flow(person: person, progress: progress))
    }
    items[number]?.stage = .running(flows)
  }

  /// - Parameter waiting: those who have not answered yet, should nobody be served now.
  package mutating func ended(_ number: Int, with person: String, waiting: [String]) {
    guard case .running(var flows)? = items[number]?.stage else { return }
    flows.removeAll { $0.person == person }
    items[number]?.stage = flows.isEmpty ? .waiting(for: waiting) : .running(flows)
  }

  package mutating func remove(_ number: Int) {
    items[number] = nil
  }

  // MARK: Choosing

  package enum Choice: Sendable {
    case accept
    case decline
    case cancel

    fileprivate func fits(_ item: Item) -> Bool {
      switch self {
      case .accept, .decline: item.stage.isOpen
      case .cancel: !item.stage.isOpen
      }
    }

    fileprivate var command: String {
      switch self {
      case .accept: "/accept"
      case .decline: "/decline"
      case .cancel: "/cancel"
      }
    }
  }

  /// What a person means with a number, or with none where there is only one.
  package func choose(_ number: Int?, to choice: Choice) throws(TransferChoiceError) -> Item {
    let fitting = items.values.filter(choice.fits).sorted { $0.number < $1.number }
    if let number {
      if let item = fitting.first(where: { $0.number == number }) { return item }
      let known = items[number] != nil
      throw TransferChoiceError(
        !known
          ? "There is no transfer \(number). /transfers lists them."
          : choice == .cancel
            ? "\(number) is only offered to you: /decline \(number) refuses it."
            : "\(number) is not an offer that waits for you. /transfers lists them.")
    }
    guard let first = fitting.first else {
      throw TransferChoiceError(
        choice == .cancel ? "Nothing is on its way." : "Nothing is offered to you.")
    }
    guard fitting.count == 1 else {
      let names = fitting.map { "\(choice.command) \($0.number) (\($0.name))" }
      throw TransferChoiceError("Which one? " + names.joined(separator: ", "))
    }
    return first
  }
}

/// Why a number means nothing here, in words for the person.
package struct TransferChoiceError: Error, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
