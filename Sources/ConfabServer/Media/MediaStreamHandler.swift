import ConfabMedia
import ConfabNetwork
import NIOCore
import STUN

/// A TCP connection that carries a participant's datagrams, each behind its length in two bytes
/// (RFC 4571), because his network lets no UDP through.
final class MediaStreamHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// No browser sends longer ones.
  private static let datagramBytesMax = 2_047

  private let port: UDPPort
  private let accepted: AcceptedConnection
  private var tuple: TransportTuple?
  private var held = ByteBuffer()
  private var isProved = false

  init(port: UDPPort, accepted: AcceptedConnection) {
    self.port = port
    self.accepted = accepted
  }

  func handlerAdded(context: ChannelHandlerContext) {
    guard let address = context.remoteAddress else { return context.close(promise: nil) }
    let channel = context.channel
    let me = NIOLoopBound(self, eventLoop: context.eventLoop)
    let hangUp: @Sendable () -> Void = { channel.close(promise: nil) }
    tuple = port.openStream(from: address, hangUp: hangUp) { bytes in
      // Media waits for nobody: what a slow connection does not take is lost, as with UDP.
      guard channel.isWritable else { return }
      var buffer = channel.allocator.buffer(capacity: 2 + bytes.count)
      buffer.writeInteger(UInt16(truncatingIfNeeded: bytes.count))
      buffer.writeBytes(bytes)
      let framed = buffer
      channel.eventLoop.execute { me.value.write(framed, to: channel) }
    }
    if tuple == nil { context.close(promise: nil) }
  }

  private func write(_ framed: ByteBuffer, to channel: any Channel) {
    if !isProved, proves(framed) {
      isProved = true
      accepted.signedIn()
    }
    channel.writeAndFlush(framed, promise: nil)
  }

  /// Whoever gets a check's success, with its code, has shown to know a meeting's secret.
  private func proves(_ framed: ByteBuffer) -> Bool {
    guard let answer = STUNMessage(Array(framed.readableBytesView.dropFirst(2))) else {
      return false
    }
    return answer.messageClass == .success
      && answer.value(of: AttributeType.messageIntegrity) != nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    held.writeBuffer(&bytes)
    var frames: [[UInt8]] = []
    while let length = held.getInteger(at: held.readerIndex, as: UInt16.self) {
      guard length <= Self.datagramBytesMax else { return context.close(promise: nil) }
      guard held.readableBytes >= 2 + Int(length) else { break }
      held.moveReaderIndex(forwardBy: 2)
      frames.append(held.readBytes(length: Int(length)) ?? [])
    }
    held.discardReadBytes()
    if let tuple, !frames.isEmpty { port.receive(frames, from: tuple) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if let tuple { port.closeStream(tuple) }
    tuple = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
