import ConfabClient
import Testing

@Suite struct CredentialsFileTests {
  @Test func readsOnePairALine() {
    let file = CredentialsFile("Yoda wise@!man\r\nObi-wan hello-there\n\nR2D2 beep\n")
    #expect(
      file.entries == [
        .init(name: "Yoda", password: "wise@!man"),
        .init(name: "Obi-wan", password: "hello-there"),
        .init(name: "R2D2", password: "beep"),
      ])
    #expect(file.problems.isEmpty)
  }

  @Test(arguments: ["Yoda", "Yoda ", " secret", "Yoda  secret", "Yoda wise man", "Yoda\tsecret"])
  func refusesWhatIsNotAPair(line: String) {
    let file = CredentialsFile("Ann fine-enough\n\(line)\nBob fine-enough\n")
    #expect(file.entries.map(\.name) == ["Ann", "Bob"])
    #expect(file.problems.map(\.line) == [2])
    // Whoever reads the report must not learn a password.
    #expect(file.problems.allSatisfy { !$0.reason.contains("secret") })
  }

  @Test func takesARepeatedLineOnceAndRefusesASecondPassword() {
    let file = CredentialsFile("Yoda one\nYoda one\nYoda two\n")
    #expect(file.entries == [.init(name: "Yoda", password: "one")])
    #expect(file.problems.map(\.line) == [3])
  }

  @Test func namesThatDifferInCaseOnlyCollide() throws {
    let inFile = try #require(
      CredentialsFile("Yoda a\nLuke b\nyoda c\n").firstCollision(with: []))
    #expect(inFile == ("Yoda", "yoda"))
    let withPlace = try #require(
      CredentialsFile("Yoda a\n").firstCollision(with: ["luke", "YODA"]))
    #expect(withPlace == ("YODA", "Yoda"))
    #expect(CredentialsFile("Yoda a\n").firstCollision(with: ["Yoda", "luke"]) == nil)
  }

  @Test func aByteOrderMarkIsNoPartOfAName() {
    #expect(CredentialsFile("\u{FEFF}Yoda a\n").entries.map(\.name) == ["Yoda"])
  }
}
