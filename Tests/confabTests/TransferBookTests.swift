import ConfabClient
import ConfabTerminal
import ConfabTransfer
import Testing
import confab

@Suite struct TransferBookTests {
  private func offered(_ names: String...) -> TransferBook {
    var book = TransferBook()
    for name in names { _ = book.add(name, bytes: 12_345_678, .receiving, "@ann", .offered) }
    return book
  }

  private func progress(_ done: UInt64) -> TransferProgress {
    var progress = TransferProgress()
    (progress.bytesDone, progress.bytesTotal) = (done, 4_000_000)
    (progress.bytesPerSecond, progress.secondsLeft, progress.path) = (1_250_000, 3_723, .direct)
    return progress
  }

  @Test func anOfferSaysHowToAnswer() {
    let book = offered("talk.mp4")
    #expect(book.list.map(\.text) == ["1 from @ann  talk.mp4  12.3 MB  /accept 1  /decline 1"])
    #expect(!book.isRunning)
  }

  @Test func withoutANumberTheOnlyOneIsMeant() throws {
    var book = offered("talk.mp4")
    #expect(try book.choose(nil, to: .accept).number == 1)
    #expect(throws: TransferChoiceError.self) { try book.choose(nil, to: .cancel) }
    _ = book.add("notes.txt", bytes: 1, .receiving, "@bob", .offered)
    #expect(throws: TransferChoiceError.self) { try book.choose(nil, to: .accept) }
    #expect(try book.choose(2, to: .decline).name == "notes.txt")
    #expect(throws: TransferChoiceError.self) { try book.choose(3, to: .accept) }
    book.set(.running([.init(person: "bob")]), of: 2)
    #expect(throws: TransferChoiceError.self) { try book.choose(2, to: .accept) }
    #expect(try book.choose(nil, to: .cancel).number == 2)
  }

  @Test func whatFlowsIsALineForEachPerson() {
    var book = TransferBook()
    let number = book.add(
      "talk.mp4", bytes: 4_000_000, .sending, "#plans", .waiting(for: ["ann", "bob"]))
    #expect(book.lines.map(\.details) == [["waiting for ann, bob"]])
    book.progressed(number, with: "ann", progress(1_000_000))
    book.progressed(number, with: "bob", progress(2_000_000))
    book.progressed(number, with: "ann", progress(3_000_000))
    #expect(book.lines.map(\.other) == ["@ann", "@bob"])
    #expect(book.lines.map(\.fraction) == [0.75, 0.5])
    #expect(book.lines[0].details == ["3.0/4.0 MB", "10.0 Mbit/s", "1:02:03", "direct"])
    book.ended(number, with: "ann", waiting: [])
    #expect(book.lines.count == 1 && book.isRunning)
    book.ended(number, with: "bob", waiting: ["cleo"])
    #expect(book.lines.map(\.details) == [["waiting for cleo"]])
    book.remove(number)
    #expect(book.isEmpty && !book.isRunning)
  }

  @Test func numbersBeginAnewWhenNothingIsLeft() {
    var book = offered("one", "two")
    book.remove(1)
    #expect(book.add("three", bytes: 0, .receiving, "@ann", .offered) == 3)
    book.remove(2)
    book.remove(3)
    #expect(book.add("four", bytes: 0, .receiving, "@ann", .offered) == 1)
  }
}
