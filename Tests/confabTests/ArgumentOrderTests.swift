import Testing
import confab

@Suite struct ArgumentOrderTests {
  private func arranged(_ line: String) -> String {
    ArgumentOrder.ofConfab.arranged(line.split(separator: " ").map(String.init))
      .joined(separator: " ")
  }

  @Test(arguments: [
    ("--profile x who", "who --profile x"),
    ("--profile=x --server h:1 who --json", "who --profile=x --server h:1 --json"),
    ("--profile x room create plans", "room create --profile x plans"),
    ("--server h admin users", "admin users --server h"),
    // Without a verb the chat opens, and a value that is missing is the parser's to tell.
    ("--profile x", "--profile x"),
    ("--profile x #plans", "--profile x #plans"),
    ("--profile", "--profile"),
    ("--version", "--version"),
    ("who --profile x", "who --profile x"),
  ]) func optionsBeforeTheVerb(line: String, expected: String) {
    #expect(arranged(line) == expected)
  }

  @Test(arguments: [
    ("broadcast hi", "broadcast -- hi"),
    ("broadcast hi --profile x", "broadcast --profile x -- hi"),
    ("broadcast hi --profile=x --json", "broadcast --profile=x --json -- hi"),
    ("--profile x broadcast hi all", "broadcast --profile x -- hi all"),
    ("send #plans hi there --json", "send --json -- #plans hi there"),
    ("send --reply-to 3 #plans yes", "send --reply-to 3 -- #plans yes"),
    ("send #plans -", "send -- #plans -"),
    ("send #plans -5 degrees", "send -- #plans -5 degrees"),
    ("send #plans --help", "send --help -- #plans"),
    ("edit #plans 12 at nine --server h", "edit --server h -- #plans 12 at nine"),
    // In the midst of a text, and behind the mark, they are words like others.
    ("broadcast use --json for scripts", "broadcast -- use --json for scripts"),
    ("broadcast -- --json", "broadcast -- --json"),
    ("send #plans -- hi --json", "send -- #plans hi --json"),
    ("send #plans a --json -- b", "send --json -- #plans a b"),
    // What is no option of ours is refused by the parser when it stands where options do.
    ("broadcast --loud hi", "broadcast --loud -- hi"),
  ]) func optionsAroundText(line: String, expected: String) {
    #expect(arranged(line) == expected)
  }
}
