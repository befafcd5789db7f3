/// The import table of Docs/Architecture.md: who may know whom.
enum Walls {
  /// A core may import what is listed here and nothing else.
  static let cores: [String: Set<String>] = [
    "Primitives": [],
    "STUN": ["Primitives"],
    "ConfabTransfer": ["Primitives"],
    "ConfabMedia": ["Primitives", "STUN"],
    "ConfabDomain": ["Primitives"],
    "ConfabWire": ["Primitives", "ConfabDomain"],
    "ConfabHub": ["Primitives", "ConfabDomain", "ConfabWire"],
    "ConfabTerminal": ["Primitives", "ConfabDomain"],
  ]

  /// Other people's modules that are values themselves: every core may use them.
  static let pureModules: Set<String> = [
    "Crypto", "CryptoExtras", "OrderedCollections", "DequeModule", "SwiftProtobuf",
  ]

  /// What protoc writes into the files that it generates.
  static let generatedModules: Set<String> = [
    "SwiftProtobuf", "Foundation", "FoundationEssentials",
  ]

  /// A shell may import anything but what is listed here.
  static let shells: [String: Set<String>] = [
    "ConfabNetwork": ["ConfabServer", "ConfabClient", "ConfabJournal", "ConfabHub"],
    "ConfabJournal": ["ConfabHub", "ConfabServer", "ConfabClient"],
    "ConfabServer": ["ConfabClient", "ConfabTerminal"],
    "ConfabClient": ["ConfabHub", "ConfabJournal", "ConfabServer"],
    "confab": [],
  ]

  /// Modules that only these targets may import.
  static let reserved: [String: Set<String>] = [
    "GRDB": ["ConfabJournal"],
    "CNATS": ["ConfabJournal"],
    "COpenSSL": ["ConfabNetwork"],
    "CSHA256": ["ConfabNetwork"],
    "NIOSSL": ["ConfabNetwork", "ConfabServer", "ConfabClient"],
  ]

  static func isCore(_ target: String?) -> Bool { cores[target ?? ""] != nil }
}

func walls(_ tree: Tree) -> [Finding] {
  tree.swiftFiles.flatMap { file -> [Finding] in
    guard let target = file.target else { return [] }
    guard Walls.cores[target] != nil || Walls.shells[target] != nil else {
      return [file.finding(0, "\(target) is not in the import table: add it to tidy's Walls.swift")]
    }
    return file.code.enumerated().compactMap { index, line in
      guard let module = importedModule(line),
        let reason = reason(against: module, in: target, generated: file.isGenerated)
      else { return nil }
      return file.finding(index, reason)
    }
  }
}

private func reason(against module: String, in target: String, generated: Bool) -> String? {
  if generated && Walls.generatedModules.contains(module) { return nil }
  if let others = Walls.cores[target] {
    if others.contains(module) || Walls.pureModules.contains(module) { return nil }
    return "\(target) is a core and may not import \(module): "
      + "take what it needs as a value, or move this to a shell"
  }
  if Walls.shells[target]?.contains(module) == true {
    return "\(target) may not import \(module): imports point one way"
  }
  if let owners = Walls.reserved[module], !owners.contains(target) {
    return "\(target) may not import \(module): "
      + "only \(owners.sorted().joined(separator: ", ")) may"
  }
  return nil
}

private let importKinds: Set<String> = [
  "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
]

/// `Foundation` for `@preconcurrency private import struct Foundation.Date`.
private func importedModule(_ line: String) -> String? {
  guard line.mentions("import") else { return nil }
  let words = words(of: line)
  guard let keyword = words.firstIndex(of: "import") else { return nil }
  let before = words[..<keyword]
  let modifiers: Set<String> = [
    "public", "package", "internal", "fileprivate", "private", "preconcurrency", "testable",
    "_exported", "_implementationOnly", "_spi",
  ]
  // The argument of @_spi may be any word; nothing else comes before an import.
  guard before.allSatisfy({ modifiers.contains($0) }) || before.contains("_spi") else { return nil }
  return words[(keyword + 1)...].first { !importKinds.contains($0) }
}
