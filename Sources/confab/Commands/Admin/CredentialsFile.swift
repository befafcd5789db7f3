/// The old system's list of people: `name password`, one pair a line, one space between.
struct CredentialsFile {
  struct Entry: Equatable {
    var name: String
    var password: String
  }

  struct Problem: Equatable {
    /// Which line. Never what stands in it: there is a password.
    var subject: String
    var reason: String
  }

  private(set) var entries: [Entry] = []
  private(set) var problems: [Problem] = []
  /// The first two names that differ in case only.
  private var twins: (String, String)?

  init(_ text: String) {
    var lineOf: [String: (line: Int, entry: Entry)] = [:]
    var spelling: [String: String] = [:]
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      let line = index == 0 && line.first == "\u{FEFF}" ? line.dropFirst() : line
      if line.allSatisfy(\.isWhitespace) { continue }
      guard let entry = Self.entry(line) else {
        refuse(index, "expected a name, one space and a password")
        continue
      }
      if let other = spelling[entry.name.lowercased()], other != entry.name {
        twins = twins ?? (other, entry.name)
      }
      spelling[entry.name.lowercased()] = entry.name
      if let earlier = lineOf[entry.name] {
        if earlier.entry != entry {
          refuse(index, "\(entry.name) has another password on line \(earlier.line)")
        }
        continue
      }
      lineOf[entry.name] = (index + 1, entry)
      entries.append(entry)
    }
  }

  /// Two names that the old system told apart and this one does not: within the file, or one of it
  /// and one of the place.
  func firstCollision(with existing: [String]) -> (String, String)? {
    if let twins { return twins }
    var spelling: [String: String] = [:]
    for name in existing { spelling[name.lowercased()] = name }
    for entry in entries {
      if let other = spelling[entry.name.lowercased()], other != entry.name {
        return (other, entry.name)
      }
    }
    return nil
  }

  private static func entry(_ line: Substring) -> Entry? {
    let parts = line.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    return Entry(name: String(parts[0]), password: String(parts[1]))
  }

  private mutating func refuse(_ index: Int, _ reason: String) {
    problems.append(Problem(subject: "line \(index + 1)", reason: reason))
  }
}
