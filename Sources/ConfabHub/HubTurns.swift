import ConfabDomain
import DequeModule
package import Primitives

/// A hub and when it may decide.
///
/// On a journal of its own it decides at once, for whatever it appends is stored in that order or not
/// at all. On a journal that several servers share, another one's entries may come first, and then what
/// was decided was decided on a state that never was. So it takes turns there: everything that has
/// gathered is decided as one group on a copy of the hub, and nothing of it leaves until the group is
/// stored. When the group was overtaken, the hub from before is told what overtook it and decides the
/// same inputs again.
package struct HubTurns: Sendable {
  package private(set) var hub: Hub
  /// Without what may still turn out to be overtaken.
  package var settled: Hub { turn?.before ?? hub }
  private let isShared: Bool
  private var waiting: Deque<Input> = []
  private var turn: Turn?

  private struct Turn: Sendable {
    let before: Hub
    let inputs: [Input]
    /// In their order; the group that they wait for is not among them.
    let effects: [Effect]
    /// What other servers stored meanwhile.
    var arrivals: [Input] = []
  }

  /// - Parameter isShared: other servers append to the same journal.
  package init(_ hub: Hub, isShared: Bool) {
    self.hub = hub
    self.isShared = isShared
  }

  /// Takes an input, of which effects may follow at once or from `decide`.
  package mutating func take(_ input: Input, at now: Now) -> [Effect] {
    guard isShared else { return hub.handle(input, at: now) }
    switch input {
    case .durable, .overtaken, .appendFailed: return settle(input, at: now)
    case .arrived:
      guard turn == nil else {
        turn?.arrivals.append(input)
        return []
      }
      return hub.handle(input, at: now)
    case .reloaded: return hub.handle(input, at: now)
    // It is due again when the turn is over, and would come again and again until then.
    case .deadline where turn != nil: return []
    default:
      waiting.append(input)
      return []
    }
  }

  /// Decides what waits, if nothing is on its way to the journal. To be called when all inputs that
  /// there are have been taken.
  package mutating func decide(at now: Now) -> [Effect] {
    guard turn == nil, !waiting.isEmpty else { return [] }
    let before = hub
    var inputs: [Input] = []
    var effects: [Effect] = []
    var group: [StampedEvent] = []
    var bytes = 0
    while group.count < HubLimits.turnEventsMax, bytes < HubLimits.turnBytesMax,
      let input = waiting.popFirst()
    {
      inputs.append(input)
      for effect in hub.handle(input, at: now) {
        if case .append(let events) = effect {
          group += events
          bytes += events.reduce(0) { $0 + Self.textBytes($1.event.body) }
        } else {
          effects.append(effect)
        }
      }
    }
    guard !group.isEmpty else { return effects }
    turn = Turn(before: before, inputs: inputs, effects: effects)
    return [.append(group)]
  }

  private static func textBytes(_ body: Event.Body) -> Int {
    switch body {
    case .messagePosted(_, let message): message.text.utf8.count
    case .messageEdited(_, _, let text): text.utf8.count
    default: 0
    }
  }

  /// When `Input.deadline` is due; never while a turn is, since nothing can be decided then.
  package var nextDeadline: MonotonicTime? { turn == nil ? hub.nextDeadline : nil }

  /// Whether something is on its way to the journal, or waits for what is.
  package var isIdle: Bool { turn == nil && waiting.isEmpty }

  private mutating func settle(_ outcome: Input, at now: Now) -> [Effect] {
    guard let turn else { return hub.handle(outcome, at: now) }
    self.turn = nil
    var effects: [Effect] = []
    switch outcome {
    case .durable:
      effects = turn.effects + hub.handle(outcome, at: now)
    case .appendFailed:
      // Whether it is stored, nobody knows: if it is, it arrives. Nobody hears of it before.
      hub = turn.before
      effects = hub.handle(outcome, at: now)
      waiting.prepend(contentsOf: turn.inputs)
    default:
      hub = turn.before
      waiting.prepend(contentsOf: turn.inputs)
    }
    for arrival in turn.arrivals { effects += hub.handle(arrival, at: now) }
    return effects
  }
}
