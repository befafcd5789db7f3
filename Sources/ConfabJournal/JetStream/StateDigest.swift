import ConfabDomain
import Crypto
import Foundation
import OrderedCollections

/// What came of all entries up to one, in 32 bytes: the same on every server of the place.
struct StateDigest: Hashable, Sendable, Codable {
  var entry: UInt64
  var value: Data

  init(of state: PlaceState) throws {
    entry = state.entry
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    value = Data(SHA256.hash(data: try encoder.encode(state)))
  }

  /// Entries between digests of a place that is busy. It grows with the place, so that a digest costs its
  /// entries the same however large the place is, and is a power of two: servers make theirs at the same
  /// entries.
  static func spacing(of state: PlaceState) -> UInt64 {
    let records = state.accounts.count + state.sessions.count + state.devices.count
    var spacing = spacingMin
    while spacing < UInt64(records) * entriesPerRecord { spacing *= 2 }
    return spacing
  }

  static let spacingMin: UInt64 = 4_096
  private static let entriesPerRecord: UInt64 = 64
}

/// What a server tells the others of its digests.
struct DigestReport: Codable {
  var node: UInt64
  /// Where it is found, for words to people.
  var name: String
  var version: String
  var digests: [StateDigest]
}

/// What came of comparing, after an entry.
package enum StateVerdict: Hashable, Sendable {
  case agree(UInt64)
  /// This server made something else of the entries than they give, or its copy of them is damaged.
  case wrongHere(UInt64)
  /// The other server did, which is found there.
  case wrongThere(String, UInt64)
}

/// How often servers look whether they agree.
package struct ComparisonTimes: Sendable {
  /// How long nothing happens before a digest is made of what there is.
  package var restSeconds = 5.0
  /// How often the newest digests are told.
  package var tellingSeconds = 5.0
  /// How often a server reads its own copy through.
  package var readingSeconds = 86_400.0

  package init() {}
}
