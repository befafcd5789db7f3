package import ConfabNetwork
import NIOCore
import NIOPosix
import NIOSSL

/// Asks a server for `/health` as a browser would: over HTTPS on the same port.
package enum HealthProbe {
  private static let statusLineBytesMax = 8_192

  /// - Returns: the first line of the answer, as `HTTP/1.1 200 OK`.
  package static func ask(_ address: HostPort, pin: CertificatePin?) async throws -> String {
    let destination = Destination.network(address, pin: pin)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let answer = loop.makePromise(of: String.self)
    do {
      let tls = try TLSHandlers(destination, applicationProtocol: "http/1.1")
      let channel = try await ClientBootstrap(group: loop)
        .connectTimeout(ConnectionLimits.connectMax)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try tls?.add(to: channel)
            try channel.pipeline.syncOperations.addHandler(
              StatusLineHandler(answer: answer, bytesMax: statusLineBytesMax))
          }
        }
        .connect(host: address.host, port: address.port).get()
      let timeout = loop.scheduleTask(in: ConnectionLimits.openingMax) {
        answer.fail(ConnectionError.unreachable("\(address) does not answer to HTTPS."))
      }
      defer {
        timeout.cancel()
        channel.close(promise: nil)
      }
      let request =
        "GET /health HTTP/1.1\r\nHost: \(address)\r\nUser-Agent: confab\r\nConnection: close\r\n\r\n"
      try await channel.writeAndFlush(channel.allocator.buffer(string: request))
      return try await answer.futureResult.get()
    } catch {
      answer.fail(error)
      throw Connection.explained(error, destination)
    }
  }

  private final class StatusLineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let answer: EventLoopPromise<String>
    private let bytesMax: Int
    private var line: [UInt8] = []

    init(answer: EventLoopPromise<String>, bytesMax: Int) {
      self.answer = answer
      self.bytesMax = bytesMax
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      line += unwrapInboundIn(data).readableBytesView
      if let end = line.firstIndex(where: { $0 == 13 || $0 == 10 }) {
        answer.succeed(String(decoding: line[..<end], as: UTF8.self))
      } else if line.count > bytesMax {
        answer.fail(ConnectionError.unreachable("What answers does not speak HTTP."))
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      answer.fail(error)
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      answer.fail(ConnectionError.unreachable("It closed the connection without an answer."))
    }
  }
}
