/// Names a server of a place that several serve, for as long as it runs.
package struct NodeID: Hashable, Sendable, Codable {
  package var rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// Where a server of the place is found.
package struct NodeAddress: Hashable, Sendable, Codable {
  /// `HOST:PORT`.
  package var address: String
  /// Nil: the system's certificate authorities decide.
  package var pin: String?

  package init(address: String, pin: String?) {
    self.address = address
    self.pin = pin
  }
}

/// What a server tells the others of, again and again: what is in no journal because it ends with the
/// server.
package struct NodeReport: Hashable, Sendable, Codable {
  package var node: NodeID
  package var address: NodeAddress
  /// Those who are active there.
  package var people: [Person]
  /// Meetings that are held there.
  package var meetings: [MeetingCopy]
  /// The number of the latest change to the offers of files there.
  package var offers: UInt64
  /// It stops now, and takes all of this with it.
  package var isLeaving: Bool

  package struct Person: Hashable, Sendable, Codable {
    package var account: UInt64
    /// Milliseconds since the epoch.
    package var since: Int64
    package var address: String
    package var receivesFiles: Bool

    package init(account: UInt64, since: Int64, address: String, receivesFiles: Bool) {
      self.account = account
      self.since = since
      self.address = address
      self.receivesFiles = receivesFiles
    }
  }

  package init(
    node: NodeID, address: NodeAddress, people: [Person], meetings: [MeetingCopy], offers: UInt64,
    isLeaving: Bool
  ) {
    self.node = node
    self.address = address
    self.people = people
    self.meetings = meetings
    self.offers = offers
    self.isLeaving = isLeaving
  }
}
