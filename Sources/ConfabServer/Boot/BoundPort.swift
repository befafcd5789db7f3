import ConfabNetwork
import ConfabTransfer
import Foundation
import NIOCore

/// TCP and UDP on one number.
struct BoundPort: Sendable {
  let tcp: any Channel
  let udp: UDPPort

  var number: Int { tcp.localAddress?.port ?? 0 }

  /// With port 0 the number that TCP gets may be taken for UDP; another is tried then.
  private static let attemptsMax = 16

  static func bind(
    _ listen: HostPort, listener: Listener, relay: RelayLimits?, metrics: ServerMetrics
  ) async throws -> BoundPort {
    for attempt in 1... {
      let tcp: any Channel
      do {
        tcp = try await listener.bind(host: listen.host, port: listen.port)
      } catch {
        throw StartFailure("cannot listen on \(listen): \(words(error)); choose another --listen")
      }
      do {
        guard let address = tcp.localAddress else { throw ChannelError.ioOnClosedChannel }
        let udp = try UDPPort(
          address: address, port: address.port ?? 0, relay: relay, count: metrics.count)
        return BoundPort(tcp: tcp, udp: udp)
      } catch {
        try? await tcp.close()
        guard listen.port == 0, attempt < attemptsMax else {
          throw StartFailure(
            "cannot listen on UDP \(listen): \(words(error)); choose another --listen")
        }
      }
    }
    throw StartFailure("cannot listen on \(listen)")
  }

  func close() async {
    try? await tcp.close()
    await udp.close()
  }

  private static func words(_ error: any Error) -> String {
    let code = (error as? IOError)?.errnoCode ?? (error as? SystemError)?.code
    switch code {
    case EADDRINUSE: return "the port is in use by another program"
    case EACCES: return "ports below 1024 need root's rights"
    case EADDRNOTAVAIL: return "this machine has no such address"
    default: return "\(error)"
    }
  }
}
