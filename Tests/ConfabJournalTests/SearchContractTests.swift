import ConfabDomain
import ConfabJournal
import Testing

/// What every engine finds alike.
@Suite struct SearchContractTests {
  private func journal(
    _ engine: Engine, indexed: Bool, _ folder: Folder, _ texts: [String]
  ) throws -> any Journal {
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    for text in texts { place.posts(text) }
    // Enough that SQLite's index takes them in.
    for _ in 0..<(indexed ? 2_100 : 0) { place.happens(.noted("")) }
    try journal.append(&place)
    return journal
  }

  @Test(arguments: Engine.allCases, [false, true])
  func wordsPhrasesAndBeginnings(_ engine: Engine, indexed: Bool) throws {
    let folder = try Folder()
    let journal = try journal(
      engine, indexed: indexed, folder,
      [
        "The quick brown fox", "a brown quick fox", "Crème brûlée for breakfast", "naïve Ångström",
        "foo-bar and baz", "nul\u{0}after", "1234 numbers",
      ])
    #expect(try journal.found("quick fox") == ["a brown quick fox", "The quick brown fox"])
    #expect(try journal.found("QUICK") == ["a brown quick fox", "The quick brown fox"])
    #expect(try journal.found("\"quick brown\"") == ["The quick brown fox"])
    #expect(try journal.found("\"quick brown") == ["The quick brown fox"])
    #expect(try journal.found("qui*").count == 2)
    #expect(try journal.found("qui") == [])
    #expect(try journal.found("\"the qui\"*") == ["The quick brown fox"])
    #expect(try journal.found("creme BRULEE") == ["Crème brûlée for breakfast"])
    #expect(try journal.found("cre\u{301}me") == ["Crème brûlée for breakfast"])
    #expect(try journal.found("angstrom") == ["naïve Ångström"])
    #expect(try journal.found("foo-bar") == ["foo-bar and baz"])
    #expect(try journal.found("bar-foo") == [])
    #expect(try journal.found("after") == ["nul\u{0}after"])
    #expect(try journal.found("123*") == ["1234 numbers"])
    #expect(try journal.found("fox", limit: 1) == ["a brown quick fox"])
  }

  @Test(arguments: Engine.allCases, [false, true])
  func whateverIsTypedIsNoError(_ engine: Engine, indexed: Bool) throws {
    let folder = try Folder()
    let journal = try journal(engine, indexed: indexed, folder, ["near and or not text scope c1"])
    for typed in [
      "AND", "OR", "NOT", "NEAR(a b)", "a AND", "text:near", "scope:c1", "^near", "near + and",
      "- near",
      "{text}: x",
      "near \"", "\"\" near", "(near", "near)", "ne*ar", "**near", "'near'", "near; --",
      "near\u{0}", "a.b.c", "c1",
    ] {
      _ = try journal.found(typed)
    }
    #expect(try journal.found("near -").count == 1)
    #expect(try journal.found("and OR not").count == 1)
    // The word for the channel is not one of the text.
    #expect(try journal.found("c2") == [])
    for nothing in ["", "  ", "\"\"", "*", "!?", "-", "\" \"*", "\u{0}"] {
      #expect(throws: JournalError.self, "\(nothing)") { try journal.found(nothing) }
    }
    #expect(throws: JournalError.self) {
      try journal.found(String(repeating: "a ", count: SearchTerms.termsMax + 1))
    }
    #expect(throws: JournalError.self) {
      try journal.found(String(repeating: "a", count: SearchTerms.bytesMax + 1))
    }
  }

  @Test(arguments: Engine.allCases, [false, true])
  func snippetsShowWhy(_ engine: Engine, indexed: Bool) throws {
    let folder = try Folder()
    let long = (1...100).map { "w\($0)" }.joined(separator: " ")
    let journal = try journal(
      engine, indexed: indexed, folder, ["see the Fox, a fox\u{E000}!", long])
    func snippet(_ words: String) throws -> String? {
      let scope = [SearchQuery.Scope(channel: .lobby, visibility: .everything)]
      return try journal.search(SearchQuery(words: words, scope: scope, limit: 1)).first?.snippet
        .replacing("\u{E000}", with: "[").replacing("\u{E001}", with: "]")
    }
    #expect(try snippet("see fox") == "[see] the [Fox], a fox\u{FFFD}!")
    #expect(try snippet("\"see the\"") == "[see the] Fox, a fox\u{FFFD}!")
    let middle = try #require(try snippet("w50"))
    #expect(middle.hasPrefix("…w44 w45"))
    #expect(middle.contains("w49 [w50] w51"))
    #expect(middle.hasSuffix("w67…"))
  }

  /// Messages go from waiting to indexed, and across a shard's end, while people edit and delete.
  @Test(arguments: Engine.allCases)
  func aChangeIsSeenWhereverTheMessageIs(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    for round in 1...3 {
      for number in 1...3 { place.posts("old r\(round)n\(number)") }
      try journal.append(&place)
      for _ in 0..<(round == 2 ? 65_600 : 300) { place.happens(.noted("")) }
      try journal.append(&place)
    }
    for message: UInt64 in [1, 4, 7] {
      place.happens(
        .messageEdited(.lobby, sequence: message, text: "new \(message)"), by: Place.ann)
      place.happens(.messageDeleted(.lobby, sequence: message + 1), by: Place.ann)
    }
    try journal.append(&place)
    #expect(try journal.found("new") == ["new 7", "new 4", "new 1"])
    #expect(try journal.found("old") == ["old r3n3", "old r2n3", "old r1n3"])
    for _ in 0..<2_100 { place.happens(.noted("")) }
    try journal.append(&place)
    #expect(try journal.found("new") == ["new 7", "new 4", "new 1"])
    #expect(try journal.found("old") == ["old r3n3", "old r2n3", "old r1n3"])
    #expect(try journal.found("r1n2") == [])
    #expect(try journal.verifyAudit().brokenAt == nil)
  }

  @Test(arguments: Engine.allCases)
  func aHitIsFoundInTheChannelsAskedFor(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    let rooms = try (1...50).map { try place.opensRoom("room-\($0)") }
    for (number, room) in rooms.enumerated() { place.posts("word \(number)", in: room) }
    place.posts("word in the lobby")
    try journal.append(&place)
    let all = rooms.map { place.scope($0) }
    #expect(try journal.found("word", in: all).count == 50)
    #expect(try journal.found("word", in: [all[6]]) == ["word 6"])
    #expect(try journal.found("word", in: all, limit: 2) == ["word 49", "word 48"])
  }
}
