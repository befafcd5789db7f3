import ConfabDomain
import ConfabJournal
import Foundation
import Primitives
import Testing

/// The durable bytes of events: whoever changes them makes every journal there is unreadable.
@Suite struct EventCodecTests {
  struct Vector: Codable, Equatable {
    var name: String
    var kind: Int
    var payload: String
    /// Of texts only.
    var salt: String?
    /// The audit chain at this entry, when the journal holds these vectors in order.
    var chain: String
  }

  @Test func everyEventComesBack() throws {
    var random = SeededRandom(seed: 1)
    for (name, stamped) in try Samples.all() {
      let encoded = try EventCodec.encode(stamped, using: &random)
      let text = encoded.text?.text ?? ""
      #expect(
        try EventCodec.decode(encoded.payload, entry: stamped.entry, text: text) == stamped,
        "\(name)")
      // What can be deleted is not in what stays.
      #expect(encoded.text?.text == stamped.event.body.text, "\(name)")
      if !text.isEmpty {
        #expect(Data(encoded.payload).range(of: Data(text.utf8)) == nil, "\(name)")
      }
    }
  }

  /// Messages are spelled by hand; the generated code must say the same.
  @Test func messagesAreSpelledAsTheSchemaSays() throws {
    var random = SeededRandom(seed: 2)
    let numbers: [UInt64?] = [nil, 0, 1, 127, 128, 1 << 35, .max]
    for _ in 0..<500 {
      func number() -> UInt64? { numbers.randomElement(using: &random) ?? nil }
      let mentions = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        AccountID(number() ?? 5)
      }
      let message = NewMessage(
        id: MessageID(using: &random), author: AccountID(number() ?? 0), text: "x",
        replyTo: number(), mentions: mentions)
      let time = Int64(bitPattern: number() ?? 7)
      let stamped = StampedEvent(
        entry: 1,
        event: Event(
          at: WallTime(millisecondsSinceEpoch: time), by: number().map { AccountID($0) },
          body: .messagePosted(ChannelID(number() ?? 0), message)),
        position: number(), sequence: number())
      let spelled = try EventCodec.encode(stamped, using: &random)
      #expect(spelled == (try EventCodec.encode(stamped, sealed: spelled.text)))
    }
  }

  /// Fails when an event is new in the schema and has no sample.
  @Test func everyFieldOfTheSchemaHasASample() throws {
    let schema = try String(
      contentsOfFile: path("Sources/ConfabJournal/journal.proto"), encoding: .utf8)
    let block = try #require(
      schema.firstMatch(of: /oneof event \{(.*?)\n  \}/.dotMatchesNewlines()))
    let numbers = block.1.matches(of: /= (\d+);/).compactMap { Int($0.1) }
    var random = SeededRandom(seed: 1)
    let sampled = try Samples.all().map { try EventCodec.encode($0.stamped, using: &random).kind }
    #expect(Set(numbers) == Set(sampled))
    #expect(numbers.count == Set(numbers).count)
  }

  /// `UPDATE=1 swift test --filter EventCodecTests` writes the vectors anew; review the difference.
  @Test func bytesAreTheGoldenOnes() throws {
    var random = SeededRandom(seed: 1)
    var chain = AuditChain.start
    let vectors = try Samples.all().map { name, stamped in
      let encoded = try EventCodec.encode(stamped, using: &random)
      chain.extend(by: encoded.payload)
      return Vector(
        name: name, kind: encoded.kind, payload: encoded.payload.hex,
        salt: encoded.text?.salt.hex, chain: chain.value.hex)
    }
    let file = URL(fileURLWithPath: path("Vectors/journal.json"))
    if ProcessInfo.processInfo.environment["UPDATE"] == "1" {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try (try encoder.encode(vectors) + Data("\n".utf8)).write(to: file)
    }
    let golden = try JSONDecoder().decode([Vector].self, from: Data(contentsOf: file))
    #expect(vectors == golden)
  }

  @Test func whatANewerVersionAddsIsSkipped() throws {
    var random = SeededRandom(seed: 1)
    for (name, stamped) in try Samples.all() {
      let encoded = try EventCodec.encode(stamped, using: &random)
      // Field 1,000, a string.
      let newer = encoded.payload + [0xC2, 0x3E, 0x03] + Array("new".utf8)
      let text = encoded.text?.text ?? ""
      #expect(try EventCodec.decode(newer, entry: 7, text: text) == stamped, "\(name)")
    }
  }

  @Test(
    arguments: [
      ([], "does not know"), ([0xFF], "cannot be read"), ([0x08, 0x01], "does not know"),
      // An account without a name, a session that ended in no way, a message without an id.
      ([0x5A, 0x02, 0x08, 0x01], "makes no sense"), ([0xB2, 0x01, 0x00], "makes no sense"),
      ([0xC2, 0x02, 0x00], "makes no sense"),
      // Files for nobody.
      ([0xE2, 0x03, 0x00], "makes no sense"),
    ] as [([UInt8], String)])
  func otherBytesAreDamage(_ payload: [UInt8], _ words: String) {
    #expect {
      try EventCodec.decode(payload, entry: 3, text: "")
    } throws: { error in
      guard case .corrupt(let found) = error as? JournalError else { return false }
      return found.contains("entry 3") && found.contains(words)
    }
  }
}

/// A file of the repository.
func path(_ name: String, from file: String = #filePath) -> String {
  var url = URL(fileURLWithPath: file)
  for _ in 0..<3 { url.deleteLastPathComponent() }
  return url.appendingPathComponent(name).path
}
