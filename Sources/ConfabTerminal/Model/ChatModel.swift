package import Primitives

/// Everything that the full-screen client knows. `update` changes it, `view` shows it.
package struct ChatModel: Sendable {
  /// Who is reading.
  package var account: String
  /// The server's name, as people call it.
  package var place: String
  /// Where the reader's clocks hang.
  package let zone: LocalZone
  package var connection = ConnectionState.connecting
  package internal(set) var now: Now
  package internal(set) var size: (width: Int, height: Int) = (80, 24)

  /// In the order of the list on the left.
  package internal(set) var channels: [Channel] = []
  /// The key of the channel on show; it may not be in the list yet.
  package internal(set) var currentKey: String
  package internal(set) var transfers: [TransferLine] = []

  package internal(set) var input = InputLine()
  package internal(set) var history: InputHistory
  package internal(set) var completion: Completion?
  /// Pages over the messages, as `/help` shows.
  package internal(set) var overlay: Overlay?
  /// A short answer to the last key, gone with the next.
  package internal(set) var hint: String?
  /// The command in the input was refused: it stays to be mended, and what is typed takes its place.
  var isInputRefused = false
  /// Ctrl-C was pressed on an empty line: once more quits.
  var isQuitArmed = false
  /// The reader was told once that leaving stops what is on its way.
  var hasWarnedOfTransfers = false
  var lastLocalID = 0

  package init(
    account: String, place: String, zone: LocalZone = .fixed(0), now: Now,
    channel: String = "#lobby",
    history: InputHistory = InputHistory()
  ) {
    self.account = account
    self.place = place
    self.zone = zone
    self.now = now
    self.currentKey = channel
    self.history = history
  }

  package var current: Channel? { currentIndex.map { channels[$0] } }

  var currentIndex: Int? { index(of: currentKey) }

  /// Names and rooms are the same without regard to case.
  func index(of key: String) -> Int? {
    channels.firstIndex { $0.summary.key == key }
      ?? channels.firstIndex { $0.summary.key.lowercased() == key.lowercased() }
  }

  package func channel(_ key: String) -> Channel? {
    index(of: key).map { channels[$0] }
  }

  package var unreadChannels: [ChannelSummary] {
    channels.map(\.summary).filter { $0.unread > 0 && $0.key != currentKey }
  }
}

/// A text over the messages, to be read and closed.
package struct Overlay: Hashable, Sendable {
  package var title: String
  package var lines: [StyledLine]
  /// The first row on show.
  package var top = 0
}
