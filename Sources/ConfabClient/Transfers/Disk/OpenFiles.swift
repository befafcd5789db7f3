/// A few files kept open, those used last. Content comes mostly in order, so that a file is opened
/// once and closed when it is done.
struct OpenFiles {
  /// Far below the usual 1,024 of a process, with several transfers at work.
  private static let filesMax = 32

  private var files: [(entry: Int, file: OpenFile)] = []

  /// The entry's file, opened if it is not.
  mutating func file<Failure: Error>(
    _ entry: Int, opening open: () throws(Failure) -> OpenFile
  ) throws(Failure) -> OpenFile {
    if let last = files.last, last.entry == entry { return last.file }
    if let index = files.firstIndex(where: { $0.entry == entry }) {
      files.append(files.remove(at: index))
      return files[files.count - 1].file
    }
    let file = try open()
    if files.count == Self.filesMax { files.removeFirst() }
    files.append((entry, file))
    return file
  }

  mutating func close(_ entry: Int) {
    files.removeAll { $0.entry == entry }
  }

  mutating func closeAll() {
    files = []
  }
}
