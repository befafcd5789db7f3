extension ChatModel {
  mutating func press(_ key: Key) -> [ChatIntent] {
    hint = nil
    if isInputRefused {
      isInputRefused = false
      if case .text = key { input.replace(with: "") }
    }
    if key != .control("c") { isQuitArmed = false }
    if overlay != nil, turnPage(key) { return [] }
    if completion != nil, stepCompletion(key) { return [] }
    completion = nil
    switch key {
    case .enter: return enter()
    case .tab: return complete()
    case .pageUp: return pageUp()
    case .pageDown: pageDown()
    case .escape: scrollToNewest()
    case .altUp, .control("p"): return step(by: -1)
    case .altDown, .control("n"): return step(by: 1)
    case .alt("a"), .alt("A"): return jumpToUnread()
    case .control("l"): return [.redraw]
    case .control("c"): return interrupt()
    case .control("d") where input.isEmpty: return leave(.quit)
    case .up, .down: recallOrMove(key == .up ? -1 : 1)
    default: edit(key)
    }
    return []
  }

  /// Ctrl-C clears the line; on an empty one it quits, but only when meant.
  private mutating func interrupt() -> [ChatIntent] {
    if !input.isEmpty {
      input.replace(with: "")
      history.stopBrowsing()
    } else if isQuitArmed {
      return leave(.quit)
    }
    isQuitArmed = true
    hint = "Ctrl-C again quits "
    return []
  }

  /// The arrows move within a text of several rows, and beyond it through the history.
  private mutating func recallOrMove(_ rowStep: Int) {
    let layout = ChatLayout(self, width: size.width, height: size.height)
    let isAtEdge =
      rowStep < 0 ? layout.input.isCursorInFirstRow : layout.input.isCursorInLastRow
    guard isAtEdge else {
      input.move(to: InputRows.cursor(input, movedBy: rowStep, width: size.width))
      return
    }
    let line = rowStep < 0 ? history.older(than: input.text) : history.newer()
    if let line { input.replace(with: line) }
  }

  private mutating func edit(_ key: Key) {
    let before = input.text
    if !move(key) { change(key) }
    if input.text != before { history.stopBrowsing() }
  }

  private mutating func move(_ key: Key) -> Bool {
    switch key {
    case .left, .control("b"): input.moveLeft()
    case .right, .control("f"): input.moveRight()
    case .home, .control("a"): input.moveToStart()
    case .end, .control("e"): input.moveToEnd()
    case .wordLeft, .alt("b"): input.moveWordLeft()
    case .wordRight, .alt("f"): input.moveWordRight()
    default: return false
    }
    return true
  }

  private mutating func change(_ key: Key) {
    switch key {
    case .text(let scalar): insert(String(scalar))
    case .paste(let text): insert(text)
    case .newline: insert("\n")
    case .backspace, .control("h"): input.deleteBackward()
    case .delete, .control("d"): input.deleteForward()
    case .control("w"), .wordBackspace: input.killWordBackward()
    case .control("u"): input.killToStart()
    case .control("k"): input.killToEnd()
    case .control("y"): input.yank()
    default: break
    }
  }

  private mutating func insert(_ text: String) {
    if !input.insert(text) { hint = "The text is too long " }
  }

  // MARK: Overlay

  /// - Returns: false when the key closed the overlay and is meant for the input.
  private mutating func turnPage(_ key: Key) -> Bool {
    guard let shown = overlay else { return false }
    let layout = ChatLayout(self, width: size.width, height: size.height)
    let page = max(1, layout.bodyHeight - 2)
    let topMax = OverlayPane.topMax(
      shown, width: layout.messagesWidth, height: layout.bodyHeight)
    switch key {
    case .pageDown: overlay?.top = min(topMax, shown.top + page)
    case .pageUp: overlay?.top = max(0, shown.top - page)
    case .down: overlay?.top = min(topMax, shown.top + 1)
    case .up: overlay?.top = max(0, shown.top - 1)
    case .home: overlay?.top = 0
    case .end: overlay?.top = topMax
    case .escape, .enter, .text("q"): overlay = nil
    default:
      overlay = nil
      return false
    }
    return true
  }
}
