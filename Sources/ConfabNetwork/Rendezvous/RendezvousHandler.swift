import ConfabTransfer
import NIOCore
import Primitives
import STUN

/// Tells by the first byte of each datagram for whom it is (RFC 7983), and does what it asks for.
final class RendezvousHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  private static let stunFirstBytes: ClosedRange<UInt8> = 0...3
  private static let expiryInterval = TimeAmount.seconds(5)

  private let limits: RelayLimits?
  private let count: @Sendable (UDPRendezvous.Tally) -> Void
  /// Nil forwards nothing.
  private var relay: RelayForwarder?
  private var quota = AddressQuota()
  private var tally = UDPRendezvous.Tally()
  private var mustFlush = false
  /// One look at the clock serves all datagrams of a turn.
  private var turnTime: NIODeadline?
  private var expiry: RepeatedTask?
  /// Pairings that were counted already.
  private var pairings = 0

  init(relay limits: RelayLimits?, count: @escaping @Sendable (UDPRendezvous.Tally) -> Void) {
    self.limits = limits
    self.count = count
  }

  func handlerAdded(context: ChannelHandlerContext) {
    guard let limits else { return }
    relay = RelayForwarder(limits: limits, at: .now())
    let me = NIOLoopBound(self, eventLoop: context.eventLoop)
    expiry = context.eventLoop.scheduleRepeatedTask(
      initialDelay: Self.expiryInterval, delay: Self.expiryInterval
    ) { _ in me.value.changeRelay { $0.expire(at: .now()) } }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    expiry?.cancel()
  }

  // MARK: - Datagrams

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    let now = turnTime ?? .now()
    turnTime = now
    switch envelope.data.getInteger(at: envelope.data.readerIndex, as: UInt8.self) {
    case .some(let first) where RelayDatagram.forwardedFirstBytes.contains(first):
      forward(envelope, first, at: now, context)
    case .some(let first) where RelayDatagram.firstBytes.contains(first):
      let outcome = relay?.control(envelope, at: now)
      answer(outcome, to: envelope.remoteAddress, at: now, context)
    case .some(let first) where Self.stunFirstBytes.contains(first):
      let answer = Self.stunAnswer(to: envelope).map { [$0] }
      if self.answer(answer, to: envelope.remoteAddress, at: now, context) { tally.answered += 1 }
    default: tally.dropped += 1
    }
  }

  private func forward(
    _ envelope: AddressedEnvelope<ByteBuffer>, _ first: UInt8, at now: NIODeadline,
    _ context: ChannelHandlerContext
  ) {
    if relay == nil { tally.dropped += 1 }
    guard let outgoing = relay?.forward(envelope, first, at: now) else { return }
    write(outgoing, context)
  }

  /// - Returns: whether there was an answer and the address may have it.
  @discardableResult
  private func answer(
    _ answers: [AddressedEnvelope<ByteBuffer>]?, to address: SocketAddress, at now: NIODeadline,
    _ context: ChannelHandlerContext
  ) -> Bool {
    guard let answers, let source = IPAddressText.bytes(of: address) else {
      tally.dropped += 1
      return false
    }
    guard quota.take(address: source, at: now) else {
      tally.limited += 1
      return false
    }
    for answer in answers { write(answer, context) }
    return true
  }

  private static func stunAnswer(
    to envelope: AddressedEnvelope<ByteBuffer>
  ) -> AddressedEnvelope<ByteBuffer>? {
    guard let address = IPAddressText.bytes(of: envelope.remoteAddress),
      let port = envelope.remoteAddress.port,
      let source = MappedAddress(address: address, port: UInt16(truncatingIfNeeded: port)),
      let answer = BindingResponder.answer(
        to: Array(envelope.data.readableBytesView), from: source)
    else { return nil }
    return AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: answer))
  }

  private func write(_ envelope: AddressedEnvelope<ByteBuffer>, _ context: ChannelHandlerContext) {
    // As a router with a full queue would; whoever sends files knows what to make of it.
    guard context.channel.isWritable else {
      tally.congested += 1
      return
    }
    context.write(wrapOutboundOut(envelope), promise: nil)
    mustFlush = true
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    turnTime = nil
    if mustFlush { context.flush() }
    mustFlush = false
    report()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // One peer's unreachable port shows up here; the socket serves everybody else.
    tally.dropped += 1
  }

  private func report() {
    if let relay = relay?.takeCounters() { tally.relay = relay }
    count(tally)
    tally = UDPRendezvous.Tally()
  }

  // MARK: - The relay

  /// Does something with the relay, if there is one, and counts its pairings again.
  func changeRelay(_ body: (inout RelayForwarder) -> Void) {
    guard var changed = relay.take() else { return }
    body(&changed)
    tally.pairingsChange += changed.count - pairings
    pairings = changed.count
    relay = changed
    report()
  }
}
