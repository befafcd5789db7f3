package import ConfabNetwork
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// Looks at how a server proves itself, without trusting it with anything.
package struct CertificateProbe: Sendable {
  package var pin: CertificatePin
  /// An authority that the system knows vouches for it under this name.
  package var isTrusted: Bool
  /// Seconds since 1970.
  package var expiresAt: Int64
  package var tlsVersion: String
  /// What ALPN agreed on; nil when the server knows nothing of ours.
  package var applicationProtocol: String?

  package static func look(at address: HostPort) async throws -> CertificateProbe {
    do {
      let seen = try await handshake(address, trusting: true)
      guard let certificate = seen.certificate, let pin = certificate.pin else {
        throw ConnectionError.unreachable("\(address) has a certificate that cannot be read.")
      }
      let trusted = try? await handshake(address, trusting: false)
      return CertificateProbe(
        pin: pin, isTrusted: trusted != nil, expiresAt: Int64(certificate.notValidAfter),
        tlsVersion: seen.version, applicationProtocol: seen.applicationProtocol)
    } catch {
      throw Connection.explained(error, .network(address, pin: nil))
    }
  }

  private struct Handshake: Sendable {
    var certificate: NIOSSLCertificate?
    var version = ""
    var applicationProtocol: String?
  }

  private static func handshake(_ address: HostPort, trusting: Bool) async throws -> Handshake {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let done = loop.makePromise(of: Handshake.self)
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv13
    configuration.applicationProtocols = [ConnectionLimits.applicationProtocol]
    if trusting { configuration.certificateVerification = .noHostnameVerification }
    let context = try NIOSSLContext(configuration: configuration)
    let name = IPAddressText.bytes(of: address.host) == nil ? address.host : nil
    do {
      let channel = try await ClientBootstrap(group: loop)
        .connectTimeout(ConnectionLimits.connectMax)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let handler =
              trusting
              ? try NIOSSLClientHandler(context: context, serverHostname: name) { _, verdict in
                verdict.succeed(.certificateVerified)
              } : try NIOSSLClientHandler(context: context, serverHostname: name)
            try channel.pipeline.syncOperations.addHandler(handler)
            try channel.pipeline.syncOperations.addHandler(HandshakeHandler(done: done))
          }
        }
        .connect(host: address.host, port: address.port).get()
      let timeout = loop.scheduleTask(in: ConnectionLimits.openingMax) {
        done.fail(ChannelError.connectTimeout(ConnectionLimits.openingMax))
      }
      defer {
        timeout.cancel()
        channel.close(promise: nil)
      }
      return try await done.futureResult.get()
    } catch {
      done.fail(error)
      throw error
    }
  }

  /// Waits for the end of the handshake and asks TLS what was agreed.
  private final class HandshakeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let done: EventLoopPromise<Handshake>

    init(done: EventLoopPromise<Handshake>) {
      self.done = done
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      guard case .handshakeCompleted(let negotiated) = event as? TLSUserEvent else { return }
      let tls = context.pipeline.syncOperations
      done.succeed(
        Handshake(
          certificate: try? tls.nioSSL_peerCertificate(),
          version: (try? tls.nioSSL_tlsVersion()).map { "\($0)" } ?? "unknown",
          applicationProtocol: negotiated))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      done.fail(error)
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      done.fail(ConnectionError.unreachable("It closed the connection before TLS was agreed."))
    }
  }
}
