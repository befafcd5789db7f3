import Primitives

/// Files that a person said yes to on this device, so that a program that begins anew need not ask again.
/// The server tells as well what was accepted, but nobody else's word may write files here.
package struct AcceptedFiles: Hashable, Sendable, Codable {
  /// Of the transfer, in hexadecimal.
  var transfer: String
  /// The identity key of the device that offers, in hexadecimal.
  var device: String
  var name: String
  var bytes: UInt64

  package init(transfer: some Sequence<UInt8>, device: [UInt8], name: String, bytes: UInt64) {
    self.transfer = Array(transfer).hex
    self.device = device.hex
    self.name = name
    self.bytes = bytes
  }
}

private struct AcceptedBook: Codable {
  var accepted: [AcceptedFiles] = []
}

extension Profile {
  private static let acceptedFile = "accepted.json"
  /// Older ones are asked about again.
  private static let acceptedMax = 64

  package func noteAccepted(_ files: AcceptedFiles) throws {
    try change(Self.acceptedFile, from: AcceptedBook()) { book in
      book.accepted.removeAll { $0 == files }
      book.accepted = book.accepted.suffix(Self.acceptedMax - 1) + [files]
    }
  }

  package func hasAccepted(_ files: AcceptedFiles) throws -> Bool {
    try load(AcceptedBook.self, from: Self.acceptedFile)?.accepted.contains(files) ?? false
  }
}
