import ConfabDomain
import Primitives
import Testing

@Suite("Names")
struct NameTests {
  @Test(
    "letters, digits and three marks make a name",
    arguments: ["a", "Yoda", "r2-d2", "a_b.c", "42", ".", String(repeating: "x", count: 32)])
  func good(_ text: String) throws {
    #expect(try Name(text).text == text)
  }

  @Test(
    "everything else is refused",
    arguments: [
      "", "a b", "a\tb", "a\u{0}", "a\u{1B}[31m", "a\u{202E}b", "a\u{200B}", "\u{0430}nn",
      "ａｎｎ", "é", "e\u{301}", "👍", "a/b", "a:b", "@ann", "#ann", "a+b", "ı",
      String(repeating: "x", count: 33),
    ])
  func bad(_ text: String) {
    #expect(refusal { _ = try Name(text) } == .nameInvalid)
  }

  @Test("case is shown as typed and makes no difference")
  func caseIsFolded() throws {
    #expect(try Name("Yoda") == Name("yODA"))
    #expect(try Set([Name("Yoda"), Name("yoda")]).count == 1)
    #expect(try Name("Yoda").text == "Yoda")
    #expect(try Name("Yoda").folded == "yoda")
  }

  @Test(
    "a room is no number and not the lobby",
    arguments: [
      ("42", Rejection.Code.nameInvalid), ("#007", .nameInvalid), ("lobby", .nameTaken),
      ("#Lobby", .nameTaken), ("#", .nameInvalid), ("##a", .nameInvalid), ("@a", .nameInvalid),
    ])
  func rooms(_ text: String, _ code: Rejection.Code) {
    #expect(refusal { _ = try Name.room(text) } == code)
  }

  @Test("a room and a person may be written with their mark")
  func marks() throws {
    #expect(try Name.room("#plans").text == "plans")
    #expect(try Name.room("4th-floor").text == "4th-floor")
    #expect(try Name.person("@ann").text == "ann")
    #expect(try Name.person("42").text == "42")
  }
}

/// The number of what the body throws; nil when it does not.
func refusal(_ body: () throws -> Void) -> Rejection.Code? {
  do {
    try body()
    return nil
  } catch {
    return (error as? Rejection)?.code
  }
}
