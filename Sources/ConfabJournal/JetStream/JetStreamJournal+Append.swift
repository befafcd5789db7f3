package import ConfabDomain
import Foundation
import GRDB
import Primitives
import Synchronization

extension JetStreamJournal {
  private static let pauseSeconds: TimeInterval = 0.1
  private static let readerPollSeconds: TimeInterval = 0.000_2
  /// How long what overtook a group may take to arrive before the group is tried again.
  private static let arrivalSecondsMax: TimeInterval = 1
  /// What NATS adds to a message: headers, subject.
  private static let envelopeBytes = 1_024

  package func append(_ group: [StampedEvent]) throws(JournalError) {
    guard !group.isEmpty else { return }
    let end = Date().addingTimeInterval(answerSecondsMax)
    while let known = try store(group) {
      // What is there may hold no entries at all, or have come to nothing, and then the group still follows.
      guard Date() < end else { throw .unreachable("what another server stored does not arrive") }
      try waitForReader(past: known)
    }
  }

  /// - Returns: nil when the group is stored; otherwise the message behind which it would have been,
  ///   and behind which something else is.
  private func store(_ group: [StampedEvent]) throws(JournalError) -> UInt64? {
    try tail.withLock { tail throws(JournalError) in
      guard !isClosed.load(ordering: .relaxed) else { throw .closed }
      if let damage = tail.damage { throw damage }
      guard !tail.isUnsettled else { throw .unreachable(Self.unsettledWords) }
      guard let first = group.first, first.entry > tail.chain.entry else { throw .overtaken }
      try MemoryStore.check(group, follows: tail.chain.entry)
      var entries: [EncodedEntry] = []
      entries.reserveCapacity(group.count)
      for stamped in group {
        entries.append(
          EncodedEntry(
            stamped: stamped, encoded: try EventCodec.encode(stamped, using: &tail.salts)))
      }
      let batch = StreamBatch(entries, after: tail.chain, id: Self.batchID(&tail.salts))
      guard let message = try publish(batch, &tail) else { return tail.message }
      try take(entries, chain: batch.chainAfter, in: message, dueAfter: 0, &tail)
      return nil
    }
  }

  private func waitForReader(past known: UInt64) throws(JournalError) {
    let end = Date().addingTimeInterval(Self.arrivalSecondsMax)
    while tail.withLock({ $0.message == known && $0.damage == nil }), Date() < end {
      Thread.sleep(forTimeInterval: Self.readerPollSeconds)
    }
  }

  package func loadState() throws(JournalError) -> PlaceState {
    guard !isClosed.load(ordering: .relaxed) else { throw .closed }
    try settle()
    return tail.withLock { $0.state }
  }

  /// Finds out what became of what nobody answered. When this returns, nothing that was sent before can
  /// still be stored, and what was stored is in the view.
  private func settle() throws(JournalError) {
    let isSettled = try tail.withLock { tail throws(JournalError) in
      if let damage = tail.damage { throw damage }
      guard tail.isUnsettled else { return true }
      return try fence(&tail)
    }
    if isSettled { return }
    // Something was stored behind what this server knew, so that the unanswered group can no longer be.
    try catchUp(secondsMax: Self.settleSecondsMax)
    tail.withLock { $0.isUnsettled = false }
  }

  private static let settleSecondsMax: TimeInterval = 10

  /// Puts a batch without entries where the next one would come.
  ///
  /// - Returns: false when something else is there.
  func fence(_ tail: inout Tail) throws(JournalError) -> Bool {
    let batch = StreamBatch(settling: tail.chain, id: Self.batchID(&tail.salts))
    let bytes = try batch.encoded()
    let message: UInt64
    do throws(StreamFailure) {
      message = try stream.publish(bytes, to: stream.log, after: tail.message, id: batch.id.hex)
    } catch {
      switch error {
      case .overtaken: return false
      // It may be the unanswered group itself: until that is there or gone, nothing is known.
      case .contended: throw .unreachable(Self.words(error))
      default: throw JournalError(error)
      }
    }
    try view.writing { db in try StreamMarks.move(to: message, db) }
    tail.message = message
    tail.isUnsettled = false
    return true
  }

  /// Sends a batch until it is stored, or the time is over.
  ///
  /// - Returns: nil when somebody else was quicker.
  private func publish(
    _ batch: StreamBatch, _ tail: inout Tail
  ) throws(JournalError) -> UInt64? {
    let bytes = try batch.encoded()
    guard bytes.count <= stream.messageBytesMax - Self.envelopeBytes else {
      throw .other(
        "a group of \(bytes.count) bytes is more than the NATS servers take: raise their max_payload"
      )
    }
    let id = batch.id.hex
    let end = Date().addingTimeInterval(answerSecondsMax)
    var isFirst = true
    while true {
      do throws(StreamFailure) {
        let message = try stream.publish(bytes, to: stream.log, after: tail.message, id: id)
        noteContact()
        return message
      } catch {
        switch error {
        // Nothing of ours was on its way before, so it was somebody else's.
        case .overtaken where isFirst, .contended where isFirst: return nil
        case .full, .refused:
          if isFirst { throw JournalError(error) }
        case .overtaken, .contended, .unanswered: break
        }
        isFirst = false
        guard error.isOpen, Date() < end, !isHurried.load(ordering: .relaxed) else {
          tail.isUnsettled = true
          throw .unreachable("\(Self.words(error))")
        }
        Thread.sleep(forTimeInterval: Self.pauseSeconds)
      }
    }
  }

  private static let unsettledWords = "an earlier group was not answered"

  static func words(_ failure: StreamFailure) -> String {
    switch failure {
    case .overtaken: "another server was quicker"
    case .contended: "something else is on its way"
    case .full(let words), .refused(let words), .unanswered(let words): words
    }
  }

  private static func batchID(_ salts: inout any RandomNumberGenerator & Sendable) -> [UInt8] {
    var random = salts
    defer { salts = random }
    return [UInt8].random(count: StreamBatch.idBytes, using: &random)
  }

  /// Takes entries into the view and the state, which are in the stream already.
  ///
  /// - Parameter dueAfter: how long, in milliseconds, a text that they delete may stay in the stream:
  ///   whoever deleted it comes first.
  func take(
    _ entries: [EncodedEntry], chain: [UInt8], in message: UInt64, dueAfter: Int64,
    _ tail: inout Tail
  ) throws(JournalError) {
    let first = tail.chain.entry + 1
    let due = Self.milliseconds() + dueAfter
    do throws(JournalError) {
      try view.store(entries) { db in
        try StreamMarks.note(batch: first, in: message, db)
        try StreamMarks.noteErasures(by: entries, due: due, db)
        try StreamMarks.move(to: message, db)
      }
    } catch {
      // It is stored, but not here. The reader brings it once there is room.
      tail.isUnsettled = true
      throw error
    }
    tail.message = message
    tail.chain = AuditChain(entry: tail.chain.entry + UInt64(entries.count), value: chain)
    let before = tail.state.entry
    for entry in entries where tail.state.apply(entry.stamped.event) != entry.stamped {
      let damage = JournalError.corrupt(
        "entry \(entry.stamped.entry) has other numbers than its events give")
      tail.damage = damage
      throw damage
    }
    let spacing = StateDigest.spacing(of: tail.state)
    if tail.isComparing, before / spacing != tail.state.entry / spacing {
      tail.digestState = tail.state
    }
  }

  static func milliseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
}

extension StreamFailure {
  /// Whether the same message, sent again, may still be stored, or turn out to be.
  fileprivate var isOpen: Bool {
    switch self {
    case .contended, .unanswered: true
    case .overtaken, .full, .refused: false
    }
  }
}
