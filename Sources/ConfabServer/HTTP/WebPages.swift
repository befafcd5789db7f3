import ConfabNetwork
import Hummingbird
import Logging
import NIOCore

/// What the port answers to HTTP: the browser's client, whether it is well, and what it counts.
struct WebPages: Sendable {
  private let responder: RouterResponder<PageContext>

  /// - Parameter trouble: what is wrong with the journal; nil while nothing is.
  init(
    metrics: ServerMetrics, metricsToken: String?, trouble: @escaping @Sendable () -> String?
  ) {
    let router = Router(context: PageContext.self, options: .autoGenerateHeadEndpoints)
    router.get("/health") { _, _ in
      guard let trouble = trouble() else { return Self.text("ok\n") }
      return Self.text("\(trouble)\n", status: .serviceUnavailable)
    }
    router.get("/metrics") { request, context in
      guard context.mayReadMetrics(request, token: metricsToken) else {
        return Self.text(
          "metrics are for this machine only, or with a token\n", status: .forbidden)
      }
      return Self.text(metrics.rendered(), type: "text/plain; version=0.0.4")
    }
    router.get("\(WebSocketUpgrade.path)") { _, _ in
      Self.text(
        "this is a WebSocket, opened by the first request of a connection\n",
        status: .upgradeRequired)
    }
    let files = WebFiles().files
    for (path, file) in files {
      router.get("/\(path)") { request, _ in Self.page(file, for: request) }
    }
    if let index = files[WebFiles.index] {
      for path in ["/", "/room/:number", "/room/:number/meeting"] {
        router.get("\(path)") { request, _ in Self.page(index, for: request) }
      }
    }
    responder = router.buildResponder()
  }

  func respond(to request: Request, channel: any Channel, logger: Logger) async -> Response {
    let context = PageContext(source: .init(channel: channel, logger: logger))
    do {
      return try await responder.respond(to: request, context: context)
    } catch let error as any HTTPResponseError {
      return Self.text("\(error.status)\n", status: error.status)
    } catch {
      return Self.text("the server failed\n", status: .internalServerError)
    }
  }

  // MARK: - Answers

  private static func text(
    _ text: String, type: String = "text/plain", status: HTTPResponse.Status = .ok
  ) -> Response {
    var headers = headers(type: type)
    headers[.cacheControl] = "no-store"
    return Response(
      status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
  }

  /// A browser asks each time whether its copy is still right, so that nobody runs an old client.
  private static func page(_ file: WebFiles.File, for request: Request) -> Response {
    var headers = headers(type: file.type)
    headers[.cacheControl] = "no-cache"
    headers[.eTag] = file.tag
    if request.headers[.ifNoneMatch] == file.tag {
      return Response(status: .notModified, headers: headers)
    }
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: file.bytes))
  }

  private static func headers(type: String) -> HTTPFields {
    var headers = HTTPFields()
    headers[.contentType] = type
    headers[.contentSecurityPolicy] =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
      + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
      + "require-trusted-types-for 'script'; trusted-types 'none'"
    headers[.xContentTypeOptions] = "nosniff"
    for (name, value) in policies { headers[name] = value }
    return headers
  }

  private static let policies: [(HTTPFields.Element.Name, String)] = [
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)"),
  ].compactMap { name, value in HTTPFields.Element.Name(name).map { ($0, value) } }
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
    if isFromThisMachine, !Self.isForwarded(request) { return true }
    guard let token, let given = request.headers[.authorization] else { return false }
    let expected = Array("Bearer \(token)".utf8)
    let actual = Array(given.utf8)
    guard expected.count == actual.count else { return false }
    return zip(expected, actual).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// A proxy on this machine speaks for somebody elsewhere.
  private static func isForwarded(_ request: Request) -> Bool {
    let names = ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"]
    return names.compactMap { HTTPFields.Element.Name($0) }
      .contains { request.headers.contains($0) }
  }

  private static func isLoopback(_ address: [UInt8]) -> Bool {
    address.count == 4
      ? address[0] == 127 : address == [UInt8](repeating: 0, count: 15) + [1]
  }
}
