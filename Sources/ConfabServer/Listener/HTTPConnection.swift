import ConfabWire
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Serves HTTP/1.1 on connections that did not choose our own protocol.
struct HTTPConnections: Sendable {
  private let http: HTTP1Channel
  private let logger: Logger

  init(pages: WebPages, logger: Logger) {
    self.logger = logger
    http = HTTP1Channel(
      responder: { request, writer, channel in
        let response = await pages.respond(to: request, channel: channel, logger: logger)
        try await writer.write(response: response.head, body: response.body)
      },
      configuration: .init(
        idleTimeout: .seconds(ServerLimits.httpIdleSeconds),
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: ServerLimits.httpHeaderBytesMax,
          maxHeaderListSize: ServerLimits.httpHeaderBytesMax, maxHeaderFieldCount: 100)))
  }

  /// One task for each connection: pages are few, and this is not the path that must be fast.
  func serve(_ channel: any Channel) {
    let (http, logger) = (http, logger)
    http.setup(channel: channel, logger: logger).whenSuccess { value in
      Task { await http.handle(value: value, logger: logger) }
    }
  }
}
