package import NIOCore
import NIOPosix
import STUN

/// The UDP socket on the server's port: answers STUN binding requests, drops and counts all else.
package final class UDPRendezvous: Sendable {
  /// What happened to a datagram, for whoever counts.
  package enum Outcome: Sendable {
    case answered
    /// The address asked too often.
    case limited
    /// Nothing that is understood here.
    case dropped
  }

  private let channel: any Channel

  private init(channel: any Channel) {
    self.channel = channel
  }

  package static func bind(
    host: String, port: Int, group: any EventLoopGroup,
    count: @escaping @Sendable (Outcome) -> Void
  ) async throws -> UDPRendezvous {
    let channel = try await DatagramBootstrap(group: group)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(RendezvousHandler(count: count))
        }
      }
      .bind(host: host, port: port)
      .get()
    return UDPRendezvous(channel: channel)
  }

  package var port: Int { channel.localAddress?.port ?? 0 }

  package func close() async throws {
    try await channel.close()
  }
}

private final class RendezvousHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  private let count: @Sendable (UDPRendezvous.Outcome) -> Void
  private var quota = AddressQuota()
  private var answered = false

  init(count: @escaping @Sendable (UDPRendezvous.Outcome) -> Void) {
    self.count = count
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    // RFC 7983: a first byte of 0 to 3 is STUN.
    guard let first = envelope.data.getInteger(at: envelope.data.readerIndex, as: UInt8.self),
      first < 4, let address = IPAddressText.bytes(of: envelope.remoteAddress),
      let port = envelope.remoteAddress.port,
      let source = MappedAddress(address: address, port: UInt16(truncatingIfNeeded: port)),
      let answer = BindingResponder.answer(
        to: Array(envelope.data.readableBytesView), from: source)
    else { return count(.dropped) }
    guard quota.take(address: address, at: .now()) else { return count(.limited) }
    let buffer = context.channel.allocator.buffer(bytes: answer)
    context.write(
      wrapOutboundOut(AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: buffer)),
      promise: nil)
    answered = true
    count(.answered)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    guard answered else { return }
    answered = false
    context.flush()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // One peer's unreachable port shows up here; the socket serves everybody else.
    count(.dropped)
  }
}
