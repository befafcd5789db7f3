import ConfabDomain
import ConfabWire
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import SwiftProtobuf

/// Speaks the protocol by hand, one request after another.
final class TestClient {
  private let channel: any NIOCore.Channel
  private var frames: AsyncStream<WireServerFrame>.Iterator
  private var nextRequest: UInt64 = 1
  private(set) var pushes: [WireServerFrame.OneOf_Body] = []
  private(set) var welcome = WireWelcome()

  struct Ended: Error {}

  private init(channel: any NIOCore.Channel, frames: AsyncStream<WireServerFrame>) {
    self.channel = channel
    self.frames = frames.makeAsyncIterator()
  }

  static func connect(port: Int) async throws -> TestClient {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    configuration.applicationProtocols = ["confab/1"]
    let context = try NIOSSLContext(configuration: configuration)
    let (stream, continuation) = AsyncStream<WireServerFrame>.makeStream()
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers([
            try NIOSSLClientHandler(context: context, serverHostname: nil),
            FrameCollector(continuation),
          ])
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    return try await greeted(TestClient(channel: channel, frames: stream))
  }

  static func connect(adminSocket: String) async throws -> TestClient {
    let (stream, continuation) = AsyncStream<WireServerFrame>.makeStream()
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(FrameCollector(continuation))
        }
      }
      .connect(unixDomainSocketPath: adminSocket).get()
    return try await greeted(TestClient(channel: channel, frames: stream))
  }

  private static func greeted(_ client: TestClient) async throws -> TestClient {
    let hello = WireHello(versions: WireVersion.supported, client: "test")
    guard case .welcome(let welcome) = try await client.request(.hello(hello)) else {
      throw Ended()
    }
    client.welcome = welcome
    return client
  }

  /// The answer, be it a refusal.
  @discardableResult
  func request(_ body: WireClientFrame.OneOf_Body) async throws -> WireServerFrame.OneOf_Body {
    let request = try await send(body)
    return try await reply(to: request)
  }

  @discardableResult
  func send(_ body: WireClientFrame.OneOf_Body) async throws -> UInt64 {
    defer { nextRequest += 1 }
    let bytes = try FrameEncoder.encode(.request(nextRequest, body))
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    return nextRequest
  }

  func reply(to request: UInt64) async throws -> WireServerFrame.OneOf_Body {
    while let frame = await frames.next() {
      guard let body = frame.body else { continue }
      if frame.replyTo == request { return body }
      pushes.append(body)
    }
    throw Ended()
  }

  /// The next thing that the server says of its own accord.
  func push() async throws -> WireServerFrame.OneOf_Body {
    if !pushes.isEmpty { return pushes.removeFirst() }
    guard let body = await frames.next()?.body else { throw Ended() }
    return body
  }

  func sendRaw(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
  }

  /// Takes nothing off the socket until `resume`.
  func pause() async throws { try await channel.setOption(.autoRead, value: false).get() }
  func resume() async throws { try await channel.setOption(.autoRead, value: true).get() }

  func close() async throws {
    try await channel.close()
  }
}

// What tests ask for again and again.
extension TestClient {
  static let password = "correct horse"

  func join(
    _ invitation: [UInt8]?, name: String, password: String = TestClient.password
  ) async throws -> WireServerFrame.OneOf_Body {
    try await request(
      .signIn(
        .with {
          $0.invitation.secret = Data(invitation ?? [])
          $0.invitation.name = name
          $0.invitation.password = password
        }))
  }

  func signIn(
    name: String, password: String = TestClient.password
  ) async throws -> WireServerFrame.OneOf_Body {
    try await request(
      .signIn(
        .with {
          $0.password.name = name
          $0.password.password = password
        }))
  }

  func subscribe(presence: Bool = false) async throws {
    _ = try await request(.subscribe(.with { $0.presence = presence }))
  }

  func broadcast(_ text: String) async throws -> WireServerFrame.OneOf_Body {
    try await request(.send(Self.message(text)))
  }

  static func message(_ text: String, in channel: String = "#lobby") -> WireSend {
    var random = SystemRandomNumberGenerator()
    return .with {
      $0.channel.name = channel
      $0.id = Data(MessageID(using: &random).bytes)
      $0.text = text
    }
  }
}

extension WireServerFrame.OneOf_Body {
  var refusalCode: UInt32? {
    switch self {
    case .refusal(let refusal): refusal.code
    case .goodbye(let goodbye): goodbye.reason.code
    default: nil
    }
  }

  var postedText: String? {
    guard case .event(let event) = self, case .posted(let message)? = event.body else { return nil }
    return message.text
  }
}

/// Cuts what comes into frames.
private final class FrameCollector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let continuation: AsyncStream<WireServerFrame>.Continuation
  private var decoder = FrameDecoder()

  init(_ continuation: AsyncStream<WireServerFrame>.Continuation) {
    self.continuation = continuation
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    decoder.append(unwrapInboundIn(data).readableBytesView)
    do {
      while let payload = try decoder.next() {
        continuation.yield(try WireServerFrame.decode(payload))
      }
    } catch {
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    continuation.finish()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
