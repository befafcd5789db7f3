import ConfabTerminal
import Testing

@Suite struct InputLineTests {
  @Test func editing() {
    var line = InputLine("hello brave world")
    line.killWordBackward()
    #expect(line.text == "hello brave ")
    line.moveWordLeft()
    line.insert("very ")
    #expect(line.text == "hello very brave " && line.textBeforeCursor == "hello very ")
    line.killToStart()
    #expect(line.text == "brave " && line.cursor == 0)
    line.moveToEnd()
    line.yank()
    #expect(line.text == "brave hello very ")
    line.moveToStart()
    line.deleteForward()
    line.deleteBackward()
    #expect(line.text == "rave hello very ")
    line.moveWordRight()
    line.killToEnd()
    #expect(line.text == "rave")
    let taken = line.take()
    #expect(taken == "rave" && line.isEmpty)
  }

  @Test func clustersAreOneStep() {
    var line = InputLine()
    for scalar in "e\u{301}👨‍👩‍👧".unicodeScalars { line.insert(String(scalar)) }
    #expect(line.cursor == 2)
    line.deleteBackward()
    #expect(line.text == "e\u{301}")
    line.moveLeft()
    #expect(line.cursor == 0)
  }

  @Test func startAndEndAreOfTheLineFirst() {
    var line = InputLine("one\ntwo")
    line.moveToStart()
    #expect(line.cursor == 4)
    line.moveToStart()
    #expect(line.cursor == 0)
    line.moveToEnd()
    #expect(line.cursor == 3)
    line.killToEnd()
    #expect(line.text == "onetwo")
  }

  @Test func aTextThatDoesNotFitChangesNothing() {
    var line = InputLine("x")
    let long = String(repeating: "y", count: InputLine.textBytesMax)
    let isInserted = line.insert(long)
    #expect(!isInserted)
    #expect(line.text == "x")
  }

  @Test func historyRemembersTheDraft() {
    var history = InputHistory()
    for line in ["one", "two", "two"] { history.add(line) }
    var shown: [String?] = []
    shown.append(history.older(than: "draft"))
    shown.append(history.older(than: "two"))
    shown.append(history.older(than: "one"))
    for _ in 0..<3 { shown.append(history.newer()) }
    #expect(shown == ["two", "one", nil, "two", "draft", nil])
  }

  @Test func completionQueryKnowsWhatIsWanted() {
    func query(_ text: String) -> (CompletionQuery.Kind, String) {
      let query = CompletionQuery(textBeforeCursor: text)
      return (query.kind, query.word)
    }
    #expect(query("/se") == (.command, "/se"))
    #expect(query("hello /se") == (.bareName, "/se"))
    #expect(query("hello @b") == (.person, "@b"))
    #expect(query("/join #te") == (.room, "#te"))
    #expect(query("/send-file one my\\ files/a") == (.file, "my files/a"))
    #expect(query("/send-file 'my files/a") == (.file, "my files/a"))
    #expect(query("/send-file one ") == (.file, ""))
    #expect(query("/receive-into ~/d") == (.file, "~/d"))
    #expect(query("/send-file a @b") == (.person, "@b"))
    #expect(query("UPD bob le") == (.file, "le"))
    #expect(query("UPD b") == (.bareName, "b"))
  }
}
