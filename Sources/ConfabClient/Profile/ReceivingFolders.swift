private struct ReceivingBook: Codable {
  var folders: [String] = []
}

extension Profile {
  private static let receivingFile = "received-into.json"
  private static let receivingFoldersMax = 64

  /// Files are received into that folder: something unfinished may stay there.
  package func noteReceiving(into folder: String) throws {
    guard try receivingFolders().last != folder else { return }
    try change(Self.receivingFile, from: ReceivingBook()) { book in
      book.folders.removeAll { $0 == folder }
      book.folders = book.folders.suffix(Self.receivingFoldersMax - 1) + [folder]
    }
  }

  /// The folders that files were received into, the latest at the end.
  package func receivingFolders() throws -> [String] {
    try load(ReceivingBook.self, from: Self.receivingFile)?.folders ?? []
  }
}
