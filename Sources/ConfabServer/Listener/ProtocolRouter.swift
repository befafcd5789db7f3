import NIOCore
import NIOTLS

/// Behind TLS: what the client chose in the handshake (ALPN) decides what the connection becomes.
///
/// A name that nobody here knows cannot be told from none at all, so everything but our own is HTTP.
final class ProtocolRouter: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  static let native = "confab/1"
  static let http = "http/1.1"

  private let accepted: AcceptedConnection
  private let metrics: ServerMetrics
  private let becomeNative: (any Channel) throws -> Void
  private let becomeHTTP: (any Channel) throws -> Void
  private var isRouted = false

  init(
    accepted: AcceptedConnection, metrics: ServerMetrics,
    becomeNative: @escaping (any Channel) throws -> Void,
    becomeHTTP: @escaping (any Channel) throws -> Void
  ) {
    self.accepted = accepted
    self.metrics = metrics
    self.becomeNative = becomeNative
    self.becomeHTTP = becomeHTTP
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent, !isRouted else {
      return context.fireUserInboundEventTriggered(event)
    }
    isRouted = true
    do {
      try (negotiated == Self.native ? becomeNative : becomeHTTP)(context.channel)
      // In this same turn, so that no byte can arrive in between.
      context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    } catch {
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if !isRouted { metrics.handshakeFailures.add() }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
