import ConfabClient
import ConfabDomain
import ConfabJournal
import ConfabNetwork
import ConfabWire
import Foundation
import Histogram
import Primitives
import SwiftProtobuf

/// A room with a long history, and how long it takes to read its end and to search it.
struct HistoryLoad {
  let messages: Int
  let repeats: Int

  private static let room = "history"
  private static let groupMessages = 2_048
  /// Of the last messages that are read.
  private static let pageMessages: UInt32 = 100

  /// What is searched for, by how common the words are.
  private static let searches: [(name: String, make: @Sendable (inout HistoryTexts) -> String)] = [
    ("a common word", { $0.word(in: 1...20) }),
    ("a word in a thousand", { $0.word(in: 1_000...2_000) }),
    ("a rare word", { $0.word(in: 15_000...19_999) }),
    ("two common words", { $0.word(in: 1...100) + " " + $0.word(in: 1...100) }),
    ("two rarer words", { $0.word(in: 200...2_000) + " " + $0.word(in: 200...2_000) }),
    ("the beginning of a word", { String($0.word(in: 1_000...19_999).prefix(5)) + "*" }),
    ("a word that nobody said", { _ in "qqqqq" }),
  ]

  func run() async throws -> HistoryReport {
    let first = try await BenchServer.launch()
    let sessions = try await first.sessions(count: 1)
    try await makeRoom(sessions, on: first)
    // The history is written without the server, by what writes it for the server.
    first.stop()
    let began = SendTime.now
    try fill(first.data)
    let filled = SendTime.now
    let server = try await BenchServer.launch(data: first.data)
    defer { server.end() }
    let started = SendTime.now
    let connection = try await Self.connect(sessions, to: server)
    var report = HistoryReport(
      messages: messages, fillSeconds: Double(filled - began) / 1e9,
      startSeconds: Double(started - filled) / 1e9)
    report.reading = try await time { _ in
      .readMessages(
        .with {
          $0.channel.name = "#" + Self.room
          $0.limit = Self.pageMessages
        })
    }
    for search in Self.searches {
      report.searching.append(
        try await time(name: search.name) { texts in
          .search(.with { $0.words = search.make(&texts) })
        })
    }
    await connection.close()
    return report

    func time(
      name: String = "the last \(Self.pageMessages) messages",
      _ request: (inout HistoryTexts) -> WireClientFrame.OneOf_Body
    ) async throws -> HistoryReport.Times {
      var texts = HistoryTexts(seed: 2)
      var times = Histogram<UInt32>(numberOfSignificantValueDigits: .three)
      for _ in 0..<repeats {
        let body = request(&texts)
        let before = SendTime.now
        _ = try await connection.request(body)
        times.record((SendTime.now - before) / ChatLoadTally.nanosecondsPerUnit)
      }
      return HistoryReport.Times(
        what: name, medianMilliseconds: times.milliseconds(atPercentile: 50),
        p99Milliseconds: times.milliseconds(atPercentile: 99))
    }
  }

  private static func connect(
    _ sessions: BenchSessions, to server: BenchServer
  ) async throws -> Connection {
    try await Dialer(
      to: .network(server.address, pin: sessions.pin),
      credentials: Credentials(.token(sessions.tokens[0]), device: nil), device: nil,
      client: "confab bench"
    ).dial()
  }

  private func makeRoom(_ sessions: BenchSessions, on server: BenchServer) async throws {
    let connection = try await Self.connect(sessions, to: server)
    _ = try await connection.request(
      .createRoom(
        .with {
          $0.name = Self.room
          $0.public = true
        }))
    await connection.close()
  }

  private func fill(_ folder: String) throws {
    let journal = try SQLiteJournal(folder: folder, salts: SystemRandomNumberGenerator())
    var state = try journal.loadState()
    guard let room = state.room(named: try Name(Self.room)), let author = room.owner else {
      throw ChatLoadError(description: "the room was not made")
    }
    var texts = HistoryTexts(seed: 1)
    var random = SeededRandom(seed: 1)
    let now = LocalTime.now
    var group: [StampedEvent] = []
    for number in 0..<messages {
      // A message every minute, up to now; the room is younger, and `apply` makes up for it.
      let at = now - .seconds(60 * (messages - number))
      let message = NewMessage(
        id: MessageID(at: at, using: &random), author: author, text: texts.text(), replyTo: nil,
        mentions: [])
      group.append(
        state.apply(Event(at: at, by: author, body: .messagePosted(room.id, message))))
      if group.count == Self.groupMessages || number == messages - 1 {
        try journal.append(group)
        group.removeAll(keepingCapacity: true)
      }
    }
    try journal.saveSnapshot(journal.makeSnapshot(of: state))
    try journal.close()
  }
}

/// What a long history costs, for people and as JSON.
struct HistoryReport: LoadReport {
  var messages: Int
  var fillSeconds: Double
  /// From nothing to the answer that the server listens.
  var startSeconds: Double
  var reading: Times?
  var searching: [Times] = []

  /// Asked over the network, from the request to the decoded answer.
  struct Times: Codable, Sendable {
    var what: String
    var medianMilliseconds: Double
    var p99Milliseconds: Double

    var text: String {
      String(
        format: "%@: median %.2f ms, p99 %.2f ms", what, medianMilliseconds, p99Milliseconds)
    }
  }

  var text: String {
    var lines = [
      "\(messages) messages in one room, written in \(Int(fillSeconds)) s",
      String(format: "the server starts in %.2f s", startSeconds),
    ]
    if let reading { lines.append("reading \(reading.text)") }
    for search in searching { lines.append("searching \(search.text)") }
    return lines.joined(separator: "\n")
  }
}
