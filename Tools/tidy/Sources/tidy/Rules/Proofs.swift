/// Where the compiler takes our word for it, the word has to be there.
func uncheckedSendable(_ tree: Tree) -> [Finding] {
  tree.handWrittenSwift.flatMap { file in
    file.code.indices.compactMap { index in
      let line = file.code[index]
      let claims = ["@unchecked Sendable", "nonisolated(unsafe)"]
      guard let claim = claims.first(where: { line.mentions($0) }), !hasProof(file, above: index)
      else { return nil }
      return file.finding(
        index, "'\(claim)' without a proof: say why it is safe in a comment above, '// Proof: …'")
    }
  }
}

/// The comment directly above the declaration, past attributes and a declaration of several lines.
private func hasProof(_ file: File, above claim: Int) -> Bool {
  var isInComment = false
  for index in (0..<claim).reversed() {
    let line = file.lines[index].drop { $0 == " " }
    if line.hasPrefix("//") {
      if line.drop(while: { $0 == "/" || $0 == " " }).hasPrefix("Proof:") { return true }
      isInComment = true
    } else if isInComment || line.isEmpty || line.contains("{") || line.contains("}") {
      return false
    }
  }
  return false
}
