package import ConfabHub
package import ConfabMedia
package import ConfabNetwork

/// What the media endpoint is given once, and whom it tells.
package struct MediaSetup: Sendable {
  let dtls: DTLSContext
  /// `a=candidate` values.
  let candidates: [String]
  /// To the hub.
  let report: @Sendable (MediaReport) -> Void
  let count: @Sendable (MediaTally) -> Void
  /// Why a connection is no more.
  let log: @Sendable (MediaParty, TransportRole, TransportEnd) -> Void

  package init(
    dtls: DTLSContext, candidates: [String], report: @escaping @Sendable (MediaReport) -> Void,
    count: @escaping @Sendable (MediaTally) -> Void,
    log: @escaping @Sendable (MediaParty, TransportRole, TransportEnd) -> Void
  ) {
    self.dtls = dtls
    self.candidates = candidates
    self.report = report
    self.count = count
    self.log = log
  }
}

/// What happened since the last one, for whoever counts.
package struct MediaTally: Sendable {
  /// Now, not since.
  var meetings = 0
  var connections = 0
  var connected = 0
  /// Of those, with AES-GCM.
  var connectedGCM = 0
  var lost = 0
  /// Publishers were asked for a whole picture.
  var keyframeRequests = 0
  /// RTP packets from publishers.
  var received = 0
  /// Too long, or no memory for it.
  var dropped = 0
  /// From addresses that ICE has not proved.
  var unproved = 0
  var forged = 0
  var replayed = 0
  var malformed = 0

  mutating func add(_ counts: TransportCounts) {
    unproved += counts.unproved
    dropped += counts.dropped + counts.early
    forged += counts.refused.forged
    replayed += counts.refused.replayed
    malformed += counts.refused.malformed
  }
}
