package import NIOCore
import NIOPosix
import STUN

/// Asks a server's UDP socket which address it sees us at.
package enum RendezvousQuery {
  package enum Answer: Hashable, Sendable {
    /// The address as the server sees it, and how long the answer took.
    case seen(HostPort, after: TimeAmount)
    /// The machine says that nobody listens there.
    case refused
    /// Nothing came back: something on the way drops UDP, or nobody is there.
    case silent
  }

  /// Datagrams get lost without anybody's fault, so it is asked several times.
  private static let attempts = 4
  private static let interval = TimeAmount.milliseconds(500)

  package static func ask(
    _ server: SocketAddress, on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
  ) async throws -> Answer {
    let loop = group.next()
    let answer = loop.makePromise(of: Answer.self)
    var random = SystemRandomNumberGenerator()
    let transaction = (0..<STUNMessage.transactionBytes).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    do {
      let channel = try await DatagramBootstrap(group: loop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
              QueryHandler(transaction: transaction, answer: answer))
          }
        }
        // Connected, so that the system tells us when nobody listens.
        .connect(to: server).get()
      defer { channel.close(promise: nil) }
      let request = STUNMessage(.request, transaction: transaction).encoded(fingerprint: true)
      for attempt in 0..<attempts {
        loop.scheduleTask(in: interval * attempt) {
          channel.writeAndFlush(channel.allocator.buffer(bytes: request), promise: nil)
        }
      }
      let end = loop.scheduleTask(in: interval * attempts) { answer.succeed(.silent) }
      defer { end.cancel() }
      return try await answer.futureResult.get()
    } catch {
      answer.fail(error)
      throw error
    }
  }
}

private final class QueryHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  private let transaction: [UInt8]
  private let answer: EventLoopPromise<RendezvousQuery.Answer>
  private let began = NIODeadline.now()

  init(transaction: [UInt8], answer: EventLoopPromise<RendezvousQuery.Answer>) {
    self.transaction = transaction
    self.answer = answer
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let datagram = Array(unwrapInboundIn(data).data.readableBytesView)
    // Only who saw the request knows its number.
    guard let message = STUNMessage(datagram), message.messageClass == .success,
      message.transaction == transaction,
      let value = message.value(of: AttributeType.xorMappedAddress),
      let seen = MappedAddress(xored: value, transaction: transaction),
      let host = IPAddressText.text(of: seen.address)
    else { return }
    answer.succeed(
      .seen(HostPort(host: host, port: Int(seen.port)), after: NIODeadline.now() - began))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The one error that a connected socket gets from the network is that nobody listens.
    answer.succeed(.refused)
  }
}
