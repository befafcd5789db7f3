/// The text that a person is typing, and where in it.
package struct InputLine: Hashable, Sendable {
  /// Bounds what a paste can add; a message may be shorter still, see `ChatLimits`.
  package static let textBytesMax = 65_536

  private var characters: [Character] = []
  /// Between characters: 0 is before the first.
  package private(set) var cursor = 0
  /// What was cut last; Ctrl-Y puts it back.
  private var killed = ""

  package init(_ text: String = "") {
    replace(with: text)
  }

  package var text: String { String(characters) }
  package var isEmpty: Bool { characters.isEmpty }
  package var textBeforeCursor: String { String(characters[..<cursor]) }
  package var textAfterCursor: String { String(characters[cursor...]) }

  package mutating func replace(with text: String, cursor: Int? = nil) {
    characters = Array(text)
    self.cursor = min(max(0, cursor ?? characters.count), characters.count)
  }

  /// A mark that arrives alone joins the character before the cursor.
  ///
  /// - Returns: false when the text does not fit; then nothing is changed.
  @discardableResult
  package mutating func insert(_ text: String) -> Bool {
    let before = textBeforeCursor + text
    let after = textAfterCursor
    guard before.utf8.count + after.utf8.count <= Self.textBytesMax else { return false }
    replace(with: before + after, cursor: before.count)
    return true
  }

  /// Takes the line away, as Enter does.
  package mutating func take() -> String {
    defer { replace(with: "") }
    return text
  }

  // MARK: Moves

  package mutating func moveLeft() { cursor = max(0, cursor - 1) }
  package mutating func moveRight() { cursor = min(characters.count, cursor + 1) }

  /// To the beginning of this line of several, or of the text when already there.
  package mutating func moveToStart() {
    cursor = lineStart == cursor ? 0 : lineStart
  }

  package mutating func moveToEnd() {
    cursor = lineEnd == cursor ? characters.count : lineEnd
  }

  package mutating func move(to position: Int) {
    cursor = min(max(0, position), characters.count)
  }

  package mutating func moveWordLeft() { cursor = wordStart }

  package mutating func moveWordRight() {
    while cursor < characters.count, !isWordPart(characters[cursor]) { cursor += 1 }
    while cursor < characters.count, isWordPart(characters[cursor]) { cursor += 1 }
  }

  // MARK: Deletions

  package mutating func deleteBackward() {
    guard cursor > 0 else { return }
    remove(from: cursor - 1, to: cursor)
  }

  package mutating func deleteForward() {
    guard cursor < characters.count else { return }
    remove(from: cursor, to: cursor + 1)
  }

  package mutating func killWordBackward() { kill(from: wordStart, to: cursor) }

  package mutating func killToStart() {
    kill(from: lineStart == cursor ? 0 : lineStart, to: cursor)
  }

  package mutating func killToEnd() {
    kill(from: cursor, to: lineEnd == cursor ? min(cursor + 1, characters.count) : lineEnd)
  }

  package mutating func yank() { insert(killed) }

  private mutating func kill(from start: Int, to end: Int) {
    guard start < end else { return }
    killed = String(characters[start..<end])
    remove(from: start, to: end)
  }

  private mutating func remove(from start: Int, to end: Int) {
    // Neighbours may join into one cluster once what parted them is gone.
    let before = String(characters[..<start])
    replace(with: before + String(characters[end...]), cursor: before.count)
  }

  // MARK: Where things are

  private var lineStart: Int {
    (characters[..<cursor].lastIndex(of: "\n") ?? -1) + 1
  }

  private var lineEnd: Int {
    characters[cursor...].firstIndex(of: "\n") ?? characters.count
  }

  private var wordStart: Int {
    var start = cursor
    while start > 0, !isWordPart(characters[start - 1]) { start -= 1 }
    while start > 0, isWordPart(characters[start - 1]) { start -= 1 }
    return start
  }

  private func isWordPart(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }
}
