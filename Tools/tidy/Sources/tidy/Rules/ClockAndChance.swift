/// Words that bring the machine's clock, its chance or its surroundings into a core.
private let outsideWords: Set<String> = [
  "SystemRandomNumberGenerator", "ContinuousClock", "SuspendingClock", "Task", "ProcessInfo",
  "CommandLine", "hashValue", "getenv", "clock_gettime",
]

/// Calls that read the clock or roll dice without saying so.
private let outsideCalls = [
  "Date()", "UUID()", "Nonce()", "PrivateKey()", "SymmetricKey(size:", "Hasher()",
]

/// Fine with `using:` a generator that was handed in, and only then.
private let chanceCalls = [
  ".random(", ".randomElement(", ".shuffled(", ".shuffle(",
]

/// A core that is handed time and chance can be replayed by a seed; one that takes them cannot.
func clockAndChance(_ tree: Tree) -> [Finding] {
  tree.handWrittenSwift.filter { Walls.isCore($0.target) }.flatMap { file in
    file.code.indices.flatMap { index in
      culprits(in: file.code, at: index).map {
        file.finding(index, "a core uses '\($0)': take the time or the generator as an argument")
      }
    }
  }
}

private func culprits(in code: [String], at index: Int) -> [String] {
  let line = code[index]
  var found = words(of: line).filter { outsideWords.contains($0) }
  found += outsideCalls.filter { calls($0, in: line) }
  if asksForNow(line) { found.append(".now") }
  for call in chanceCalls {
    guard let range = line.place(of: call) else { continue }
    let rest = ([String(line[range.upperBound...])] + code[(index + 1)...].prefix(5))
      .joined(separator: " ")
    if !arguments(rest).contains("using:") { found.append(call + "…)") }
  }
  return found
}

/// Up to the parenthesis that closes the call whose opening one has just been read.
private func arguments(_ text: String) -> Substring {
  var depth = 1
  let end = text.firstIndex { character in
    if character == "(" { depth += 1 }
    if character == ")" { depth -= 1 }
    return depth == 0
  }
  return text[..<(end ?? text.endIndex)]
}

/// `.now`, `Date.now` and `clock.now` ask; `input.now` is a value that somebody handed in.
private func asksForNow(_ line: String) -> Bool {
  var rest = line[...]
  while let range = rest.place(of: ".now") {
    let before = line[..<range.lowerBound]
    rest = rest[range.upperBound...]
    if let next = rest.first, next.isLetter || next.isNumber || next == "_" { continue }
    let owner = before.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }.reversed()
    guard let first = owner.first else { return true }
    if first.isUppercase || String(owner).lowercased().hasSuffix("clock") { return true }
  }
  return false
}

/// A longer name that ends alike, as `LeafHasher()`, is another call.
private func calls(_ call: String, in line: String) -> Bool {
  guard let range = line.place(of: call) else { return false }
  guard let before = line[..<range.lowerBound].last else { return true }
  return !(before.isLetter || before.isNumber || before == "_")
}
