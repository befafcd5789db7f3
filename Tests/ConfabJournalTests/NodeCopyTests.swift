import ConfabDomain
import ConfabJournal
import Foundation
import GRDB
import OrderedCollections
import Primitives
import Synchronization
import Testing

/// Servers' copies of one stream: how a new one begins, and how a wrong one is found. One after the other:
/// each runs servers.
@Suite(.serialized) struct NodeCopyTests {
  private let server: NATSServer
  private let place: Folder
  private let homes = Homes()

  /// Folders of servers, which are there for as long as the test.
  private final class Homes {
    private var all: [Folder] = []

    func make() throws -> Folder {
      let folder = try Folder()
      all.append(folder)
      return folder
    }
  }

  init() throws {
    server = try NATSServer.shared.get()
    place = try Folder()
  }

  private func open(_ folder: Folder, backup: String? = nil, of place: Folder? = nil) throws
    -> JetStreamJournal
  {
    var options = try options([server], place ?? self.place)
    options.backup = backup
    return try JetStreamJournal(
      options, folder: folder.path + "/data", salts: SystemRandomNumberGenerator())
  }

  // MARK: - Beginning with a backup

  @Test func aBackupOfOneServerBeginsAnother() throws {
    let first = try open(try homes.make())
    var said = try Place.withTwo()
    for number in 1...20 { said.posts("m\(number)") }
    try first.append(&said)
    let file = place.path + "/backup"
    try first.backup(to: file)
    said.posts("after the backup")
    said.happens(.messageDeleted(.lobby, sequence: 3), by: Place.ann)
    try first.append(&said)

    let folder = try homes.make()
    let second = try open(folder, backup: file)
    #expect(try second.loadState() == said.state)
    #expect(try second.texts().last == "after the backup")
    #expect(try second.texts()[2] == "")
    #expect(try second.verifyAudit() == first.verifyAudit())
    // The message is old by now: both have to take its text out of the stream.
    said.posts("and on")
    try second.append(&said)
    try second.close()

    // What is there goes before the backup.
    let again = try open(folder, backup: file)
    #expect(try again.loadState() == said.state)
    try again.close()
    try first.close()
  }

  @Test func aBackupOfAnotherPlaceIsNotUsed() throws {
    let elsewhere = try homes.make()
    let other = try open(try homes.make(), of: elsewhere)
    var saidThere = try Place.withTwo()
    saidThere.posts("there")
    try other.append(&saidThere)
    let file = place.path + "/backup"
    try other.backup(to: file)
    try other.close()

    let first = try open(try homes.make())
    var said = try Place.withTwo()
    try first.append(&said)
    said.posts("another place")
    try first.append(&said)
    let folder = try homes.make()
    #expect(throws: JournalError.self) { try open(folder, backup: file) }
    // Nothing of it is left.
    let second = try open(folder)
    #expect(try second.loadState() == said.state)
    try second.close()
    try first.close()
  }

  @Test func aBackupOfOneMachineIsNotUsed() throws {
    let alone = try homes.make()
    let journal = try Engine.sqlite.open(alone)
    var said = try Place.withTwo()
    try journal.append(&said)
    let file = place.path + "/backup"
    try journal.backup(to: file)
    #expect(throws: JournalError.self) { try open(try homes.make(), backup: file) }
  }

  // MARK: - Comparing

  private final class Verdicts: Sendable {
    private let verdicts = Mutex<[StateVerdict]>([])
    func add(_ verdict: StateVerdict) { verdicts.withLock { $0.append(verdict) } }
    var all: [StateVerdict] { verdicts.withLock { $0 } }
    var differences: [StateVerdict] {
      all.filter { if case .agree = $0 { false } else { true } }
    }
    var agreed: UInt64 {
      all.reduce(0) { if case .agree(let entry) = $1 { max($0, entry) } else { $0 } }
    }
  }

  private func compare(_ journal: JetStreamJournal, as name: String) -> Verdicts {
    var times = ComparisonTimes()
    times.restSeconds = 0.1
    times.tellingSeconds = 0.1
    times.readingSeconds = 0.5
    let verdicts = Verdicts()
    journal.compare(as: name, version: "1", times: times) { verdicts.add($0) }
    return verdicts
  }

  private func until(_ what: String, _ condition: () throws -> Bool) throws {
    let end = Date().addingTimeInterval(60)
    while try !condition() {
      guard Date() < end else { throw NoServer(why: "not within a minute: \(what)") }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  private func change(_ folder: Folder, _ body: (Database) throws -> Void) throws {
    let queue = try DatabaseQueue(path: folder.path + "/data/view/confab.sqlite")
    try queue.write(body)
    try queue.close()
  }

  @Test func serversThatFollowOneStreamAgree() throws {
    let ann = try open(try homes.make())
    let bob = try open(try homes.make())
    let verdicts = [compare(ann, as: "ann"), compare(bob, as: "bob")]
    var said = try Place.withTwo()
    said.posts("both at rest")
    try ann.append(&said)
    try until("they agree at rest") { verdicts.allSatisfy { $0.agreed == said.state.entry } }
    // Many entries, at some of which everybody makes a digest.
    for _ in 1...5 {
      for number in 1...2_000 { said.posts("m\(number)") }
      try ann.append(&said)
    }
    try until("they agree at the end") { verdicts.allSatisfy { $0.agreed == said.state.entry } }
    #expect(verdicts.allSatisfy { $0.differences.isEmpty })
    try ann.close()
    try bob.close()
  }

  @Test func aForgedStateIsFoundByBoth() throws {
    let ann = try open(try homes.make())
    let folder = try homes.make()
    let bob = try open(folder)
    var said = try Place.withTwo()
    said.posts("before")
    try ann.append(&said)
    try until("it arrives") { try bob.loadState() == said.state }
    try bob.saveSnapshot(said.state)
    try bob.close()
    try change(folder) { db in
      let bytes = try #require(try Data.fetchOne(db, sql: "SELECT state FROM snapshot"))
      var state = try JSONDecoder().decode(PlaceState.self, from: bytes)
      state.accounts[Place.bob]?.role = .owner
      try db.execute(
        sql: "UPDATE snapshot SET state = ?", arguments: [try JSONEncoder().encode(state)])
    }
    let forged = try open(folder)
    let (seenByAnn, seenByBob) = (compare(ann, as: "ann"), compare(forged, as: "bob"))
    let entry = said.state.entry
    try until("ann's server says that bob's is wrong") {
      seenByAnn.differences == [.wrongThere("bob", entry)]
    }
    try until("bob's server says that it is wrong") {
      seenByBob.differences.contains(.wrongHere(entry))
    }
    try forged.close()
    try ann.close()
  }

  @Test func aForgedTextIsFoundByItsServer() throws {
    let folder = try homes.make()
    let first = try open(folder)
    var said = try Place.withTwo()
    said.posts("the words that were said")
    try first.append(&said)
    try first.close()
    try change(folder) { db in
      try db.execute(sql: "UPDATE entries SET text = CAST('others' AS BLOB) WHERE text NOT NULL")
    }
    let forged = try open(folder)
    let verdicts = compare(forged, as: "forged")
    try until("it is found") { verdicts.differences.first == .wrongHere(said.state.entry) }
    try forged.close()
  }

  @Test func oneCopyFallsShort() throws {
    let journal = try open(try homes.make())
    #expect(journal.shortcomings == [.copies(1)])
    try journal.close()
  }
}
