import ConfabDomain
import ConfabJournal
import Foundation
import OrderedCollections
import Primitives
import Synchronization
import Testing

/// What the journal on JetStream does besides the contract. One after the other: each runs servers.
@Suite(.serialized) struct JetStreamTests {
  /// Views of one place on different machines.
  private struct Node {
    let folder: Folder
    let journal: JetStreamJournal
    let arrivals = Arrivals()

    init(_ servers: [NATSServer], of place: Folder, in folder: Folder) throws {
      self.folder = folder
      journal = try JetStreamJournal(
        options(servers, place), folder: folder.path + "/data",
        salts: SystemRandomNumberGenerator())
      let known = try journal.loadState().entry
      try journal.follow(after: known) { [arrivals] events, _ in arrivals.add(events) }
    }

    init(_ servers: [NATSServer], of place: Folder) throws {
      try self.init(servers, of: place, in: try Folder())
    }
  }

  private final class Arrivals: Sendable {
    private let entries = Mutex<[UInt64]>([])
    func add(_ events: [StampedEvent]) { entries.withLock { $0 += events.map(\.entry) } }
    var all: [UInt64] { entries.withLock { $0 } }
  }

  private func until(_ what: String, _ condition: () throws -> Bool) throws {
    let end = Date().addingTimeInterval(60)
    while try !condition() {
      guard Date() < end else { throw NoServer(why: "not within a minute: \(what)") }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  @Test func viewIsMadeAnewAndCatchesUp() throws {
    let server = try NATSServer.shared.get()
    let place = try Folder()
    let first = try Node([server], of: place)
    var said = try Place.withTwo()
    for number in 1...20 {
      said.posts("m\(number)")
      try first.journal.append(&said)
    }
    try first.journal.close()
    let elsewhere = try Node([server], of: place)
    #expect(try elsewhere.journal.loadState() == said.state)
    #expect(try elsewhere.journal.texts().count == 20)
    said.posts("while the first was away")
    try elsewhere.journal.append(&said)
    let again = try Node([server], of: place, in: first.folder)
    #expect(try again.journal.loadState() == said.state)
    #expect(try again.journal.texts().last == "while the first was away")
    #expect(
      try again.journal.verifyAudit() == elsewhere.journal.verifyAudit())
    try again.journal.close()
    try elsewhere.journal.close()
  }

  @Test func whoDecidedOnAnOlderStateIsOvertaken() throws {
    let server = try NATSServer.shared.get()
    let place = try Folder()
    let ann = try Node([server], of: place)
    var said = try Place.withTwo()
    try ann.journal.append(&said)
    let bob = try Node([server], of: place)
    var saidByBob = said
    said.posts("ann was quicker")
    saidByBob.posts("bob was slower", by: Place.bob)
    try ann.journal.append(&said)
    // Whether bob's server has heard of it or not.
    #expect(throws: JournalError.overtaken) { try bob.journal.append(&saidByBob) }
    try until("the entry arrives") { bob.arrivals.all == [4] }
    #expect(try bob.journal.loadState() == said.state)
    said.posts("bob again", by: Place.bob)
    try bob.journal.append(&said)
    try until("the entry arrives") { ann.arrivals.all == [5] }
    #expect(try ann.journal.texts() == ["ann was quicker", "bob again"])
    #expect(bob.arrivals.all == [4])
    try ann.journal.close()
    try bob.journal.close()
  }

  @Test func deletedTextsLeaveTheStream() throws {
    let server = try NATSServer()
    let place = try Folder()
    let node = try Node([server], of: place)
    var said = try Place.withTwo()
    said.posts("kept words")
    said.posts("the password is xylophonist")
    try node.journal.append(&said)
    said.happens(.messageEdited(.lobby, sequence: 2, text: "it is glockenspiel"), by: Place.ann)
    said.posts("also kept")
    try node.journal.append(&said)
    // The text before an edit goes like a deleted one.
    try until("the first text is erased") { try !node.journal.hasErasures() }
    #expect(try !server.holds("xylophonist") && server.holds("glockenspiel"))
    said.happens(.messageDeleted(.lobby, sequence: 2), by: Place.ann)
    // Said and deleted within one batch, which then is the newest.
    said.posts("a marimbaphone")
    said.happens(.messageDeleted(.lobby, sequence: 4), by: Place.ann)
    try node.journal.append(&said)
    try until("the texts are erased") { try !node.journal.hasErasures() }
    for secret in ["xylophonist", "glockenspiel", "marimbaphone"] {
      #expect(try !server.holds(secret), "\(secret)")
    }
    said.posts("the chain goes on")
    try node.journal.append(&said)

    let later = try Node([server], of: place)
    #expect(try later.journal.texts() == ["kept words", "", "also kept", "", "the chain goes on"])
    #expect(try later.journal.loadState() == said.state)
    #expect(try later.journal.verifyAudit() == node.journal.verifyAudit())
    #expect(try later.journal.verifyAudit().brokenAt == nil)
    try later.journal.close()
    try node.journal.close()
  }

  @Test func serverThatDiesLosesNothingThatWasAcknowledged() throws {
    let server = try NATSServer()
    let place = try Folder()
    let node = try Node([server], of: place)
    var said = try Place.withTwo()
    try node.journal.append(&said)
    for round in 1...3 {
      for number in 1...20 {
        said.posts("\(round) \(number)")
        try node.journal.append(&said)
      }
      let before = said
      let killing = Thread { server.kill(SIGKILL) }
      killing.start()
      do {
        for number in 1...10_000 {
          said.posts("\(round) unsure \(number)")
          try node.journal.append(&said)
        }
        Issue.record("a dead server took ten thousand groups")
      } catch let error as JournalError {
        guard case .unreachable = error else { throw error }
      }
      #expect(try node.journal.texts().count > 0)
      #expect(throws: JournalError.self) { try node.journal.loadState() }
      try server.start()
      var settled: PlaceState?
      try until("the server answers") {
        settled = try? node.journal.loadState()
        return settled != nil
      }
      let state = try #require(settled)
      #expect(state.entry >= before.state.entry)
      #expect(state == said.state || state.entry + 1 == said.state.entry)
      said = Place(state: state)
    }
    let later = try Node([server], of: place)
    #expect(try later.journal.loadState() == node.journal.loadState())
    #expect(try later.journal.verifyAudit() == node.journal.verifyAudit())
    try later.journal.close()
    try node.journal.close()
  }

  @Test func fullStreamRefusesAndKeeps() throws {
    let server = try NATSServer(limits: ", max_file_store: 1MB")
    let place = try Folder()
    let node = try Node([server], of: place)
    var said = try Place.withTwo()
    try node.journal.append(&said)
    var stored = 0
    let failure = #expect(throws: JournalError.self) {
      for _ in 1...1_000 {
        said.posts(String(repeating: "x", count: 8_000))
        try node.journal.append(&said)
        stored += 1
      }
    }
    guard case .streamFull = failure else { throw NoServer(why: "\(failure as Any)") }
    #expect(stored > 10)
    #expect(try node.journal.loadState().channels[.lobby]?.sequence == UInt64(stored))
    try node.journal.close()
  }

  /// Replicated streams answer with another number than a server alone while a message is on its way.
  @Test func serversThatWriteAtOnceOvertakeEachOther() throws {
    let servers = try NATSServer.cluster(of: 3)
    let place = try Folder()
    var made: [Node] = []
    try until("the cluster serves two nodes") {
      while made.count < 2 {
        guard let node = try? Node(servers, of: place) else { return false }
        made.append(node)
      }
      return true
    }
    var said = try Place.withTwo()
    try made[0].journal.append(&said)
    let journals = made.map(\.journal)
    let failures = Mutex<[String]>([])
    let stored = 40
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      var count = 0
      while count < stored {
        do {
          var place = Place(state: try journals[index].loadState())
          place.posts("\(index) \(count)")
          try journals[index].append(&place)
          count += 1
        } catch JournalError.overtaken {
        } catch {
          return failures.withLock { $0.append("\(error)") }
        }
      }
    }
    #expect(failures.withLock { $0 } == [])
    try until("both have everything") {
      try journals.allSatisfy {
        try $0.loadState().channels[.lobby]?.sequence == UInt64(2 * stored)
      }
    }
    #expect(try journals[0].verifyAudit() == journals[1].verifyAudit())
    for journal in journals { try journal.close() }
  }

  @Test func twoOfThreeServersAreEnoughAndOneIsNot() throws {
    let servers = try NATSServer.cluster(of: 3)
    let place = try Folder()
    var made: Node?
    // A cluster takes a moment to find itself.
    try until("the cluster has three copies") {
      made = try? Node(servers, of: place)
      return made?.journal.replicas == 3
    }
    let node = try #require(made)
    var said = try Place.withTwo()
    try node.journal.append(&said)
    servers[0].kill(SIGKILL)
    for number in 1...20 {
      said.posts("without the first \(number)")
      try node.journal.append(&said)
    }
    servers[1].kill(SIGKILL)
    said.posts("without two")
    #expect(throws: JournalError.self) { try node.journal.append(&said) }
    #expect(try node.journal.texts().count == 20)
    try until("the view counts as old") { node.journal.staleSeconds != nil }
    try servers[1].start()
    var settled: PlaceState?
    try until("two answer again") {
      settled = try? node.journal.loadState()
      return settled != nil
    }
    said = Place(state: try #require(settled))
    said.posts("with two again")
    try node.journal.append(&said)
    #expect(node.journal.staleSeconds == nil)
    try servers[0].start()
    // It answers before it has caught up with the others.
    var came: Node?
    try until("the first serves again") {
      came = try? Node(servers, of: place)
      return came != nil
    }
    let later = try #require(came)
    #expect(try later.journal.texts().last == "with two again")
    #expect(try later.journal.verifyAudit() == node.journal.verifyAudit())
    try later.journal.close()
    try node.journal.close()
  }
}
