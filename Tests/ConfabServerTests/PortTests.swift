import ConfabNetwork
import ConfabServer
import Foundation
import NIOCore
import NIOPosix
import STUN
import Testing

extension ServerTests {
  @Suite struct PortTests {
    @Test func healthAndMetricsAndTheJoinPage() async throws {
      try await TestServer.with { server in
        #expect(try await get("/health", from: server).hasSuffix("\r\n\r\nok\n"))
        let metrics = try await get("/metrics", from: server)
        #expect(metrics.contains("# TYPE confab_connections gauge\nconfab_connections 1\n"))
        let page = try await get("/", from: server)
        #expect(page.contains("Content-Security-Policy: default-src 'none'"))
        #expect(page.contains("confab join"))
        #expect(try await get("/nothing", from: server).hasPrefix("HTTP/1.1 404"))
        #expect(try await get("/../../etc/passwd", from: server).hasPrefix("HTTP/1.1 404"))
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

    private func get(_ path: String, from server: TestServer) async throws -> String {
      let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
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
