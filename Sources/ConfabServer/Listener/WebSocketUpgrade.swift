import Crypto
import Foundation
import NIOCore
import NIOHTTP1

/// Makes a session of a browser's HTTP connection (RFC 6455 §4.2). `WebSocketDoor` has looked at the
/// request before.
struct WebSocketUpgrade: NIOTypedHTTPServerProtocolUpgrader {
  static let path = "/socket"
  static let version = "13"

  let supportedProtocol = "websocket"
  let requiredUpgradeHeaders: [String] = []
  /// Called on the connection's event loop, with what the request said.
  let becomeSession: @Sendable (any Channel, HTTPHeaders) throws -> Void

  func buildUpgradeResponse(
    channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
  ) -> EventLoopFuture<HTTPHeaders> {
    let key = upgradeRequest.headers["sec-websocket-key"].first ?? ""
    var headers = initialResponseHeaders
    headers.add(name: "sec-websocket-accept", value: Self.accept(key))
    return channel.eventLoop.makeSucceededFuture(headers)
  }

  func upgrade(
    channel: any Channel, upgradeRequest: HTTPRequestHead
  ) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      try becomeSession(channel, upgradeRequest.headers)
    }
  }

  /// RFC 6455 §4.2.2, point 5.4.
  private static func accept(_ key: String) -> String {
    let magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return Data(Insecure.SHA1.hash(data: Data((key + magic).utf8))).base64EncodedString()
  }
}

/// Looks at the first request of an HTTP connection. One that asks for a WebSocket which it cannot have is
/// told why and the connection closed; everything else passes.
final class WebSocketDoor: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private static let keyBytes = 16
  private var isShut = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isShut else { return }
    if case .head(let head) = unwrapInboundIn(data), let refusal = Self.refusal(of: head) {
      isShut = true
      return refuse(context, refusal, head.version)
    }
    context.fireChannelRead(data)
  }

  private struct Refusal {
    var status: HTTPResponseStatus
    var words: String
  }

  private static func refusal(of head: HTTPRequestHead) -> Refusal? {
    let headers = head.headers
    let upgrades = headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    guard upgrades else { return nil }
    guard head.uri == WebSocketUpgrade.path else {
      return Refusal(status: .notFound, words: "the WebSocket is at \(WebSocketUpgrade.path)\n")
    }
    guard isOurOwn(origins: headers["origin"], hosts: headers["host"]) else {
      return Refusal(status: .forbidden, words: "another site's page may not connect here\n")
    }
    let keys = headers["sec-websocket-key"]
    guard head.method == .GET, headers["sec-websocket-version"] == [WebSocketUpgrade.version],
      keys.count == 1, Data(base64Encoded: keys[0])?.count == keyBytes
    else {
      return Refusal(
        status: .upgradeRequired,
        words: "this is a WebSocket (RFC 6455, version \(WebSocketUpgrade.version))\n")
    }
    return nil
  }

  /// A browser says which page opens the connection; only a page that came from here may, or any site
  /// that somebody visits could use their network to get at ours. Programs say nothing.
  private static func isOurOwn(origins: [String], hosts: [String]) -> Bool {
    guard let origin = origins.first else { return true }
    guard origins.count == 1, hosts.count == 1 else { return false }
    return origin.lowercased() == "https://" + hosts[0].lowercased()
  }

  private func refuse(
    _ context: ChannelHandlerContext, _ refusal: Refusal, _ version: HTTPVersion
  ) {
    var head = HTTPResponseHead(version: version, status: refusal.status)
    head.headers.add(name: "content-type", value: "text/plain")
    head.headers.add(name: "content-length", value: String(refusal.words.utf8.count))
    head.headers.add(name: "connection", value: "close")
    if refusal.status == .upgradeRequired {
      head.headers.add(name: "sec-websocket-version", value: WebSocketUpgrade.version)
    }
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(
      wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: refusal.words)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.close(promise: nil)
  }
}
