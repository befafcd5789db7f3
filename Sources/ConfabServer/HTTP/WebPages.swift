import ConfabNetwork
import Hummingbird
import Logging
import NIOCore

/// What the port answers to HTTP: how to join, whether it is well, and what it counts.
struct WebPages: Sendable {
  private let responder: RouterResponder<PageContext>

  init(metrics: ServerMetrics, metricsToken: String?) {
    let router = Router(context: PageContext.self)
    router.get("/") { _, _ in Self.page(JoinPage.html, type: "text/html; charset=utf-8") }
    router.get("/join.js") { _, _ in Self.page(JoinPage.script, type: "text/javascript") }
    router.get("/join.css") { _, _ in Self.page(JoinPage.style, type: "text/css") }
    router.get("/health") { _, _ in Self.page("ok\n", type: "text/plain") }
    router.get("/metrics") { request, context in
      guard context.mayReadMetrics(request, token: metricsToken) else {
        return Self.page(
          "metrics are for this machine only, or with a token\n", type: "text/plain",
          status: .forbidden)
      }
      return Self.page(metrics.rendered(), type: "text/plain; version=0.0.4")
    }
    responder = router.buildResponder()
  }

  func respond(to request: Request, channel: any Channel, logger: Logger) async -> Response {
    let context = PageContext(source: .init(channel: channel, logger: logger))
    do {
      return try await responder.respond(to: request, context: context)
    } catch let error as any HTTPResponseError {
      return Self.page("\(error.status)\n", type: "text/plain", status: error.status)
    } catch {
      return Self.page("the server failed\n", type: "text/plain", status: .internalServerError)
    }
  }

  private static func page(
    _ text: String, type: String, status: HTTPResponse.Status = .ok
  ) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = type
    headers[.cacheControl] = "no-store"
    headers[.contentSecurityPolicy] =
      "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; "
      + "form-action 'none'; frame-ancestors 'none'"
    headers[.xContentTypeOptions] = "nosniff"
    return Response(
      status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
  }
}

/// A request with the address that it came from.
private struct PageContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  private let isFromThisMachine: Bool

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    let address = source.channel.remoteAddress.flatMap(IPAddressText.bytes)
    isFromThisMachine = address.map(Self.isLoopback) ?? false
  }

  func mayReadMetrics(_ request: Request, token: String?) -> Bool {
    if isFromThisMachine { return true }
    guard let token, let given = request.headers[.authorization] else { return false }
    let expected = Array("Bearer \(token)".utf8)
    let actual = Array(given.utf8)
    guard expected.count == actual.count else { return false }
    return zip(expected, actual).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func isLoopback(_ address: [UInt8]) -> Bool {
    address.count == 4
      ? address[0] == 127 : address == [UInt8](repeating: 0, count: 15) + [1]
  }
}
