import ConfabTerminal
import Glibc
import Primitives

/// The full-screen chat on a thread of its own: keys and events into the model, intents out of it, one
/// picture after each turn.
struct ScreenLoop {
  enum Ending: Sendable {
    case quit
    case signOut
    /// The server did not let us in at all, so there is nothing to look at.
    case refused
    /// The terminal is gone.
    case closed
  }

  /// How often a picture is made anew while nothing happens: countdowns and day lines move.
  private static let tick: Duration = .seconds(1)

  /// BEL
  private static let bell: UInt8 = 7

  private let terminal: ScreenTerminal
  private let wait: TerminalWait
  private let events: ScreenEvents
  private let session: ChatSession
  private let history: TypedLines
  private let hasBell: Bool
  private let renderer = ScreenRenderer(colour: Output.isStyled)
  private var model: ChatModel
  private var decoder = KeyDecoder()
  /// What the terminal shows; nil when that is not known.
  private var shown: Screen?
  private var ending: Ending?
  private var hasConnected = false

  init(
    _ model: ChatModel, session: ChatSession, events: ScreenEvents, history: TypedLines,
    hasBell: Bool
  ) throws {
    terminal = try ScreenTerminal()
    let signals = try WakePipe()
    TerminalSignals.tell(signals)
    wait = TerminalWait(signals: signals, news: events.news)
    self.model = model
    self.session = session
    self.events = events
    self.history = history
    self.hasBell = hasBell
  }

  mutating func run() -> Ending {
    terminal.enter()
    resize()
    paint()
    while true {
      let woken = wait.wait(atMost: decoder.isWaiting ? KeyDecoder.escapeTimeout : Self.tick)
      for signal in woken.signals { take(signal: signal) }
      for key in decoder.decode(woken.typed) { press(key) }
      if woken.isTimeout {
        for key in decoder.flush() { press(key) }
        take(.tick)
      }
      while ending == nil, let event = events.next() { take(event) }
      if woken.isClosed { ending = ending ?? .closed }
      if let ending {
        terminal.leave()
        TerminalSignals.ignore()
        events.finish()
        return ending
      }
      paint()
    }
  }

  // MARK: What happens

  private var now: Now { Now(wall: LocalTime.now, monotonic: LocalTime.monotonic) }

  private mutating func press(_ key: Key) {
    guard ending == nil else { return }
    if key == .control("z") {
      terminal.suspend()
      return resize()
    }
    let line = model.input.text
    take(.key(key))
    // What could not be carried out stays in the line, and is not remembered.
    if key == .enter, model.input.text != line { history.add(line) }
  }

  private mutating func take(signal: CInt) {
    switch signal {
    case SIGTSTP:
      terminal.suspend()
      resize()
    case SIGCONT:
      // Somebody else stopped us, and the shell has set the terminal as it likes it.
      terminal.enter()
      resize()
    default: resize()
    }
  }

  private mutating func resize() {
    let size = terminal.size
    shown = nil
    take(.resize(width: size.width, height: size.height))
  }

  private mutating func take(_ event: ChatEvent) {
    if case .connection(.connected) = event { hasConnected = true }
    if case .connection(.refused) = event, !hasConnected { ending = .refused }
    for intent in model.update(event, at: now) { perform(intent) }
  }

  private mutating func perform(_ intent: ChatIntent) {
    switch intent {
    case .quit: ending = .quit
    case .signOut: ending = .signOut
    case .redraw: shown = nil
    case .ring: if hasBell { Output.write([Self.bell]) }
    default:
      guard !session.perform(intent) else { return }
      let reason = "Too much at once: the server cannot keep up. Try again in a moment."
      if case .send(let localID, let key, _, _) = intent {
        take(.sendFailed(localID: localID, channel: key, reason: reason))
      } else {
        take(.notice(Notice(.error, reason), channel: nil))
      }
    }
  }

  private mutating func paint() {
    let next = view(model, width: model.size.width, height: model.size.height)
    let bytes = renderer.bytes(from: shown, to: next)
    if !bytes.isEmpty { Output.write(bytes) }
    shown = next
  }
}
