import ConfabClient
import ConfabDomain
import ConfabWire

/// Tells the server how far the one who follows a channel has read, once a second at most: a mark is
/// an entry in the journal, and a log that flows by must not make as many again.
actor ReadMarker {
  private let channel: WireChannelRef
  private var connection: Connection?
  private var marks = ReadMarks()

  init(_ channel: WireChannelRef) { self.channel = channel }

  func use(_ connection: Connection) { self.connection = connection }

  func mark(through sequence: UInt64) {
    guard marks.note("", through: Int(clamping: sequence)) else { return }
    Task {
      try? await Task.sleep(for: ReadMarks.delay)
      await tell()
    }
  }

  private func tell() async {
    guard let connection else { return marks.keepWaiting() }
    for mark in marks.take() {
      var request = WireMarkRead()
      request.channel = channel
      request.sequence = UInt64(clamping: mark.sequence)
      // Refused where one has not joined, which keeps no mark; a lost connection shows elsewhere.
      _ = try? await connection.request(.markRead(request))
    }
  }
}
