import Foundation

/// A folder with what one person's client remembers. Several processes may use it at the same time.
package struct Profile: Sendable {
  package let folder: String
  /// "default", or what `--profile` said.
  package let name: String

  private static let nameBytesMax = 64

  /// Finds the folder, and makes it when it is missing.
  package init(named name: String?, environment: [String: String]) throws {
    let home = try Self.homeFolder(environment)
    if let name {
      guard (1...Self.nameBytesMax).contains(name.utf8.count), name.first != ".",
        name.utf8.allSatisfy(Self.mayStandInName)
      else {
        throw AddressError(
          "\"\(name)\" cannot be a profile's name: use letters, digits, \"-\", \"_\" and \".\".")
      }
      self.init(folder: "\(home)/profiles/\(name)", name: name)
    } else {
      self.init(folder: home, name: "default")
    }
    try PrivateFile.makeFolder(home)
    try PrivateFile.makeFolder(folder)
  }

  private init(folder: String, name: String) {
    self.folder = folder
    self.name = name
  }

  private static func homeFolder(_ environment: [String: String]) throws -> String {
    if let home = environment["CONFAB_HOME"], !home.isEmpty { return absolute(home) }
    if let base = environment["XDG_CONFIG_HOME"], !base.isEmpty {
      return absolute(base) + "/confab"
    }
    guard let home = environment["HOME"], !home.isEmpty else {
      throw ProfileError(
        "Set HOME or CONFAB_HOME, so that there is a folder to remember things in.")
    }
    return absolute(home) + "/.config/confab"
  }

  private static func absolute(_ path: String) -> String {
    var path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }

  private static func mayStandInName(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, 45, 46, 95: true
    default: false
    }
  }

  // MARK: Documents

  /// Nil when nothing was stored yet.
  func load<Document: Decodable>(_ type: Document.Type, from file: String) throws -> Document? {
    let path = "\(folder)/\(file)"
    guard let bytes = try PrivateFile.read(path) else { return nil }
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw ProfileError(
        "\(path) is damaged. Put it right, or move it away and sign in again.")
    }
  }

  /// Changes a document while no other process does.
  func change<Document: Codable, Result>(
    _ file: String, from empty: Document, _ body: (inout Document) throws -> Result
  ) throws -> Result {
    try FileLock.hold("\(folder)/lock") {
      var document = try load(Document.self, from: file) ?? empty
      let result = try body(&document)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      try PrivateFile.replace("\(folder)/\(file)", with: Array(encoder.encode(document)) + [10])
      return result
    }
  }
}
