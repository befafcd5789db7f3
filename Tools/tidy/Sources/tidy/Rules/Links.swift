/// A relative link in a Markdown page leads to a file that is there, and to a heading in it.
func markdownLinks(_ tree: Tree) -> [Finding] {
  tree.markdown.flatMap { page in
    prose(of: page).flatMap { index, line in
      targets(in: withoutCode(line)).compactMap { link -> Finding? in
        if link.contains(":") && !link.hasPrefix("./") && !link.hasPrefix("../") { return nil }
        return problem(with: link, from: page.path, in: tree).map { page.finding(index, $0) }
      }
    }
  }
}

/// `//= Docs/Protocol.md#resume` above a branch: the page and the heading are there.
func citations(_ tree: Tree) -> [Finding] {
  tree.files.filter { !$0.path.hasSuffix(".md") }.flatMap { file in
    file.lines.enumerated().compactMap { index, line in
      let comment = line.drop { $0 == " " }
      guard comment.hasPrefix("//= ") else { return nil }
      let link = String(comment.dropFirst(4)).trimmed
      return problem(with: link, from: "", in: tree).map { file.finding(index, $0) }
    }
  }
}

/// A path of ours that a page names in backticks, such as `Docs/Protocol.md`, is there.
func namedPaths(_ tree: Tree) -> [Finding] {
  let folders = [
    "Sources/", "Tests/", "Docs/", "Tools/", "Deploy/", "Vectors/", "Examples/", "Fuzz/",
    "Benchmarks/", "Web/",
  ]
  return tree.markdown.filter { $0.name != "CHANGELOG.md" }.flatMap { page in
    prose(of: page).flatMap { index, line in
      quotedCode(in: line).compactMap { name in
        let isPlain = !name.contains { " *<>{}$…,".contains($0) }
        guard isPlain, folders.contains(where: { name.hasPrefix($0) }) else { return nil }
        let path = name.split(whereSeparator: { $0 == ":" || $0 == "#" }).first ?? name
        let trimmed = path.hasSuffix("/") ? path.dropLast() : path
        guard !tree.paths.contains(String(trimmed)) else { return nil }
        return page.finding(index, "there is no '\(trimmed)': name the file as it is now")
      }
    }
  }
}

// MARK: - Where a link leads

private func problem(with link: String, from path: String, in tree: Tree) -> String? {
  let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
  let place = parts[0].isEmpty ? path : resolved(String(parts[0]), from: path)
  guard tree.paths.contains(place) || place.isEmpty else {
    return "the link '\(link)' leads to no file: there is no '\(place)'"
  }
  guard parts.count == 2, place.hasSuffix(".md"), let page = tree.file(place) else { return nil }
  return anchors(of: page).contains(String(parts[1]))
    ? nil : "the link '\(link)' leads to no heading: '\(place)' has none called that"
}

private func resolved(_ link: String, from path: String) -> String {
  var parts = path.split(separator: "/").dropLast()
  for part in link.split(separator: "/") {
    switch part {
    case ".": continue
    case "..": _ = parts.popLast()
    default: parts.append(part)
    }
  }
  return parts.joined(separator: "/")
}

/// The anchors that GitHub and its like make from headings.
private func anchors(of page: File) -> Set<String> {
  var anchors: Set<String> = []
  for (_, line) in prose(of: page) where line.hasPrefix("#") {
    let heading = line.drop { $0 == "#" }.drop { $0 == " " }
    let anchor = String(
      heading.lowercased().compactMap { character -> Character? in
        if character == " " { return "-" }
        return character.isLetter || character.isNumber || "-_".contains(character)
          ? character : nil
      })
    var name = anchor
    var repeats = 0
    while !anchors.insert(name).inserted {
      repeats += 1
      name = "\(anchor)-\(repeats)"
    }
  }
  return anchors
}

// MARK: - Reading Markdown

/// The lines outside of fenced code.
private func prose(of page: File) -> [(index: Int, line: Substring)] {
  var isFenced = false
  return page.lines.enumerated().compactMap { index, line in
    if line.drop(while: { $0 == " " }).hasPrefix("```") {
      isFenced.toggle()
      return nil
    }
    return isFenced ? nil : (index, line)
  }
}

private func quotedCode(in line: Substring) -> [Substring] {
  let parts = line.split(separator: "`", omittingEmptySubsequences: false)
  return parts.indices.filter { $0 % 2 == 1 }.map { parts[$0] }
}

private func withoutCode(_ line: Substring) -> String {
  let parts = line.split(separator: "`", omittingEmptySubsequences: false)
  return parts.indices.filter { $0 % 2 == 0 }.map { String(parts[$0]) }.joined(separator: "``")
}

/// `x.md` for `[page](x.md "title")`.
private func targets(in line: String) -> [String] {
  line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
    rest.split(separator: ")", omittingEmptySubsequences: false).first?
      .split(separator: " ").first.map(String.init)
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
