/// The old system's list of people: `name password`, one pair a line, one space between.
package struct CredentialsFile: Sendable {
  package struct Entry: Hashable, Sendable {
    package var name: String
    package var password: String

    package init(name: String, password: String) {
      self.name = name
      self.password = password
    }
  }

  package struct Problem: Hashable, Sendable {
    /// Counted from 1.
    package var line: Int
    /// Never repeats what stands there, which may be a password.
    package var reason: String
  }

  /// Each name once, in the order of the file.
  package private(set) var entries: [Entry] = []
  package private(set) var problems: [Problem] = []
  /// The first two names that differ in case only.
  private var twins: (String, String)?

  package init(_ text: String) {
    var passwords: [String: (line: Int, password: String)] = [:]
    var spellings: [String: String] = [:]
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      let line = index == 0 && line.first == "\u{FEFF}" ? line.dropFirst() : line
      if line.allSatisfy(\.isWhitespace) { continue }
      guard let entry = Self.entry(line) else {
        refuse(index, "expected a name, one space and a password")
        continue
      }
      if let other = spellings[entry.name.lowercased()], other != entry.name {
        twins = twins ?? (other, entry.name)
      }
      spellings[entry.name.lowercased()] = entry.name
      if let earlier = passwords[entry.name] {
        if earlier.password != entry.password {
          refuse(index, "\(entry.name) has another password on line \(earlier.line)")
        }
        continue
      }
      passwords[entry.name] = (index + 1, entry.password)
      entries.append(entry)
    }
  }

  /// Two names that the old system told apart and a place does not: both of the file, or one of the
  /// file and one of the place.
  package func firstCollision(with existing: [String]) -> (String, String)? {
    if let twins { return twins }
    var spellings: [String: String] = [:]
    for name in existing { spellings[name.lowercased()] = name }
    for entry in entries {
      if let other = spellings[entry.name.lowercased()], other != entry.name {
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
    problems.append(Problem(line: index + 1, reason: reason))
  }
}
