extension ChatModel {
  /// Tab.
  mutating func complete() -> [ChatIntent] {
    let query = CompletionQuery(textBeforeCursor: input.textBeforeCursor)
    if query.kind == .file { return [.listFiles(prefix: query.word)] }
    if query.word.isEmpty { return [] }
    begin(query, query.matches(in: candidates(query)))
    return []
  }

  mutating func takeFiles(prefix: String, _ paths: [String]) {
    let query = CompletionQuery(textBeforeCursor: input.textBeforeCursor)
    // The person may have typed on meanwhile.
    guard query.kind == .file, query.word == prefix, completion == nil else { return }
    begin(query, query.isQuoted ? paths.map(QuotedWord.escaped) : paths)
  }

  private mutating func begin(_ query: CompletionQuery, _ matches: [String]) {
    let found = Completion(
      before: query.before, typed: query.typed, after: input.textAfterCursor, candidates: matches)
    guard let found else {
      hint = "Nothing begins with \(query.typed) "
      return
    }
    found.apply(to: &input)
    if matches.count > 1 { completion = found }
  }

  /// - Returns: false when the key is not about the candidates, which accepts the one on show.
  mutating func stepCompletion(_ key: Key) -> Bool {
    guard var shown = completion else { return false }
    switch key {
    case .tab: shown.step(by: 1)
    case .backTab: shown.step(by: -1)
    case .escape:
      shown.restore(in: &input)
      completion = nil
      return true
    default: return false
    }
    shown.apply(to: &input)
    completion = shown
    return true
  }

  private func candidates(_ query: CompletionQuery) -> [String] {
    switch query.kind {
    case .command: CommandList.modern.map(\.name)
    case .person: names.map { "@" + $0 }
    case .room: channels.map(\.summary.key).filter { $0.hasPrefix("#") }
    case .bareName: (query.before.isEmpty ? CommandList.classic.map(\.name) : []) + names
    case .file: []
    }
  }

  /// Everybody who is known here but oneself, by name.
  private var names: [String] {
    var names: [String] = []
    for channel in channels {
      names += channel.people.map(\.name)
      if channel.summary.kind == .direct { names.append(String(channel.summary.key.dropFirst())) }
    }
    names.sort { ($0.lowercased(), $0) < ($1.lowercased(), $1) }
    var unique: [String] = []
    for name in names where name != unique.last && name != account { unique.append(name) }
    return unique
  }
}
