import ConfabJournal

/// What the operator reads when the store fails: what happened and what to do.
enum JournalTrouble {
  static func words(_ error: JournalError) -> String {
    switch error {
    case .diskFull:
      "the disk is full: free some space; nothing that was acknowledged is lost"
    case .streamFull(let words):
      "the stream is full (\(words)): raise its limit, or free space on the disks of the NATS servers; "
        + "nothing that was acknowledged is lost"
    case .readOnly(let path):
      "\(path) cannot be written: check its owner and permissions, and that the disk is not "
        + "mounted read-only"
    case .tooNew(let found, let supported):
      "the journal has format \(found) and this Confab knows only up to \(supported): use the newer "
        + "Confab that wrote it"
    case .corrupt(let how):
      "the journal is damaged (\(how)): restore a backup with 'confab admin restore'"
    case .inUse(let path):
      "\(path) is used by another server: stop that one first, or choose another --data"
    case .overtaken: "another server of the place stored something first: try again"
    case .unreachable(let words):
      "the servers that keep the journal do not answer, or too few of them (\(words)): nothing is "
        + "stored until most of them run again"
    case .searchInvalid(let words): "the search is not understood: \(words)"
    case .closed: "the journal is closed"
    case .other(let words): "the journal failed: \(words)"
    }
  }
}

extension StartFailure {
  init(_ error: JournalError) {
    self.init(JournalTrouble.words(error))
    if case .unreachable = error { isPassing = true }
  }
}
