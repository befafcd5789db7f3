/// One rule, a tree that it must complain about, and one that it must leave alone.
private struct Sample {
  let rule: String
  let check: @Sendable (Tree) -> [Finding]
  let bad: [(path: String, text: String)]
  let good: [(path: String, text: String)]
}

/// Proves that every rule can fail, and that none fails on what is right.
func selfTest() -> Bool {
  var failures = 0
  for sample in samples {
    for (path, text) in sample.bad where sample.check(tree(path, text)).isEmpty {
      print("self-test: \(sample.rule) missed this in \(path):\n\(text)")
      failures += 1
    }
    for (path, text) in sample.good {
      for finding in sample.check(tree(path, text)) {
        print("self-test: \(sample.rule) should not have said: \(finding)")
        failures += 1
      }
    }
  }
  if samples.count != Tidy.rules.count {
    print("self-test: \(Tidy.rules.count) rules, \(samples.count) with samples: add the missing")
    failures += 1
  }
  let checks = samples.reduce(0) { $0 + $1.bad.count + $1.good.count }
  print("self-test: \(Tidy.rules.count) rules, \(checks) samples, \(failures) failures")
  return failures == 0
}

/// The sample among a few neighbours for its links to lead to, and for allowances to be about.
private func tree(_ path: String, _ text: String) -> Tree {
  let page = File(path: "Docs/Protocol.md", text: "# Protocol\n\n## 2. Resume & replay\n")
  var files = [page, File(path: path, text: text)]
  if path == ratchet { files.append(File(path: core, text: statements(650))) }
  return Tree(files: files, otherPaths: ["Docs/screen.png"])
}

private let core = "Sources/ConfabHub/Fanout.swift"
private let ratchet = "Tools/tidy/ratchet.txt"
private let server = "Sources/ConfabServer/Listener.swift"

/// `count` statements, to make something long.
private func statements(_ count: Int) -> String {
  String(repeating: "  tick()\n", count: count)
}

private let samples: [Sample] = [
  Sample(
    rule: "bannedNames", check: bannedNames,
    bad: [
      (core, "struct SessionManager {}\n"), (core, "package enum ParseUtils {}\n"),
      ("Sources/ConfabHub/Common/Queue.swift", "\n"), ("Sources/ConfabHub/Helpers.swift", "\n"),
    ],
    good: [
      (core, "let files = FileManager.default\n// a struct Manager\nstruct Commonwealth {}\n")
    ]),
  Sample(
    rule: "openAccess", check: openAccess,
    bad: [
      (core, "public struct Hub {}\n"), (core, "public import ConfabDomain\n"),
      (core, "  open class Hub {}\n"), ("Tests/ConfabHubTests/A.swift", "@testable import Hub\n"),
    ],
    good: [
      (core, "package struct Hub {}\n"), (server, "  open(path, flags)\n"),
      (server, "publicAddress = 1\n"),
    ]),
  Sample(
    rule: "walls", check: walls,
    bad: [
      (core, "import Foundation\n"), (core, "package import struct NIOCore.ByteBuffer\n"),
      (core, "import ConfabJournal\n"), (core, "@preconcurrency import Dispatch\n"),
      ("Sources/ConfabDomain/A.swift", "import ConfabWire\n"),
      ("Sources/ConfabWire/A.swift", "import FoundationEssentials\n"),
      ("Sources/ConfabTerminal/A.swift", "import ConfabWire\n"),
      ("Sources/ConfabClient/A.swift", "private import ConfabHub\n"),
      (server, "import GRDB\n"), ("Sources/ConfabJournal/A.swift", "import NIOSSL\n"),
      ("Sources/ConfabNew/A.swift", "\n"),
    ],
    good: [
      (core, "package import ConfabDomain\nimport OrderedCollections\n// import Foundation\n"),
      (server, "import Foundation\nimport NIOSSL\nimport ConfabHub\n"),
      ("Sources/ConfabJournal/A.swift", "import GRDB\n"),
      ("Sources/ConfabWire/Generated/a.pb.swift", "import FoundationEssentials\n"),
    ]),
  Sample(
    rule: "clockAndChance", check: clockAndChance,
    bad: [
      (core, "let at = Date()\n"), (core, "wait(until: .now)\n"), (core, "ContinuousClock.now\n"),
      (core, "let t = clock.now\n"), (core, "Int.random(in: 0..<6)\n"),
      (core, "list.shuffled()\n"), (core, "f(.random(in: 0..<2), using: x)\n"),
      (core, "var g = SystemRandomNumberGenerator()\n"), (core, "let key = PrivateKey()\n"),
      (core, "let text = \"\\(Date())\"\n"),
    ],
    good: [
      (core, "Int.random(\n  in: 0..<max(1, 2),\n  using: &generator)\n"),
      (core, "let t = input.now\nlet nowhere = self.nowhere.nowhere\n"),
      (core, "// Date() and .now are for shells\nlet s = \"Date()\"\n"),
      (server, "let at = Date()\n"),
    ]),
  Sample(
    rule: "lengths", check: lengths,
    bad: [
      (core, statements(601)), (core, "func long(\n  a: Int = 1\n) {\n\(statements(67))}\n"),
      (core, "  init() {\n\(statements(69))  }\n"), (core, "var x: Int {\n\(statements(69))}\n"),
      (ratchet, "file \(core) 651\n"), (ratchet, "file \(core) 649\n"),
      (ratchet, "file \(core) 650\nfile\n"), (ratchet, "file \(core) 650\nfunction \(core) a 99\n"),
    ],
    good: [
      (ratchet, "# why\nfile \(core) 650\n"),
      (core, statements(600)), (core, "func fits() {\n\(statements(68))}\n"),
      (core, "func f(x: () -> Void = { }) {}\n" + statements(80)),
      (core, "protocol P {\n  func f()\n  init(a: Int)\n}\nenum E {\n\(statements(80))}\n"),
      (core, "let a = \"{\"\nfunc f() {\n  _ = \"\"\"\n    {\n    \"\"\"\n}\n" + statements(80)),
    ]),
  Sample(
    rule: "uncheckedSendable", check: uncheckedSendable,
    bad: [
      (core, "final class A: @unchecked Sendable {}\n"),
      (core, "// It is fine.\nfinal class A: @unchecked Sendable {}\n"),
      (core, "// Proof: of something else\n\nfinal class A: @unchecked Sendable {}\n"),
      (core, "nonisolated(unsafe) var a = 1\n"),
    ],
    good: [
      (
        core,
        "/// Proof: the lock guards it\n/// always.\n@frozen\nclass A: @unchecked Sendable {}\n"
      ),
      (core, "// Proof: set once\nfinal class A:\n  B, @unchecked Sendable\n{}\n"),
    ]),
  Sample(
    rule: "leftovers", check: leftovers,
    bad: [(core, "// TO" + "DO: more\n"), ("Docs/A.md", "FIX" + "ME\n")],
    good: [("Tools/a", "mktemp -d confab.X" + "XXXXX\n"), (core, "let hack = 1\n")]),
  Sample(
    rule: "machinePaths", check: machinePaths,
    bad: [
      (core, "let a = \"/" + "work/main\"\n"), ("Docs/A.md", "in `/" + "home/somebody/x`\n"),
      ("Makefile", "/opt/" + "swift/usr/bin\n"),
    ],
    good: [("Docs/A.md", "see Docs/work/plan and adduser --home /var/lib/confab\n")]),
  Sample(
    rule: "whitespace", check: whitespace,
    bad: [(core, "let a = 1 \n"), (core, "let a = 1"), (core, "let a = 1\r\n")],
    good: [(core, "let a = 1\n"), ("Tests/Golden/screen.txt", "padded   \n"), (core, "")]),
  Sample(
    rule: "markdownLinks", check: markdownLinks,
    bad: [
      ("README.md", "[a](Docs/None.md)\n"), ("README.md", "[a](Docs/Protocol.md#none)\n"),
      ("Docs/A.md", "[a](Docs/Protocol.md)\n"), ("README.md", "# A\n[a](#b)\n"),
    ],
    good: [
      ("README.md", "[a](Docs/Protocol.md#2-resume--replay) [b](./Docs/screen.png) [c](#x)\n# X\n"),
      ("README.md", "[a](https://swift.org) `[b](none)`\n```\n[c](none)\n```\n"),
      ("Docs/A.md", "[a](../Docs/Protocol.md \"title\") [b](..)\n"),
    ]),
  Sample(
    rule: "namedPaths", check: namedPaths,
    bad: [("README.md", "see `Docs/None.md`\n"), ("README.md", "see `Sources/None/`\n")],
    good: [
      ("README.md", "see `Docs/Protocol.md`, `Docs/Protocol.md#resume`, `Docs/*.md`, `Docs/`\n")
    ]),
  Sample(
    rule: "citations", check: citations,
    bad: [
      (core, "  //= Docs/None.md#resume\n"), (core, "  //= Docs/Protocol.md#resume\n"),
    ],
    good: [(core, "  //= Docs/Protocol.md#2-resume--replay\n  // = not one\n")]),
]
