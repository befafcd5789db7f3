/// How much the relay forwards and how long it remembers.
package struct RelayLimits: Sendable, Hashable {
  /// Of one pairing, both ways together; what comes faster is dropped, as a slow link would.
  package var bytesPerSecondMax = 12_500_000
  /// In 24 hours, in all.
  package var bytesPerDayMax: UInt64 = 100 << 30
  /// What one account sends is at most this part of a day's bytes, however many files it is in, so that
  /// some are left for others.
  package static let accountShare: UInt64 = 4

  package init() {}

  var bytesPerAccountMax: UInt64 { bytesPerDayMax / Self.accountShare }

  /// What may come at once after a rest: a tenth of a second's worth, but a whole train in any case.
  var burstBytes: Int { max(bytesPerSecondMax / 10, Self.burstBytesMin) }

  static let burstBytesMin = 131_072
  /// Longer datagrams are dropped: no path between two networks carries them in one piece.
  package static let datagramBytesMax = 2_047
  /// The least that a datagram costs, so that tiny ones are not free.
  static let datagramCostMin = 128
  /// At the same time; past it the one whose ends bound the longest ago makes place.
  package static let pairingsMax = 4_096
  /// The same of one account: its own make place then.
  package static let accountPairingsMax = 256
  /// An end that did not bind for so long is forgotten until it does. NATs forget sooner.
  package static let silenceMax: Duration = .seconds(60)
  /// A token is good for so long; whoever still needs the relay then answers the offer again.
  package static let lifetime: Duration = .seconds(24 * 3600)
  package static let day: Duration = .seconds(24 * 3600)
  /// An end over its quota is told so, but not at every datagram.
  static let refusalInterval: Duration = .seconds(1)
}
