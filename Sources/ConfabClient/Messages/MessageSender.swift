package import ConfabDomain
package import ConfabWire
import DequeModule
import NIOCore
import Primitives

/// Sends messages in their order, several at a time, over as many connections as it takes.
///
/// A message whose answer was lost is sent again under the same id, which the server stores once.
package struct MessageSender {
  /// Messages without an answer at the same time.
  package static let windowMax = 64
  /// When the server asks to wait without saying how long.
  private static let pause: Duration = .milliseconds(500)

  private struct UnderWay {
    var entry: Entry
    var answer: EventLoopFuture<WireServerFrame.OneOf_Body>
    /// How often the server had asked to wait when this was sent.
    var waits: Int
  }

  private struct Entry {
    var draft: Draft
    /// It may have reached the server before.
    var isRetry: Bool
  }

  package typealias Answered =
    (Draft, Result<WireSent, Rejection>) async throws -> Void

  private let connect: () async throws -> Connection
  /// How long the server may refuse for the moment before that counts as its answer.
  private let patience: Duration?
  private var waiting: Deque<Entry>
  /// How many may be under way now: few after the server asked to wait, and step by step more.
  package private(set) var window = Self.windowMax
  private var waits = 0
  private var troubleSince: ContinuousClock.Instant?

  /// - Parameters:
  ///   - unsent: from an earlier run; sent first.
  ///   - patience: nil means for ever.
  ///   - connect: waits for a connection, and throws when there will be none.
  package init(
    unsent: [Draft] = [], patience: Duration?, connect: @escaping () async throws -> Connection
  ) {
    waiting = Deque(unsent.map { Entry(draft: $0, isRetry: true) })
    self.patience = patience
    self.connect = connect
  }

  /// Sends what the queue gives until it is finished and everything has its answer.
  ///
  /// - Parameter answered: called in the order of the messages.
  package mutating func run(_ drafts: BoundedQueue<Draft>, answered: Answered) async throws {
    while true {
      let connection = try await connect()
      do {
        return try await send(drafts, over: connection, answered: answered)
      } catch let error as ConnectionError where Dialer.mayPass(error) {
        continue
      }
    }
  }

  private mutating func send(
    _ drafts: BoundedQueue<Draft>, over connection: Connection, answered: Answered
  ) async throws {
    var inFlight: Deque<UnderWay> = []
    do {
      while true {
        while mayFollow(inFlight.last?.entry, count: inFlight.count),
          let entry = nextEntry(drafts)
        {
          let request = entry.draft.request(retry: entry.isRetry)
          inFlight.append(
            UnderWay(entry: entry, answer: connection.submit(request), waits: waits))
        }
        guard let head = inFlight.first else {
          guard let draft = await drafts.next() else { return }
          waiting.append(Entry(draft: draft, isRetry: false))
          continue
        }
        let result = try await outcome(of: head.answer)
        if case .failure(let rejection) = result, try await mayRepeat(head, rejection) {
          // The same place in the order, and one at a time for a while, so that none overtakes it.
          window = 1
          inFlight[0].answer = connection.submit(head.entry.draft.request(retry: true))
          inFlight[0].waits = waits
          continue
        }
        inFlight.removeFirst()
        // Nothing that was sent before the refusal is left: step by step, several at a time again.
        if case .success = result, inFlight.count < window {
          window = min(Self.windowMax, window * 2)
        }
        troubleSince = nil
        try await answered(head.entry.draft, result)
      }
    } catch {
      let lost = inFlight.map { Entry(draft: $0.entry.draft, isRetry: true) }
      waiting.insert(contentsOf: lost, at: 0)
      throw error
    }
  }

  /// Whether another message may be sent before those under way have their answers.
  ///
  /// The server looks up what may have come before, and what is new would overtake it meanwhile: each
  /// repeated message waits for its answer alone.
  private func mayFollow(_ last: Entry?, count: Int) -> Bool {
    guard let last else { return true }
    return !last.isRetry && waiting.first?.isRetry != true && count < window
  }

  private mutating func nextEntry(_ drafts: BoundedQueue<Draft>) -> Entry? {
    waiting.popFirst() ?? drafts.tryNext().map { Entry(draft: $0, isRetry: false) }
  }

  private func outcome(
    of answer: EventLoopFuture<WireServerFrame.OneOf_Body>
  ) async throws -> Result<WireSent, Rejection> {
    do {
      guard case .sent(let sent) = try await answer.get() else {
        throw ConnectionError.wrongAnswer
      }
      return .success(sent)
    } catch let rejection as Rejection {
      return .failure(rejection)
    }
  }

  /// True after waiting, when the same message may be taken now; false when that takes too long.
  private mutating func mayRepeat(_ refused: UnderWay, _ rejection: Rejection) async throws -> Bool
  {
    guard rejection.mayPass else { return false }
    // What was refused along with a message that has waited since need not wait as well.
    guard refused.waits == waits else { return true }
    let since = troubleSince ?? .now
    troubleSince = since
    let wait = rejection.retryAfter ?? Self.pause
    if let patience, ContinuousClock.now + wait > since + patience { return false }
    try await Task.sleep(for: wait)
    waits += 1
    return true
  }
}
