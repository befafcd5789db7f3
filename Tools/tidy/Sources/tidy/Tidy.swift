import Foundation

/// Checks what neither the compiler nor swift-format can: names, walls, lengths, links.
///
///     tidy [ROOT]        check the tree at ROOT, by default the current folder
///     tidy --self-test   prove that every rule can fail
@main
struct Tidy {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "--self-test":
      exit(selfTest() ? 0 : 1)
    case let option? where option.hasPrefix("-"):
      print("tidy: unknown option \(option); usage: tidy [ROOT] | tidy --self-test")
      exit(2)
    case let root:
      exit(check(root: root ?? ".") ? 0 : 1)
    }
  }

  /// The order in which findings of one line are told. A new rule is a new line here, a file of
  /// its own, and a pair of samples in `SelfTest.swift`.
  static let rules: [@Sendable (Tree) -> [Finding]] = [
    bannedNames, openAccess, walls, clockAndChance, lengths, uncheckedSendable, leftovers,
    machinePaths, whitespace, markdownLinks, namedPaths, citations,
  ]

  static func findings(in tree: Tree) -> [Finding] {
    rules.flatMap { $0(tree) }.sorted()
  }

  static func check(root: String) -> Bool {
    let tree: Tree
    do {
      tree = try Tree(readingFrom: root)
    } catch {
      print("tidy: cannot read \(root): \(error.localizedDescription)")
      return false
    }
    let found = findings(in: tree)
    for finding in found { print(finding) }
    let lines = tree.files.reduce(0) { $0 + $1.lines.count }
    let verdict =
      switch found.count {
      case 0: "nothing to mend"
      case 1: "1 thing to mend"
      case let count: "\(count) things to mend"
      }
    print("tidy: \(tree.files.count) files, \(lines) lines, \(verdict)")
    return found.isEmpty
  }
}
