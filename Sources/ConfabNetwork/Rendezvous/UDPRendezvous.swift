package import ConfabTransfer
package import NIOCore
import NIOPosix

/// The UDP socket on the server's port: answers STUN binding requests, forwards for pairs of devices
/// that cannot reach each other, drops and counts all else.
package final class UDPRendezvous: Sendable {
  /// What happened since the last one, for whoever counts.
  package struct Tally: Sendable {
    /// Questions for one's own address.
    package var answered = 0
    /// The address asked too often.
    package var limited = 0
    /// Nothing that is understood here.
    package var dropped = 0
    /// The socket took no more.
    package var congested = 0
    package var relay = RelayCounters()
    package var pairingsChange = 0
  }

  private let channel: any Channel
  private let handler: NIOLoopBound<RendezvousHandler>

  private init(channel: any Channel, handler: NIOLoopBound<RendezvousHandler>) {
    self.channel = channel
    self.handler = handler
  }

  // One read takes many datagrams from the kernel, each into its slice of one buffer. Handling some
  // hundred of them before they are sent on together keeps both calls rare and nobody waiting.
  private static let datagramsPerRead = 32
  private static let readsPerTurn: UInt = 8
  private static let sliceBytes = RelayLimits.datagramBytesMax + 1
  /// A tenth of a second of a fast path. The kernel gives what `net.core.rmem_max` allows.
  private static let socketBufferBytes = 4_194_304
  private static let unsentMarks = ChannelOptions.Types.WriteBufferWaterMark(
    low: 262_144, high: 1_048_576)

  /// - Parameters:
  ///   - relay: nil forwards nothing.
  ///   - count: called on the socket's loop after a turn in which something happened.
  package static func bind(
    host: String, port: Int, group: any EventLoopGroup, relay: RelayLimits?,
    count: @escaping @Sendable (Tally) -> Void
  ) async throws -> UDPRendezvous {
    let loop = group.next()
    let channel = try await DatagramBootstrap(group: loop)
      .channelOption(.datagramVectorReadMessageCount, value: datagramsPerRead)
      .channelOption(
        .recvAllocator,
        value: FixedSizeRecvByteBufferAllocator(capacity: datagramsPerRead * sliceBytes)
      )
      .channelOption(.maxMessagesPerRead, value: readsPerTurn)
      .channelOption(.writeBufferWaterMark, value: unsentMarks)
      .channelOption(.socketOption(.so_rcvbuf), value: .init(socketBufferBytes))
      .channelOption(.socketOption(.so_sndbuf), value: .init(socketBufferBytes))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            RendezvousHandler(relay: relay, count: count))
        }
      }
      .bind(host: host, port: port)
      .get()
    let handler = try await loop.submit {
      try NIOLoopBound(
        channel.pipeline.syncOperations.handler(type: RendezvousHandler.self), eventLoop: loop)
    }.get()
    return UDPRendezvous(channel: channel, handler: handler)
  }

  package var port: Int { channel.localAddress?.port ?? 0 }

  /// Two devices may use the relay from now on, each with its token.
  package func openRelay(_ pairing: UInt64, tokens first: [UInt8], _ second: [UInt8]) {
    channel.eventLoop.execute { [handler] in
      handler.value.changeRelay { $0.open(pairing, tokens: first, second, at: .now()) }
    }
  }

  package func closeRelay(_ pairing: UInt64) {
    channel.eventLoop.execute { [handler] in handler.value.changeRelay { $0.close(pairing) } }
  }

  package func close() async throws {
    try await channel.close()
  }
}
