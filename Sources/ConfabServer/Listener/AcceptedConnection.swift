import ConfabHub
import ConfabNetwork
import ConfabWire
import NIOCore

/// What is known of a connection from its first moment, and the time it has to say who it is: one
/// deadline from accepting to having signed in, whatever the peer does in between.
///
/// Touched on the connection's event loop only.
final class AcceptedConnection {
  private(set) var peer: Peer
  /// Called when the time is over; nil closes the connection without a word.
  var onDeadline: (() -> Void)?

  private let channel: any Channel
  private let quota: ConnectionQuota
  private var addressKey: ConnectionQuota.Key?
  private var deadline: Scheduled<Void>?
  private var isStranger: Bool

  /// - Parameter addressKey: nil on the operator's socket, which counts towards nothing.
  init(
    peer: Peer, channel: any Channel, quota: ConnectionQuota, addressKey: ConnectionQuota.Key?
  ) {
    self.peer = peer
    self.channel = channel
    self.quota = quota
    self.addressKey = addressKey
    isStranger = addressKey != nil
    channel.closeFuture.assumeIsolated().whenComplete { [self] _ in ended() }
    guard isStranger else { return }
    schedule(seconds: Int64(WireLimits.signInSecondsMax))
  }

  /// No stranger any more.
  func signedIn() {
    deadline?.cancel()
    deadline = nil
    onDeadline = nil
    guard isStranger, let addressKey else { return }
    isStranger = false
    quota.strangerLeft(addressKey)
  }

  /// A page is fetched soon or not at all.
  func becameHTTP() {
    signedIn()
    schedule(seconds: ServerLimits.httpSecondsMax)
  }

  /// A page opened a WebSocket: a stranger again, with the time to sign in.
  ///
  /// - Parameter origin: where the page is, when a proxy connected for it.
  /// - Returns: false when there are too many strangers of this address.
  func becameSocket(of origin: [UInt8]?) -> Bool {
    signedIn()
    if let origin, let address = IPAddressText.text(of: origin) {
      peer = Peer(address: address)
      addressKey = ConnectionQuota.Key(address: origin)
    }
    guard let addressKey, quota.strangerCame(addressKey) else { return false }
    isStranger = true
    schedule(seconds: Int64(WireLimits.signInSecondsMax))
    return true
  }

  /// The last words are on their way: a peer that does not take them is cut off.
  func closing() {
    deadline?.cancel()
    let channel = channel
    deadline = channel.eventLoop.scheduleTask(in: .seconds(ServerLimits.farewellSeconds)) {
      channel.close(mode: .all, promise: nil)
    }
  }

  private func schedule(seconds: Int64) {
    deadline = channel.eventLoop.assumeIsolated().scheduleTask(in: .seconds(seconds)) {
      [weak self] in self?.timeIsUp()
    }
  }

  private func ended() {
    signedIn()
    if addressKey != nil { quota.connectionEnded() }
  }

  private func timeIsUp() {
    deadline = nil
    if let onDeadline { onDeadline() } else { channel.close(promise: nil) }
  }
}
