import ConfabDomain
package import ConfabHub
import ConfabMedia
package import ConfabNetwork
import Logging
import Primitives

/// Between the hub's thread and the port's: hands orders over, in their order.
package final class MediaGateway: MediaSide {
  private let port: UDPPort

  /// Meetings are served on the port from now on.
  package init(port: UDPPort, setup: MediaSetup) {
    self.port = port
    port.post { $0.media = MediaEndpoint(setup: setup, at: $0.now) }
  }

  package func perform(_ order: MediaOrder) {
    port.post { state in
      (state.media as? MediaEndpoint)?.perform(order, at: state.now, into: &state.outgoing)
    }
  }
}

extension MediaSetup {
  /// - Parameter port: the number that UDP and TCP share.
  init(
    options: ServerOptions, port: Int, metrics: ServerMetrics,
    report: @escaping @Sendable (MediaReport) -> Void
  ) throws {
    let logger = options.logger
    self.init(
      dtls: try DTLSContext(now: Clock.wall()),
      candidates: MediaCandidates.lines(
        addresses: MediaCandidates.addresses(for: options), port: port),
      report: report, count: metrics.media.add,
      log: { party, role, reason in
        logger.info(
          "a media connection ended",
          metadata: [
            "meeting": "\(party.meeting.rawValue)",
            "participant": "\(party.participant.rawValue)", "connection": "\(role)",
            "reason": "\(reason)",
          ])
      })
  }
}
