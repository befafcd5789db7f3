import ConfabWire
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Serves HTTP/1.1 on connections that did not choose our own protocol, until one becomes a session.
struct HTTPConnections: Sendable {
  private let http: HTTP1Channel
  private let logger: Logger

  init(pages: WebPages, logger: Logger) {
    self.logger = logger
    http = HTTP1Channel(
      responder: { request, writer, channel in
        let response = await pages.respond(to: request, channel: channel, logger: logger)
        try await writer.write(response: response.head, body: response.body)
      })
  }

  /// - Parameter becomeSession: called on the channel's event loop when a browser opens a WebSocket.
  func serve(
    _ channel: any Channel,
    becomeSession: @escaping @Sendable (any Channel, HTTPHeaders) throws -> Void
  ) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = ServerLimits.httpHeaderBytesMax
    limits.maxHeaderListSize = ServerLimits.httpHeaderBytesMax
    limits.maxHeaderFieldCount = ServerLimits.httpHeaderFieldsMax
    let encoder = HTTPResponseEncoder()
    let decoder = ByteToMessageHandler(
      HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
    let door = WebSocketDoor()
    let upgrade = NIOTypedHTTPServerUpgradeHandler<Void>(
      httpEncoder: encoder, extraHTTPHandlers: [decoder, door],
      upgradeConfiguration: .init(
        upgraders: [WebSocketUpgrade(becomeSession: becomeSession)],
        notUpgradingCompletionHandler: { channel in
          channel.eventLoop.makeCompletedFuture { try serveRequests(on: channel) }
        }))
    try channel.pipeline.syncOperations.addHandlers([encoder, decoder, door, upgrade])
    upgrade.upgradeResultFuture.whenFailure { _ in channel.close(promise: nil) }
  }

  /// One task for each connection: pages are few, and this is not the path that must be fast.
  private func serveRequests(on channel: any Channel) throws {
    try channel.pipeline.syncOperations.addHandlers([
      HTTP1ToHTTPServerCodec(secure: false),
      HTTPConnectionStateHandler(
        idleTimeout: .seconds(ServerLimits.httpIdleSeconds), logger: logger),
    ])
    let requests = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
      wrappingChannelSynchronously: channel,
      configuration: .init(isOutboundHalfClosureEnabled: true))
    Task { await http.handle(value: requests, logger: logger) }
  }
}
