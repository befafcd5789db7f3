import ConfabTransfer

/// A message that the control stream had no room for; the machine makes the next only after it.
struct ControlLine {
  private var waiting: [UInt8]?

  /// Sends as much as there is room for.
  ///
  /// - Parameters:
  ///   - next: makes the next message.
  ///   - send: false when there is no room.
  mutating func flush(next: () -> [UInt8]?, send: ([UInt8]) -> Bool) {
    while let message = waiting ?? next() {
      guard send(message) else {
        waiting = message
        return
      }
      waiting = nil
    }
  }

  var isEmpty: Bool { waiting == nil }
}

/// The ends of a connection that the file protocol knows.
enum FileCloseCode {
  /// Both sides have said everything.
  static let done = CloseCode.applicationMin
  /// Ended by a person to go on later.
  static let stopped = CloseCode.applicationMin + 1
  /// The words are in the control stream's last message.
  static let failed = CloseCode.applicationMin + 2
}
