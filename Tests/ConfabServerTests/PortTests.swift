import ConfabNetwork
import ConfabServer
import Foundation
import NIOCore
import NIOPosix
import STUN
import Testing

extension ServerTests {
  @Suite struct PortTests {
    @Test func healthAndMetricsAndTheClient() async throws {
      try await TestServer.with { server in
        #expect(try await get("/health", from: server).hasSuffix("\r\n\r\nok\n"))
        let metrics = try await get("/metrics", from: server)
        #expect(metrics.contains("# TYPE confab_connections gauge\nconfab_connections 1\n"))
        for header in ["X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1", "Via: 1.1 proxy"] {
          let answer = try await get("/metrics", from: server, header: header + "\r\n")
          #expect(answer.hasPrefix("HTTP/1.1 403"), "\(header)")
        }
        for path in ["/", "/room/3", "/room/3/meeting"] {
          let page = try await get(path, from: server)
          #expect(page.contains("Content-Security-Policy: default-src 'none'"))
          #expect(page.contains("<!doctype html>"))
        }
        #expect(try await get("/nothing", from: server).hasPrefix("HTTP/1.1 404"))
        #expect(try await get("/../../etc/passwd", from: server).hasPrefix("HTTP/1.1 404"))
      }
    }

    /// What is served is what stands in Web/: a file that was forgotten, or an old copy, shows here.
    @Test func theProgramHoldsTheFilesOfTheBrowsersClient() throws {
      let files = WebFiles().files
      let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Web")
      let paths = try #require(
        FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey]))
      var found: Set<String> = []
      for case let url as URL in paths {
        guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
          continue
        }
        let path = String(url.path.dropFirst(folder.path.count + 1))
        // Only Node reads it, in tests.
        if path == "package.json" { continue }
        found.insert(path)
        let file = try #require(files[path], "Sources/CWebFiles does not name \(path)")
        #expect(try Array(file.bytes.readableBytesView) == Array(Data(contentsOf: url)), "\(path)")
      }
      #expect(found == Set(files.keys))
    }

    @Test func aPageIsSentOnceAndThenOnlyConfirmed() async throws {
      try await TestServer.with { server in
        let first = try await get("/app.js", from: server)
        #expect(first.hasPrefix("HTTP/1.1 200"))
        let tag = try #require(first.firstMatch(of: /ETag: ("[0-9a-f]+")/)?.1)
        let again = try await get("/app.js", from: server, header: "If-None-Match: \(tag)\r\n")
        #expect(again.hasPrefix("HTTP/1.1 304"))
        #expect(again.hasSuffix("\r\n\r\n"))
        let head = try await get("/app.js", from: server, method: "HEAD")
        #expect(head.hasPrefix("HTTP/1.1 200") && head.hasSuffix("\r\n\r\n"))
      }
    }

    @Test func udpTellsAClientItsAddress() async throws {
      try await TestServer.with { server in
        let transaction = Array("twelve bytes".utf8)
        let request = STUNMessage(.request, transaction: transaction).encoded(fingerprint: true)
        // Noise first: it must be dropped without harm.
        let (answer, port) = try await Datagram.ask(
          port: server.port, [[], [1, 2, 3], [UInt8](repeating: 0xC8, count: 1_400), request])
        let message = try #require(STUNMessage(answer))
        #expect(message.messageClass == .success)
        #expect(message.transaction == transaction)
        let value = try #require(message.value(of: AttributeType.xorMappedAddress))
        let mapped = MappedAddress(xored: value, transaction: transaction)
        #expect(mapped == MappedAddress(address: [127, 0, 0, 1], port: UInt16(port)))
      }
    }

    @Test func unixSocketIsPrivate() async throws {
      try await TestServer.with { server in
        for path in [server.running.addresses.adminSocket, server.folder + "/tls/key.pem"] {
          let attributes = try FileManager.default.attributesOfItem(atPath: path)
          #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
        let folder = try FileManager.default.attributesOfItem(atPath: server.folder)
        #expect((folder[.posixPermissions] as? NSNumber)?.intValue == 0o700)
      }
    }

    private func get(
      _ path: String, from server: TestServer, header: String = "", method: String = "GET"
    ) async throws -> String {
      let request =
        "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(header)\r\n"
      let answer = try await RawClient.exchange(
        port: server.port, alpn: ["http/1.1"], sending: Array(request.utf8))
      return String(decoding: answer, as: UTF8.self)
    }
  }
}

private enum Datagram {
  /// - Returns: the first answer, and the port that it came to.
  static func ask(port: Int, _ datagrams: [[UInt8]]) async throws -> ([UInt8], Int) {
    let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
    let channel = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Collector(continuation))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let server = try SocketAddress(ipAddress: "127.0.0.1", port: port)
    for datagram in datagrams {
      try await channel.writeAndFlush(
        AddressedEnvelope(remoteAddress: server, data: ByteBuffer(bytes: datagram)))
    }
    var answers = stream.makeAsyncIterator()
    let answer = await answers.next() ?? []
    let port = channel.localAddress?.port ?? 0
    try await channel.close()
    return (answer, port)
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let continuation: AsyncStream<[UInt8]>.Continuation

    init(_ continuation: AsyncStream<[UInt8]>.Continuation) {
      self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      continuation.yield(Array(unwrapInboundIn(data).data.readableBytesView))
    }
  }
}
