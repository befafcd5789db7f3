import ConfabDomain
package import ConfabHub
import ConfabMedia
package import ConfabNetwork
import Logging
import Primitives
import Synchronization

/// Between the hub's thread and the port's: hands orders over, in their order. Of what counts only as it
/// stands last, one order for each participant waits, so that a port that is busy is not buried.
package final class MediaGateway: MediaSide {
  /// Descriptions of sessions, which are costly to read; more are refused.
  private static let waitingDescriptionsMax = 4_096

  private struct Sending: Hashable {
    let party: MediaParty
    let source: MediaSource
  }

  private struct Waiting {
    var descriptions = 0
    var wishes: [MediaParty: MediaOrder] = [:]
    var forwards: [Sending: MediaOrder] = [:]
  }

  private let port: UDPPort
  private let setup: MediaSetup
  private let waiting = Mutex(Waiting())

  /// Meetings are served on the port from now on.
  package init(port: UDPPort, setup: MediaSetup) {
    self.port = port
    self.setup = setup
    port.post { $0.media = MediaEndpoint(setup: setup, streams: $0.streams, at: $0.now) }
  }

  package func perform(_ order: MediaOrder) {
    switch order {
    case .publish(_, let ticket, _, _), .answer(_, let ticket, _, _):
      let mayWait = waiting.withLock { waiting in
        guard waiting.descriptions < Self.waitingDescriptionsMax else { return false }
        waiting.descriptions += 1
        return true
      }
      guard mayWait else {
        return setup.report(
          .refused(ticket, reason: "The server's meetings are too busy. Try again in a moment."))
      }
      post { waiting in
        waiting.descriptions -= 1
        return order
      }
    case .wish(let party, _, _):
      let isNew = waiting.withLock { $0.wishes.updateValue(order, forKey: party) == nil }
      if isNew { post { $0.wishes.removeValue(forKey: party) } }
    case .forward(let party, let source, _):
      let sending = Sending(party: party, source: source)
      let isNew = waiting.withLock { $0.forwards.updateValue(order, forKey: sending) == nil }
      if isNew { post { $0.forwards.removeValue(forKey: sending) } }
    default: post { _ in order }
    }
  }

  private func post(_ take: @escaping @Sendable (inout Waiting) -> MediaOrder?) {
    port.post { [self] state in
      guard let order = waiting.withLock({ take(&$0) }) else { return }
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
