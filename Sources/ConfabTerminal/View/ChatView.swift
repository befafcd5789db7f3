/// Shows what the model knows on a screen of any size.
package func view(_ model: ChatModel, width: Int, height: Int) -> Screen {
  let layout = ChatLayout(model, width: width, height: height)
  var screen = Screen(width: layout.width, height: layout.height)
  drawBody(of: model, layout, on: &screen)
  if layout.hasTitle {
    screen.draw(StatusLine.title(model, width: layout.width), column: 0, row: 0)
  }
  let transfers = TransferPane.rows(
    model.transfers, width: layout.width, height: layout.transferHeight)
  for (offset, row) in transfers.enumerated() {
    screen.draw(row, column: 0, row: layout.transferRow + offset)
  }
  if layout.hasStatus {
    screen.draw(StatusLine.status(model, width: layout.width), column: 0, row: layout.statusRow)
  }
  for (offset, row) in layout.input.rows.enumerated() {
    screen.draw(row, column: 0, row: layout.inputRow + offset)
  }
  screen.cursor = Screen.Position(
    column: layout.input.cursor.column,
    row: min(layout.height - 1, layout.inputRow + layout.input.cursor.row))
  return screen
}

private func drawBody(of model: ChatModel, _ layout: ChatLayout, on screen: inout Screen) {
  let height = layout.bodyHeight
  if layout.sidebarWidth > 0 {
    let rows = SidebarPane.rows(model, width: layout.sidebarWidth, height: height)
    draw(rows, column: 0, layout, on: &screen)
    drawBorder(column: layout.sidebarWidth, layout, on: &screen)
  }
  if layout.peopleWidth > 0 {
    let column = layout.width - layout.peopleWidth
    let rows = PeoplePane.rows(model, width: layout.peopleWidth, height: height)
    draw(rows, column: column, layout, on: &screen)
    drawBorder(column: column - 1, layout, on: &screen)
  }
  var rows: [StyledLine] = []
  if let overlay = model.overlay {
    rows = OverlayPane.rows(overlay, width: layout.messagesWidth, height: height)
  } else if let channel = model.current {
    let window = TimelineWindow(
      channel, account: model.account, zone: model.zone, width: layout.messagesWidth)
    rows = window.rows(height: height)
    // Few messages stand at the bottom, next to the input.
    rows = Array(repeating: StyledLine(), count: height - rows.count) + rows
  }
  for (offset, row) in rows.enumerated() {
    screen.draw(
      row, column: layout.messagesColumn, row: layout.bodyRow + offset, limit: layout.messagesWidth)
  }
}

private func draw(
  _ rows: [StyledLine], column: Int, _ layout: ChatLayout, on screen: inout Screen
) {
  for (offset, row) in rows.prefix(layout.bodyHeight).enumerated() {
    screen.draw(row, column: column, row: layout.bodyRow + offset)
  }
}

private func drawBorder(column: Int, _ layout: ChatLayout, on screen: inout Screen) {
  for offset in 0..<layout.bodyHeight {
    screen.draw(StyledLine("│", style: .faint), column: column, row: layout.bodyRow + offset)
  }
}
