extension ChatModel {
  mutating func take(_ lines: [TransferLine]) {
    transfers = lines
    if !lines.contains(where: \.isRunning) { hasWarnedOfTransfers = false }
  }

  /// To quit or to sign out; while files are on their way only when it is said twice.
  mutating func leave(_ intent: ChatIntent) -> [ChatIntent] {
    guard !hasWarnedOfTransfers, let warning = transfers.leavingWarning else { return [intent] }
    hasWarnedOfTransfers = true
    tell(.information, warning)
    return []
  }
}

extension [TransferLine] {
  /// What to tell before the program ends; nil when nothing would stop.
  package var leavingWarning: String? {
    let running = count(where: \.isRunning)
    guard running > 0 else { return nil }
    return (running == 1 ? "1 transfer is not finished." : "\(running) transfers are not finished.")
      + " Leave once more to stop: begun again, they go on where they were."
  }
}
