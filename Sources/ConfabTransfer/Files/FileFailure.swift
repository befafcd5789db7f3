/// Why a transfer of files ended without success. Numbers, once given, never mean anything else.
package struct FileFailure: Error, Hashable, Sendable {
  package enum Code: UInt16, CaseIterable, Sendable {
    /// A person stopped it.
    case cancelled = 1

    // The peer did what no correct peer does.

    /// A message that cannot be read, or that has no place here.
    case malformed = 10
    /// A version of the file protocol that this program does not speak.
    case version = 11
    /// An offset, leaf or entry that the manifest does not have.
    case outOfBounds = 12
    /// More ranges or hashes than any correct peer makes.
    case excess = 13

    // The manifest is not taken.

    case tooManyEntries = 20
    case tooDeep = 21
    case nameTooLong = 22
    case contentTooLong = 23
    /// A name that would leave its folder, or that hides what it is.
    case badName = 24
    /// Two names in one folder that some file systems cannot tell apart.
    case nameCollision = 25
    /// Nothing in it.
    case emptyManifest = 26
    /// Not what the offer said.
    case otherThanOffered = 27
    /// A stream takes one file, and no folder.
    case needsOneFile = 28

    // The presenter's files.

    case sourceChanged = 40
    case sourceUnreadable = 41

    // What arrived is not what was sent.

    case leafMismatch = 50
    case rootMismatch = 51

    // The recipient's disk.

    case diskFull = 60
    case diskFault = 61
    case folderNotWritable = 62
    /// Ten thousand files of that name are there already.
    case noNameLeft = 63

    /// What a later version made up.
    case other = 9_999
  }

  package var code: Code
  /// One sentence for people.
  package var text: String

  package init(_ code: Code, _ text: String) {
    self.code = code
    self.text = text
  }

  static func malformed(_ text: String) -> FileFailure { FileFailure(.malformed, text) }
  static func outOfBounds(_ text: String) -> FileFailure { FileFailure(.outOfBounds, text) }
}
