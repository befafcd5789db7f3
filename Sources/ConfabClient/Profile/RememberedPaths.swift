import ConfabDomain
package import ConfabTransfer
package import Primitives

/// How fast the way to a device was lately. The next transfer there may begin near that rate instead of
/// finding it out again, as far as congestion control finds it careful (draft-ietf-tsvwg-careful-resume).
private struct RememberedPath: Codable {
  /// The identity key of the other device, in hexadecimal.
  var device: String
  /// Its address, in hexadecimal; ports change with every transfer.
  var address: String
  var bytesPerSecond: Int
  var at: WallTime
}

private struct PathBook: Codable {
  var paths: [RememberedPath] = []
}

extension Profile {
  private static let pathsFile = "paths.json"
  private static let pathsMax = 64
  /// Networks change: what was longer ago says nothing.
  private static let pathLifetimeMilliseconds: Int64 = 3_600_000

  /// Remembers what a transfer came to.
  package func remember(
    rate bytesPerSecond: Int, to device: TransferDevice, at address: PathAddress, now: WallTime
  ) throws {
    try change(Self.pathsFile, from: PathBook()) { book in
      let path = RememberedPath(
        device: device.identity.hex, address: address.hostHex, bytesPerSecond: bytesPerSecond,
        at: now)
      book.paths.removeAll { $0.device == path.device && $0.address == path.address }
      book.paths = book.paths.suffix(Self.pathsMax - 1) + [path]
    }
  }

  /// What the last transfer to a device came to, if that was lately and at one of these addresses.
  package func rate(
    to device: TransferDevice, at candidates: [Candidate], now: WallTime
  ) throws -> Int? {
    let hosts = Set(candidates.lazy.filter { $0.kind != .relay }.map { PathAddress($0).hostHex })
    let book = try load(PathBook.self, from: Self.pathsFile) ?? PathBook()
    guard let path = book.paths.last(where: { $0.device == device.identity.hex }),
      hosts.contains(path.address),
      now.millisecondsSinceEpoch - path.at.millisecondsSinceEpoch < Self.pathLifetimeMilliseconds
    else { return nil }
    return path.bytesPerSecond
  }
}

extension PathAddress {
  fileprivate var hostHex: String {
    String(high, radix: 16) + ":" + String(low, radix: 16)
  }
}
