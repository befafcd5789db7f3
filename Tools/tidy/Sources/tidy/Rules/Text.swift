/// Built from pieces, so that this file does not set itself off.
private let leftoverWords: Set<String> = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]

func leftovers(_ tree: Tree) -> [Finding] {
  tree.files.flatMap { file in
    file.lines.enumerated().compactMap { index, line in
      guard let word = words(of: line).first(where: { leftoverWords.contains($0) }) else {
        return nil
      }
      return file.finding(index, "'\(word)' was left over: do it now or open an issue")
    }
  }
}

private let privatePlaces = [
  "/" + "work/", "/opt/" + "swift", "/" + "root/", "/" + "Users/", "/" + "home/",
]

/// A path that exists on the author's machine only.
func machinePaths(_ tree: Tree) -> [Finding] {
  tree.files.flatMap { file in
    file.lines.enumerated().compactMap { index, line in
      guard let place = privatePlaces.first(where: { isAbsolute($0, in: line) }) else { return nil }
      return file.finding(
        index, "'\(place)' is a place on one machine: use a path relative to the repository")
    }
  }
}

/// A folder of ours may have such a name; only the start of an absolute path counts.
private func isAbsolute(_ place: String, in line: Substring) -> Bool {
  var rest = line
  while let range = rest.place(of: place) {
    let before = line[..<range.lowerBound].last
    if before.map({ " \"'`=:(<>|".contains($0) }) ?? true { return true }
    rest = rest[range.upperBound...]
  }
  return false
}

func whitespace(_ tree: Tree) -> [Finding] {
  tree.files.filter { !$0.isGenerated && !isGolden($0) }.flatMap { file in
    var found: [Finding] = file.lines.enumerated().compactMap { index, line in
      guard let last = line.last, last == " " || last == "\t" || last == "\r" else { return nil }
      return file.finding(index, "trailing white space: delete it")
    }
    if !file.endsWithNewline {
      found.append(file.finding(file.lines.count - 1, "the last line is not ended: add a newline"))
    }
    return found
  }
}

/// Golden screens and vectors are compared byte by byte; their spaces mean something.
private func isGolden(_ file: File) -> Bool {
  file.path.hasPrefix("Vectors/") || file.path.hasPrefix("Fuzz/FailCases/")
    || file.path.hasPrefix("Tests/") && !file.path.hasSuffix(".swift")
}
