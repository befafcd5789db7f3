/// Words that say nothing about the thing they name, and what to think of instead.
private let emptyWords = [
  "Manager": "say what it does: Registry, Driver, Store, Queue",
  "Helper": "put it where it is used, or name what it makes",
  "Util": "name the one thing it is about",
  "Common": "name what is shared",
]

private let typeKeywords: Set<String> = [
  "struct", "class", "enum", "actor", "protocol", "typealias", "associatedtype",
]

func bannedNames(_ tree: Tree) -> [Finding] {
  tree.handWrittenSwift.flatMap { file in
    var found: [Finding] = []
    for part in file.path.split(whereSeparator: { $0 == "/" || $0 == "." || $0 == "+" }) {
      if let advice = adviceAgainst(part) {
        found.append(file.finding(0, "the path has '\(part)' in it: \(advice)"))
      }
    }
    for (index, line) in file.code.enumerated() {
      for name in declaredTypes(in: line) {
        if let advice = adviceAgainst(name[...]) {
          found.append(file.finding(index, "the type is named '\(name)': \(advice)"))
        }
      }
    }
    return found
  }
}

private func declaredTypes(in line: String) -> [String] {
  let words = words(of: line)
  return zip(words, words.dropFirst()).compactMap { keyword, name in
    typeKeywords.contains(keyword) && name.first?.isUppercase == true ? name : nil
  }
}

/// `FileManagers` has the words `File` and `Managers`; only whole words count, so that
/// `Commonwealth` may be.
private func adviceAgainst(_ name: Substring) -> String? {
  var word = ""
  for character in name + "|" {
    if character.isUppercase || !character.isLetter {
      if let advice = emptyWords[word] ?? emptyWords[singular(word)] { return advice }
      word = ""
    }
    word.append(character)
  }
  return nil
}

private func singular(_ word: String) -> String {
  switch word {
  case "Utility", "Utilities": "Util"
  default: word.last == "s" ? String(word.dropLast()) : word
  }
}

/// One package: `package` is as far as anything needs to be seen, so tests use the same doors.
func openAccess(_ tree: Tree) -> [Finding] {
  tree.handWrittenSwift.filter { $0.path.hasPrefix("Sources/") || $0.path.hasPrefix("Tests/") }
    .flatMap { file in
      file.code.enumerated().compactMap { index, line in
        let first = words(of: line).first
        if first == "public" || first == "open" && words(of: line).count > 1 && !isCall(line) {
          return file.finding(index, "'\(first ?? "")' leads out of the package: use 'package'")
        }
        if line.mentions("@testable") {
          return file.finding(index, "'@testable' looks behind the doors: use the 'package' API")
        }
        return nil
      }
    }
}

/// `open(path, flags)` is a system call, `open class` is a declaration.
private func isCall(_ line: String) -> Bool {
  line.drop { $0 == " " }.dropFirst("open".count).first != " "
}
