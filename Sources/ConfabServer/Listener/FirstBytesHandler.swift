import NIOCore
import STUN

/// Decides by the first bytes who calls: TLS and ICE over TCP go on, everything else is told in clear
/// text what this port speaks.
final class FirstBytesHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The first byte of a TLS record that begins a handshake (RFC 8446 §5.1).
  private static let tlsHandshake: UInt8 = 0x16
  /// ICE over TCP: a 2-byte length, then STUN with its cookie behind type and length (RFC 4571).
  private static let stunPrefixBytes = 10
  private static let stunCookieOffset = 6

  private let accepted: AcceptedConnection
  private let metrics: ServerMetrics
  /// Adds what a TLS connection needs behind this handler.
  private let startTLS: (ChannelHandlerContext) throws -> Void
  /// Adds what a connection with media needs; false when it cannot be taken.
  private let startMedia: (ChannelHandlerContext) throws -> Bool
  private var held = ByteBuffer()
  private var isRefused = false

  init(
    accepted: AcceptedConnection, metrics: ServerMetrics,
    startTLS: @escaping (ChannelHandlerContext) throws -> Void,
    startMedia: @escaping (ChannelHandlerContext) throws -> Bool
  ) {
    self.accepted = accepted
    self.metrics = metrics
    self.startTLS = startTLS
    self.startMedia = startMedia
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isRefused else { return }
    var bytes = unwrapInboundIn(data)
    held.writeBuffer(&bytes)
    guard let first = held.getInteger(at: held.readerIndex, as: UInt8.self) else { return }
    if first == Self.tlsHandshake {
      return goOn(context) {
        try self.startTLS(context)
        return true
      }
    }
    if first < 4, held.readableBytes < Self.stunPrefixBytes { return }
    let cookie = held.getInteger(
      at: held.readerIndex + Self.stunCookieOffset, as: UInt32.self)
    guard cookie == STUNMessage.magicCookie else { return refuse(context) }
    goOn(context) { try self.startMedia(context) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  /// - Parameter start: adds what comes behind this; false refuses.
  private func goOn(_ context: ChannelHandlerContext, _ start: () throws -> Bool) {
    do {
      guard try start() else { return refuse(context) }
    } catch {
      context.close(promise: nil)
      return
    }
    context.fireChannelRead(wrapInboundOut(held))
    held = ByteBuffer()
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  private func refuse(_ context: ChannelHandlerContext) {
    isRefused = true
    metrics.misdirected.add()
    let words =
      "confab: this port speaks TLS. Open it as https:// in a browser, or use the program confab: "
      + "confab join LINK\r\n"
    let answer = PlainRequest(held)?.answer(words) ?? words
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
    // Only our half is closed, and what still comes is read away: a reset would take the words with
    // it.
    context.close(mode: .output, promise: nil)
    accepted.closing()
  }
}
