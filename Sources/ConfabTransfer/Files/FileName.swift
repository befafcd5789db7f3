/// How careful a place is with names.
package enum NameRules: Sendable {
  /// What can be stored on every common file system and means the same there. The default.
  case portable
  /// Only what safety asks for: names that Linux can tell apart are taken as they are.
  case linux
}

/// What makes a name unfit to be a file's in a transfer.
package enum NameFault: Error, Hashable, Sendable {
  case empty
  case tooLong
  case notUTF8
  /// `.` or `..`, or a slash: it would leave its folder.
  case escapes
  /// A control, bidirectional or invisible character: it would look like another name.
  case deceives
  /// A dot or a space at the end, which some file systems drop without a word.
  case endsInDotOrSpace
  /// `CON`, `NUL` and the like open devices on some systems.
  case device

  /// Completes "NAME …".
  package var words: String {
    switch self {
    case .empty: "has no letters"
    case .tooLong: "is longer than \(FileLimits.nameBytesMax) bytes"
    case .notUTF8: "is not UTF-8"
    case .escapes: "would leave its folder"
    case .deceives: "has control, direction or invisible characters"
    case .endsInDotOrSpace: "ends in a dot or a space, which some file systems drop"
    case .device: "is the name of a device on some systems"
    }
  }
}

/// The rules for one name of a file or folder, never a path.
///
/// `:` and `\` are taken: on Linux they are letters like others (times in the names of logs, mail
/// folders, escaped unit names), nobody is deceived by them, and a file system that cannot store them
/// says so instead of silently storing something else. What is refused is what would leave its
/// folder, look like another name, or become another name by itself.
package enum FileName {
  package static func fault(
    in bytes: some Collection<UInt8>, rules: NameRules = .portable
  ) -> NameFault? {
    guard !bytes.isEmpty else { return .empty }
    guard bytes.count <= FileLimits.nameBytesMax else { return .tooLong }
    guard let name = String(validating: bytes, as: UTF8.self) else { return .notUTF8 }
    if name == "." || name == ".." || bytes.contains(UInt8(ascii: "/")) { return .escapes }
    guard name.unicodeScalars.allSatisfy(isHonest) else { return .deceives }
    guard rules == .portable else { return nil }
    if let last = bytes.dropFirst(bytes.count - 1).first,
      last == UInt8(ascii: ".") || last == UInt8(ascii: " ")
    {
      return .endsInDotOrSpace
    }
    return isDevice(name) ? .device : nil
  }

  /// One spelling for all names that some file system takes for the same. Strings compare by
  /// canonical equivalence, so composed and decomposed letters are the same already.
  package static func folded(_ name: String) -> String {
    name.utf8.allSatisfy { $0 < 0x80 } ? name.lowercased() : name.uppercased().lowercased()
  }

  /// False when the name may be spelled with fewer characters (not in normalization form C): the
  /// shell then composes it before it makes the file, as other programs expect. Unicode has no
  /// character below U+0300 that composes with what is before it.
  package static func isSurelyComposed(_ name: String) -> Bool {
    name.unicodeScalars.allSatisfy { $0.value < 0x300 }
  }

  /// For showing what was refused.
  package static func shown(_ bytes: some Collection<UInt8>) -> String {
    shownText(bytes.prefix(FileLimits.nameBytesMax))
  }

  /// Words of a peer, with nothing in them that a terminal would obey.
  static func shownText(_ bytes: some Collection<UInt8>) -> String {
    let name = String(decoding: bytes, as: UTF8.self)
    var shown = ""
    for scalar in name.unicodeScalars {
      if isHonest(scalar) {
        shown.unicodeScalars.append(scalar)
      } else {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return shown
  }

  /// A name that the rules take, as like the given one as can be: `_` for what is not allowed in it.
  ///
  /// - Parameter attempt: 1 is without a number.
  package static func respelled(
    _ bytes: some Collection<UInt8>, isFolder: Bool, attempt: Int
  ) -> String {
    var name = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      // U+FFFD stands for what was no UTF-8.
      let isKept = isHonest(scalar) && scalar != "/" && scalar != "\u{FFFD}"
      name.unicodeScalars.append(isKept ? scalar : "_")
    }
    let kept = name.unicodeScalars.reversed().drop { $0 == "." || $0 == " " }.count
    let ending = name.unicodeScalars.count - kept
    name = String(String.UnicodeScalarView(name.unicodeScalars.prefix(kept)))
    name += String(repeating: "_", count: name.isEmpty ? max(ending, 1) : ending)
    if isDevice(name) {
      let base = name.prefix { $0 != "." }
      name = base + "_" + name.dropFirst(base.count)
    }
    return ReceivedName.numbered(name, after: "", isFolder: isFolder, attempt: attempt)
  }

  /// Shown as itself, and nothing else. The joiners U+200C and U+200D are part of words and of
  /// pictures; unassigned characters may be next year's letters.
  private static func isHonest(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return scalar.value >= 0x20 && scalar.value != 0x7F }
    let properties = scalar.properties
    if properties.isBidiControl || properties.isNoncharacterCodePoint { return false }
    switch scalar.value {
    // Zero-width space, word joiner and invisible operators, byte-order mark, Hangul fillers.
    case 0x200B, 0x2060...0x2064, 0xFEFF, 0x115F, 0x1160, 0x3164, 0xFFA0: return false
    default: break
    }
    switch properties.generalCategory {
    case .control, .surrogate, .lineSeparator, .paragraphSeparator: return false
    default: return true
    }
  }

  /// "Naming Files, Paths, and Namespaces" of the Windows documentation, with any extension.
  private static func isDevice(_ name: String) -> Bool {
    let base = name.prefix { $0 != "." }.lowercased()
    if ["con", "prn", "aux", "nul"].contains(base) { return true }
    guard base.hasPrefix("com") || base.hasPrefix("lpt"), base.count == 4 else { return false }
    return base.last.map { "123456789¹²³".contains($0) } ?? false
  }
}
