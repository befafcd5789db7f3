package import ConfabDomain
import GRDB
import Primitives
import Synchronization

extension SQLiteJournal {
  package func append(_ group: [StampedEvent]) throws(JournalError) {
    guard !group.isEmpty else { return }
    try appending.withLock { current throws(JournalError) in
      // Worked on as a copy, which becomes the truth only with the commit.
      var next = current
      try writing { db in
        let rows = try EntryRows(db)
        for stamped in group {
          guard stamped.entry == next.chain.entry + 1 else {
            throw JournalError.other(
              "entry \(stamped.entry) does not follow entry \(next.chain.entry)")
          }
          try next.append(stamped, to: rows, db)
        }
        try ChainHead.move(from: current.chain, to: next.chain, db)
        try next.waiting.takeInIfDue(through: next.chain.entry, db)
      }
      current = next
    }
  }
}

extension SQLiteJournal.Appending {
  init(_ db: Database, salts: any RandomNumberGenerator & Sendable) throws {
    let newest = try Row.fetchOne(
      db, sql: "SELECT entry, clock, chain FROM entries ORDER BY entry DESC LIMIT 1")
    if let newest {
      chain = AuditChain(entry: try newest.number(0), value: try newest.bytes(2))
      clock = try newest.milliseconds(1)
    } else {
      chain = .start
      clock = .min
    }
    waiting = try WaitingPostings(db)
    self.salts = salts
  }

  fileprivate mutating func append(
    _ stamped: StampedEvent, to rows: EntryRows, _ db: Database
  ) throws {
    var encoded = try EventCodec.encode(stamped, using: &salts)
    clock = max(clock, stamped.event.at.millisecondsSinceEpoch)
    chain.extend(by: encoded.payload)
    if try MessageView.isDeleted(stamped.event.body, db) { encoded.text = nil }
    try rows.insert(stamped, encoded, clock: clock, chain: chain.value)
    try MessageView.apply(stamped, &waiting, db)
  }
}
