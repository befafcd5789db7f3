/// The name under which something received is kept: `presenter_filename`, and with a number where
/// that exists: `ann_video (2).mp4`. Only names at the top get it, not what is in folders.
package enum ReceivedName {
  /// - Parameter attempt: 1 is without a number.
  package static func candidate(
    presenter: String, name: String, isFolder: Bool, attempt: Int
  ) -> String {
    numbered(name, after: "\(presenter)_", isFolder: isFolder, attempt: attempt)
  }

  /// As much of the name as there is room for, with the number before its ending.
  static func numbered(
    _ name: String, after prefix: String, isFolder: Bool, attempt: Int
  ) -> String {
    let (stem, ending) = isFolder ? (name[...], "") : split(name)
    let number = attempt <= 1 ? "" : " (\(attempt))"
    let room =
      FileLimits.nameBytesMax - prefix.utf8.count - number.utf8.count - ending.utf8.count
    // An ending that leaves no room for a name is not one.
    guard room > 0 else {
      let whole = FileLimits.nameBytesMax - prefix.utf8.count - number.utf8.count
      return prefix + cut(name[...], to: whole) + number
    }
    return prefix + cut(stem, to: room) + number + ending
  }

  /// The part that a number goes before: `.mp4`, `.tar.gz`. A dot in front makes no extension.
  private static func split(_ name: String) -> (Substring, String) {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return (name[...], "") }
    let stem = name[..<dot]
    let ending = name[dot...]
    if stem.lowercased().hasSuffix(".tar"), stem.count > 4 {
      return (stem.dropLast(4), String(stem.suffix(4) + ending))
    }
    return (stem, String(ending))
  }

  /// Whole characters only, and none of the spaces and dots that then stand at the end.
  private static func cut(_ text: Substring, to byteCount: Int) -> String {
    guard text.utf8.count > byteCount else { return String(text) }
    var kept = text
    while kept.utf8.count > byteCount { kept.removeLast() }
    while let last = kept.last, last == " " || last == "." { kept.removeLast() }
    return String(kept)
  }
}
