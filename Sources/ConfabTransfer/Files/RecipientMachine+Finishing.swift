// From the last verified leaf to the names.
extension RecipientMachine {
  /// Everything is here and right.
  mutating func finishReceiving() throws(FileFailure) {
    guard stage == .receiving, let root = finishedRoot, isHaveTold, checks.isAllVerified,
      checks.isIdle, holesWaiting.isEmpty, holesInMaking == 0, writing == 0, spaceCheck == nil,
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
    case (.nameFree(let entry), .naming(let next, let attempt)) where tops[next] == entry:
      attempts[entry] = attempt
      journalName(of: entry)
      chooseName(next + 1, attempt: 1)
    case (.nameTaken(let entry), .naming(let next, let attempt)) where tops[next] == entry:
      chooseName(next, attempt: try following(attempt, of: entry))
    case (.nameTaken(let entry), .publishing(let next)) where tops[next] == entry:
      // Somebody was faster. The journal has to know the next name before anything has it.
      attempts[entry] = try following(attempts[entry] ?? 0, of: entry)
      journalName(of: entry)
      stage = .sealing(next: next)
    case (.published(let entry), .publishing(let next)) where tops[next] == entry:
      publish(next + 1)
    case (.foldersSynced, .syncingFolders):
      if let root = finishedRoot { announce(root) }
    default: break
    }
  }

  /// Names are chosen and journaled, all with one sync, before the first is given: after a crash
  /// nobody wonders where a file is. What an earlier attempt chose stays.
  mutating func chooseName(_ next: Int, attempt: Int) {
    var next = next
    while next < tops.count, checks.resumed.publishedName(of: tops[next]) != nil { next += 1 }
    guard next < tops.count else {
      stage = .sealing(next: 0)
      return
    }
    stage = .naming(next: next, attempt: attempt)
    let entry = tops[next]
    effects.append(.probeName(entry: entry, name: candidate(for: entry, attempt: attempt)))
  }

  mutating func publish(_ next: Int) {
    guard next < tops.count else {
      stage = .syncingFolders
      effects.append(.syncFolders)
      return
    }
    stage = .publishing(next: next)
    effects.append(.publish(entry: tops[next], name: chosenName(of: tops[next])))
  }

  private mutating func journalName(of entry: Int) {
    guard let writer = claims?.writer else { return }
    let record = ResumeJournal.Record.publishing(
      entry: UInt64(entry), name: chosenName(of: entry))
    effects.append(.appendJournal(writer.encode(record)))
  }

  private func following(_ attempt: Int, of entry: Int) throws(FileFailure) -> Int {
    guard attempt < FileLimits.nameAttemptsMax else {
      throw FileFailure(
        .noNameLeft, "There are too many files named \(candidate(for: entry, attempt: 1)).")
    }
    return attempt + 1
  }

  private func chosenName(of entry: Int) -> String {
    if let attempt = attempts[entry] { return candidate(for: entry, attempt: attempt) }
    return checks.resumed.publishedName(of: entry) ?? candidate(for: entry, attempt: 1)
  }

  private func candidate(for entry: Int, attempt: Int) -> String {
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
