import NIOCore
import NIOPosix
import NIOSSL

/// Sends bytes that no good client would, and listens until the server closes.
enum RawClient {
  /// - Parameter alpn: speaks TLS and offers these protocols; nil sends in clear text.
  /// - Returns: everything that the server said.
  static func exchange(
    port: Int, alpn: [String]? = nil, sending bytes: [UInt8]
  ) async throws -> [UInt8] {
    let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
    let channel = try await connect(port: port, alpn: alpn, collector: continuation)
    if !bytes.isEmpty { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
    var received: [UInt8] = []
    for await chunk in stream { received += chunk }
    return received
  }

  /// - Parameter collector: is given what comes, and ends with the connection.
  static func connect(
    port: Int, alpn: [String]?, collector: AsyncStream<[UInt8]>.Continuation
  ) async throws -> any Channel {
    let context = try alpn.map { try tls($0) }
    return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            try channel.pipeline.syncOperations.addHandler(
              NIOSSLClientHandler(context: context, serverHostname: nil))
          }
          try channel.pipeline.syncOperations.addHandler(ByteCollector(collector))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
  }

  /// Sends in clear text and hangs up after the first bytes that come back.
  static func firstAnswer(port: Int, sending bytes: [UInt8]) async throws -> [UInt8] {
    let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ByteCollector(continuation))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    var answers = stream.makeAsyncIterator()
    let answer = await answers.next() ?? []
    try? await channel.close()
    return answer
  }

  private static func tls(_ protocols: [String]) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    configuration.applicationProtocols = protocols
    return try NIOSSLContext(configuration: configuration)
  }
}

private final class ByteCollector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let continuation: AsyncStream<[UInt8]>.Continuation

  init(_ continuation: AsyncStream<[UInt8]>.Continuation) {
    self.continuation = continuation
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    continuation.yield(Array(unwrapInboundIn(data).readableBytesView))
  }

  func channelInactive(context: ChannelHandlerContext) {
    continuation.finish()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

/// Connects and says nothing, for as long as it is kept.
enum SilentClient {
  static func connect(port: Int) async throws -> any Channel {
    try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port).get()
  }
}
