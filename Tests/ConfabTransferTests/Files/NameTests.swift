import ConfabTransfer
import Primitives
import Testing

@Suite struct NameTests {
  @Test(
    arguments: [
      "lecture.mp4", ".bashrc", "a b", "2026-11-22T10:00:00.log", "dev-disk-by\\x2duuid", "-rf",
      "Übung é.txt", "日本語.pdf", "👩‍💻.png", "می‌خواهم", "console.log", "com10", "a..b", "...a",
      String(repeating: "x", count: 255),
    ])
  func takes(_ name: String) {
    #expect(FileName.fault(in: name.utf8) == nil)
  }

  @Test(
    arguments: [
      ("", .empty), (".", .escapes), ("..", .escapes), ("a/b", .escapes), ("/etc", .escapes),
      ("../x", .escapes), ("a\0b", .deceives), ("a\nb", .deceives), ("\u{1B}[2J", .deceives),
      ("a\u{7F}", .deceives), ("a\u{85}", .deceives), ("gpj.\u{202E}exe", .deceives),
      ("a\u{200B}", .deceives), ("\u{FEFF}a", .deceives), ("a\u{2028}b", .deceives),
      ("a\u{2066}b", .deceives), ("a\u{FFFF}", .deceives), ("name.", .endsInDotOrSpace),
      ("name ", .endsInDotOrSpace), ("...", .endsInDotOrSpace), ("con", .device),
      ("NUL.txt", .device), ("Com1", .device), ("lpt9.tar.gz", .device), ("aux", .device),
      (String(repeating: "x", count: 256), .tooLong),
    ] as [(String, NameFault)])
  func refuses(_ name: String, _ fault: NameFault) {
    #expect(FileName.fault(in: name.utf8) == fault)
  }

  @Test func safetyIsNotAMatterOfRules() {
    for name in ["..", "a/b", "a\nb", "x\u{202E}y", ""] {
      #expect(FileName.fault(in: name.utf8, rules: .linux) != nil, "\(name)")
    }
    for name in ["aux.c", "etc.", "name "] {
      #expect(FileName.fault(in: name.utf8, rules: .linux) == nil, "\(name)")
    }
  }

  @Test func bytesMustBeUTF8() {
    #expect(FileName.fault(in: [0x61, 0xFF]) == .notUTF8)
    // A slash in too many bytes, which some decoders take for one.
    #expect(FileName.fault(in: [0xC0, 0xAF]) == .notUTF8)
    #expect(FileName.fault(in: [0xED, 0xA0, 0x80]) == .notUTF8)
  }

  @Test(
    arguments: [
      ("a\u{1B}[2J", "a_[2J"), ("name. .", "name___"), ("...", "___"), ("", "_"), ("..", "__"),
      ("con", "con_"), ("Com1.tar.gz", "Com1_.tar.gz"), ("a/b", "a_b"),
      ("gpj.\u{202E}exe", "gpj._exe"),
    ]) func respells(_ name: String, _ expected: String)
  {
    #expect(FileName.respelled(name.utf8, isFolder: false, attempt: 1) == expected)
  }

  /// Whatever comes, in every spelling.
  @Test func whatIsRespelledIsTaken() {
    var random = SeededRandom(seed: 5)
    let pieces: [[UInt8]] = [
      [0x2E], [0x20], [0xFF], [0xC3], Array("aux".utf8), Array("com1".utf8), Array(".tar.gz".utf8),
      Array("\u{202E}".utf8), [0], [0x2F], Array("é".utf8), Array(repeating: 0x78, count: 90),
    ]
    for _ in 0..<5_000 {
      let count = Int.random(in: 0...6, using: &random)
      let name = (0..<count).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
      for attempt in [1, 2, 1_000] {
        let isFolder = Bool.random(using: &random)
        let spelled = FileName.respelled(name, isFolder: isFolder, attempt: attempt)
        #expect(FileName.fault(in: spelled.utf8) == nil, "\(name) became \(spelled)")
      }
    }
  }

  @Test func whatIsRefusedIsShownHarmlessly() {
    #expect(FileName.shown(Array("a\u{1B}[2J\u{202E}".utf8)) == "a\\u{1b}[2J\\u{202e}")
  }

  @Test func foldingJoinsWhatSomeFileSystemsJoin() {
    #expect(FileName.folded("README") == FileName.folded("readme"))
    #expect(FileName.folded("Straße") == FileName.folded("STRASSE"))
    #expect(FileName.folded("\u{E9}") == FileName.folded("E\u{301}"))
    #expect(FileName.folded("a") != FileName.folded("b"))
    #expect(FileName.isSurelyComposed("Übung") && !FileName.isSurelyComposed("U\u{308}bung"))
  }

  @Test(
    arguments: [
      ("video.mp4", 1, "ann_video.mp4"), ("video.mp4", 2, "ann_video (2).mp4"),
      ("src.tar.gz", 3, "ann_src (3).tar.gz"), (".bashrc", 2, "ann_.bashrc (2)"),
      ("Makefile", 2, "ann_Makefile (2)"), ("a.b.c", 2, "ann_a.b (2).c"),
      (".tar.gz", 2, "ann_.tar (2).gz"),
    ])
  func receivedNames(_ name: String, _ attempt: Int, _ expected: String) {
    #expect(
      ReceivedName.candidate(presenter: "ann", name: name, isFolder: false, attempt: attempt)
        == expected)
  }

  @Test func foldersHaveNoExtension() {
    #expect(
      ReceivedName.candidate(presenter: "ann", name: "v1.2", isFolder: true, attempt: 2)
        == "ann_v1.2 (2)")
  }

  @Test(arguments: [1, 2, 10_000])
  func longNamesStillFit(_ attempt: Int) {
    let presenter = String(repeating: "p", count: 32)
    for name in [
      String(repeating: "é", count: 125) + ".mp4", String(repeating: "x", count: 255),
      "a." + String(repeating: "y", count: 253), String(repeating: "👩‍💻", count: 22) + ".x",
    ] {
      let received = ReceivedName.candidate(
        presenter: presenter, name: name, isFolder: false, attempt: attempt)
      #expect(FileName.fault(in: received.utf8) == nil, "\(received)")
      #expect(received.hasPrefix(presenter + "_"))
      #expect(attempt == 1 || received.contains(" (\(attempt))"))
    }
  }
}
