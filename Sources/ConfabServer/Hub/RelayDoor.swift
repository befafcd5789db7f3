import ConfabDomain
import ConfabHub
import ConfabNetwork
import NIOConcurrencyHelpers

/// Between the hub, which gives out places at the relay, and the UDP socket, which is bound later.
final class RelayDoor: Sendable {
  private let socket = NIOLockedValueBox<UDPPort?>(nil)

  /// Nobody can have asked for a relay before.
  func bound(_ socket: UDPPort) {
    self.socket.withLockedValue { $0 = socket }
  }

  /// Nil before it is bound.
  var port: UDPPort? { socket.withLockedValue { $0 } }

  func open(_ grant: RelayGrant) {
    socket.withLockedValue { $0 }?.openRelay(
      grant.pairing.rawValue, for: UInt64(grant.sender.rawValue),
      and: UInt64(grant.taker.rawValue), tokens: grant.presenter, grant.recipient)
  }

  func close(_ pairing: PairingID) {
    socket.withLockedValue { $0 }?.closeRelay(pairing.rawValue)
  }
}
