// From the last verified leaf to the names.
extension RecipientMachine {
  /// Everything is here and right.
  mutating func finishReceiving() throws(FileFailure) {
    guard stage == .receiving, let root = finishedRoot, isHaveTold, checks.isAllVerified,
      checks.isIdle, holesInMaking == 0, writing == 0, spaceCheck == nil,
      !(claims?.isWithdrawing ?? false)
    else { return }
    switch options.destination {
    case .folder:
      stage = .settingAttributes
      effects.append(.setAttributes)
    case .stream:
      tellPrefix()
      announce(root)
    }
  }

  /// Answers from the shell, each in its stage.
  mutating func settle(_ input: RecipientInput) throws(FileFailure) {
    switch (input, stage) {
    case (.attributesSet, .settingAttributes): stage = .lastSync
    case (.published(let entry), .publishing(let next, _)) where tops[next] == entry:
      publishNext(next + 1, attempt: 1)
    case (.nameTaken(let entry), .publishing(let next, let attempt)) where tops[next] == entry:
      guard attempt < FileLimits.nameAttemptsMax else {
        throw FileFailure(
          .noNameLeft, "There are too many files named \(name(of: entry, attempt: 1)).")
      }
      publishNext(next, attempt: attempt + 1)
    case (.foldersSynced, .syncingFolders):
      if let root = finishedRoot { announce(root) }
    default: break
    }
  }

  /// The journal names each entry before it is renamed, so that after a crash nobody wonders where
  /// the file is.
  mutating func publishNext(_ next: Int, attempt: Int) {
    guard next < tops.count else {
      stage = .syncingFolders
      effects.append(.syncFolders)
      return
    }
    stage = .publishing(next: next, attempt: attempt)
    let entry = tops[next]
    let earlier = attempt == 1 ? checks.resumed.publishedName(of: entry) : nil
    let name = earlier ?? name(of: entry, attempt: attempt)
    if earlier == nil, let claims {
      let record = ResumeJournal.Record.publishing(entry: UInt64(entry), name: name)
      effects.append(.appendJournal(claims.writer.encode(record)))
    }
    effects.append(.publish(entry: entry, name: name))
  }

  private func name(of entry: Int, attempt: Int) -> String {
    guard let manifest else { return "" }
    return ReceivedName.candidate(
      presenter: options.presenterName, name: manifest.name(of: entry),
      isFolder: !manifest.isFile(entry), attempt: attempt)
  }

  private mutating func announce(_ root: ContentHash) {
    stage = .complete
    outbox.append(.complete(root: root))
    effects.append(.done(root: root))
  }
}
