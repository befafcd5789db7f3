/// Where things stand on a screen of a given size.
struct ChatLayout {
  /// Below this width the list on the left is left out.
  static let sidebarFromWidth = 60
  /// From this width on people stand on the right.
  static let peopleFromWidth = 100
  private static let sidebarColumns = 18
  private static let peopleColumns = 20

  let width: Int
  let height: Int
  /// 0 when there is none; without the line that parts it from the messages.
  let sidebarWidth: Int
  let peopleWidth: Int
  let hasTitle: Bool
  let hasStatus: Bool
  let transferHeight: Int
  let input: InputRows

  init(_ model: ChatModel, width: Int, height: Int) {
    self.width = max(1, width)
    self.height = max(1, height)
    sidebarWidth = self.width >= Self.sidebarFromWidth ? Self.sidebarColumns : 0
    peopleWidth = self.width >= Self.peopleFromWidth ? Self.peopleColumns : 0
    hasTitle = self.height >= 5
    hasStatus = self.height >= 3
    transferHeight = min(model.transfers.count, ChatLimits.transferRowsMax, self.height / 5)
    let rowsMax = max(1, min(ChatLimits.inputRowsMax, self.height / 4))
    input = InputRows(model.input, width: self.width, rowsMax: rowsMax)
  }

  var bodyRow: Int { hasTitle ? 1 : 0 }

  var bodyHeight: Int {
    max(0, height - bodyRow - transferHeight - (hasStatus ? 1 : 0) - input.rows.count)
  }

  var transferRow: Int { bodyRow + bodyHeight }
  var statusRow: Int { transferRow + transferHeight }
  var inputRow: Int { statusRow + (hasStatus ? 1 : 0) }

  var messagesColumn: Int { sidebarWidth == 0 ? 0 : sidebarWidth + 1 }

  var messagesWidth: Int {
    width - messagesColumn - (peopleWidth == 0 ? 0 : peopleWidth + 1)
  }
}
