import Foundation

/// Completion of paths: what lies on this machine.
enum FileNames {
  /// More are not offered.
  static let namesMax = 200

  /// Whole paths that begin with the prefix, folders with a final `/`.
  static func beginning(with prefix: String) -> [String] {
    let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
    let start = prefix.dropFirst(folder.count)
    let place = folder.isEmpty ? "." : NSString(string: folder).expandingTildeInPath
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
    // Hidden files only for who asks for them.
    let found = names.filter { $0.hasPrefix(start) && (!start.isEmpty || !$0.hasPrefix(".")) }
    return found.sorted().prefix(namesMax).map { name in
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(
        atPath: place + "/" + name, isDirectory: &isFolder)
      return folder + name + (exists && isFolder.boolValue ? "/" : "")
    }
  }
}
