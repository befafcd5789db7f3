import ConfabDomain
import Primitives
import Testing

@Suite("Texts of messages")
struct MessageTextTests {
  @Test(
    "an @ that begins a word mentions",
    arguments: [
      ("@ann", ["ann"]),
      ("hello @ann and @Bob.", ["ann", "Bob"]),
      ("@ann, @bob; (@cat)", ["ann", "bob", "cat"]),
      ("@ann @ANN @ann", ["ann"]),
      ("ann@example.com", []),
      ("@", []), ("@ ann", []), ("@-", []), ("", []),
      ("@ann.", ["ann"]), ("@ann-", ["ann"]), ("@a.b", ["a.b"]), ("@r2-d2!", ["r2-d2"]),
      ("über@ann", []),
      ("„@ann“", ["ann"]),
      ("@@ann", ["ann"]),
      ("@" + String(repeating: "x", count: 33), []),
    ])
  func mentions(_ text: String, _ names: [String]) {
    #expect(MessageText.mentionedNames(in: text).map(\.text) == names)
  }

  @Test("no more people are mentioned than the limit")
  func tooManyMentions() {
    let text = (1...200).map { "@p\($0)" }.joined(separator: " ")
    #expect(MessageText.mentionedNames(in: text).count == Limits.mentionsPerMessageMax)
  }

  @Test("a text has something to read and at most 8 KiB")
  func limits() {
    func check(_ text: String) -> Rejection.Code? { refusal { try MessageText.check(text) } }
    #expect(check("") == .messageEmpty)
    #expect(check(" \n\t\u{3000}\u{2028}") == .messageEmpty)
    #expect(check("x") == nil)
    #expect(check("\u{1B}[31m") == nil)
    #expect(check(String(repeating: "x", count: Limits.messageBytesMax)) == nil)
    #expect(check(String(repeating: "x", count: Limits.messageBytesMax + 1)) == .messageTooLong)
    // Bytes are counted, not characters.
    #expect(check(String(repeating: "é", count: Limits.messageBytesMax / 2)) == nil)
    #expect(check(String(repeating: "é", count: Limits.messageBytesMax / 2 + 1)) == .messageTooLong)
  }

  @Test("passwords have 8 to 1,024 bytes, imported ones may be short")
  func passwords() {
    func check(_ count: Int, imported: Bool = false) -> Rejection.Code? {
      refusal { try PasswordRule.check(byteCount: count, isImported: imported) }
    }
    #expect(check(7) == .passwordUnfit)
    #expect(check(8) == nil)
    #expect(check(1024) == nil)
    #expect(check(1025) == .passwordUnfit)
    #expect(check(10_000_000) == .passwordUnfit)
    #expect(check(1, imported: true) == nil)
    #expect(check(0, imported: true) == .passwordUnfit)
    #expect(check(1025, imported: true) == .passwordUnfit)
  }
}
