import ConfabClient
import ConfabDomain
import ConfabWire
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Speaks the protocol on a socket as a script says.
final class FakeServer: Sendable {
  enum Answer {
    case reply(WireServerFrame.OneOf_Body)
    case push(WireServerFrame.OneOf_Body)
    case refuse(Rejection)
    case close
  }

  /// - Parameter connection: 1 for the first, 2 for the second…
  typealias Script = @Sendable (_ connection: Int, WireClientFrame.OneOf_Body) -> [Answer]

  private struct Log {
    var connections = 0
    var requests: [(connection: Int, body: WireClientFrame.OneOf_Body)] = []
  }

  private let folder: String
  private let log = Mutex(Log())
  private let script: Script
  private let listener: Mutex<(any NIOCore.Channel)?> = Mutex(nil)

  var dialer: Dialer {
    Dialer(
      to: .operatorSocket(path: folder + "/s"), credentials: nil, device: nil, client: "test")
  }

  init(_ script: @escaping Script) async throws {
    self.script = script
    // Short: the path of a socket has 107 bytes at most.
    folder = NSTemporaryDirectory() + "cf-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let number = self.log.withLock { log in
            log.connections += 1
            return log.connections
          }
          try channel.pipeline.syncOperations.addHandler(Session(self, number))
        }
      }.bind(unixDomainSocketPath: folder + "/s").get()
    listener.withLock { $0 = channel }
  }

  func stop() async throws {
    try await listener.withLock { $0.take() }?.close()
    try FileManager.default.removeItem(atPath: folder)
  }

  var requests: [(connection: Int, body: WireClientFrame.OneOf_Body)] {
    log.withLock { $0.requests }
  }

  var sends: [(connection: Int, send: WireSend)] {
    requests.compactMap { request in
      guard case .send(let send) = request.body else { return nil }
      return (request.connection, send)
    }
  }

  private final class Session: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: FakeServer
    private let number: Int
    private var decoder = FrameDecoder()

    init(_ server: FakeServer, _ number: Int) {
      self.server = server
      self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      decoder.append(unwrapInboundIn(data).readableBytesView)
      do {
        while let payload = try decoder.next() {
          let frame = try WireClientFrame.decode(payload)
          guard let body = frame.body else { continue }
          for answer in answers(to: body) { try perform(answer, to: frame.request, context) }
        }
      } catch {
        context.close(promise: nil)
      }
    }

    private func answers(to body: WireClientFrame.OneOf_Body) -> [Answer] {
      if case .hello = body { return [.reply(.welcome(Self.welcome))] }
      if case .ping = body { return [.reply(.done(WireDone()))] }
      server.log.withLock { $0.requests.append((number, body)) }
      return server.script(number, body)
    }

    private func perform(
      _ answer: Answer, to request: UInt64, _ context: ChannelHandlerContext
    ) throws {
      let frame: WireServerFrame
      switch answer {
      case .reply(let body): frame = .reply(to: request, body)
      case .push(let body): frame = .push(body)
      case .refuse(let rejection): frame = .refusal(of: request, rejection)
      case .close: return context.close(promise: nil)
      }
      let bytes = try FrameEncoder.encode(frame)
      context.writeAndFlush(
        wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    private static var welcome: WireWelcome {
      var welcome = WireWelcome()
      welcome.version = 1
      welcome.server = "fake"
      welcome.place.append(contentsOf: [UInt8](repeating: 7, count: 16))
      welcome.challenge.append(contentsOf: [UInt8](repeating: 8, count: 32))
      return welcome
    }
  }
}

/// Numbers messages as a server does: the same id gets the same sequence.
final class FakeChannel: Sendable {
  private let sequences = Mutex<[[UInt8]: UInt64]>([:])

  func sent(_ send: WireSend) -> FakeServer.Answer {
    var sent = WireSent()
    sent.label = send.channel.name
    sent.sequence = sequences.withLock { sequences in
      let id = Array(send.id)
      let sequence = sequences[id] ?? UInt64(sequences.count) + 1
      sequences[id] = sequence
      return sequence
    }
    return .reply(.sent(sent))
  }

  var count: Int { sequences.withLock { $0.count } }
}
