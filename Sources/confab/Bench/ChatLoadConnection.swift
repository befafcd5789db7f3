import ConfabWire
import Foundation
import NIOCore
import SwiftProtobuf

/// One client of the load: signs in with a token, then counts what it hears without decoding it whole,
/// since the load shares the machine with the server that it measures.
final class ChatLoadConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let plan: ChatLoadPlan
  private let token: [UInt8]
  private let tally: ChatLoadTally
  private var context: ChannelHandlerContext?
  /// The beginning of a frame whose rest has not come yet.
  private var partial: ByteBuffer?
  private var isReady = false
  /// When the messages that are not acknowledged yet were sent, in their order.
  private var outstanding: CircularBuffer<UInt64> = []
  private var sends: ChatLoadSends?
  /// Sends that are written together when the bytes at hand have been read.
  private var unsent = ByteBuffer()
  private var mayRefill = false

  init(_ plan: ChatLoadPlan, token: [UInt8], tally: ChatLoadTally) {
    self.plan = plan
    self.token = token
    self.tally = tally
  }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    write(.hello(.with { ($0.versionMin, $0.versionMax) = (1, 1) }), request: 1)
  }

  func channelInactive(context: ChannelHandlerContext) {
    if tally.lost == nil { tally.lost = "the server closed a connection" }
    self.context = nil
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if tally.lost == nil { tally.lost = "\(error)" }
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    if var begun = partial.take() {
      begun.writeBuffer(&bytes)
      bytes = begun
    }
    while let length = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self),
      bytes.readableBytes >= Int(length) + WireLimits.frameLengthBytes
    {
      bytes.moveReaderIndex(forwardBy: WireLimits.frameLengthBytes)
      guard let frame = bytes.readSlice(length: Int(length)) else { break }
      received(frame)
    }
    if bytes.readableBytes > 0 { partial = bytes }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flush()
    context.fireChannelReadComplete()
  }

  private func received(_ frame: ByteBuffer) {
    // A pushed frame has no reply_to, and so does not begin with its tag.
    let isReply = frame.getInteger(at: frame.readerIndex, as: UInt8.self) == 0x08
    if isReply {
      isReady ? acknowledged(frame) : opening(frame)
    } else if isReady {
      tally.deliveries += 1
      if tally.deliveries % ChatLoadPlan.samplingInterval == 0,
        let sentAt = SendTime.find(in: frame)
      {
        tally.delivered(sentAt: sentAt, now: SendTime.now)
      }
    }
  }

  /// Hello, sign-in and subscription, one after the other.
  private func opening(_ frame: ByteBuffer) {
    guard let decoded = try? WireServerFrame(serializedBytes: Array(frame.readableBytesView)) else {
      return
    }
    switch decoded.body {
    case .welcome: write(.signIn(.with { $0.token = .with { $0.token = Data(token) } }), request: 2)
    case .signedIn where plan.kind == .acknowledgements: becomeReady()
    case .signedIn: write(.subscribe(WireSubscribe()), request: 3)
    case .done: becomeReady()
    case .refusal(let refusal):
      tally.lost = "refused (\(refusal.code)): \(refusal.message)"
      context?.close(promise: nil)
    default: break
    }
  }

  private func becomeReady() {
    isReady = true
    tally.ready += 1
  }

  private func acknowledged(_ frame: ByteBuffer) {
    guard let sentAt = outstanding.popFirst() else { return }
    if Self.isRefusal(frame) {
      tally.refused += 1
      if tally.refusal == nil { tally.refusal = Self.words(of: frame) }
    } else {
      tally.acknowledged(sentAt: sentAt, now: SendTime.now)
    }
    if mayRefill { sendOne() }
  }

  /// Behind reply_to, a varint, stands the tag of the body: 3 is a refusal.
  private static func isRefusal(_ frame: ByteBuffer) -> Bool {
    var index = frame.readerIndex + 1
    while let byte = frame.getInteger(at: index, as: UInt8.self) {
      index += 1
      if byte < 0x80 { break }
    }
    return frame.getInteger(at: index, as: UInt8.self) == 3 << 3 | 2
  }

  private static func words(of frame: ByteBuffer) -> String? {
    guard let decoded = try? WireServerFrame(serializedBytes: Array(frame.readableBytesView)),
      case .refusal(let refusal) = decoded.body
    else { return nil }
    return "\(refusal.code): \(refusal.message)"
  }

  // MARK: Sending

  /// Keeps the window full until `stop`.
  func start(window: Int) {
    mayRefill = true
    for _ in 0..<window { sendOne() }
    flush()
  }

  func stop() { mayRefill = false }

  /// Goes out with the next `flush`.
  func sendOne() {
    guard context != nil else { return }
    let now = SendTime.now
    outstanding.append(now)
    tally.sent += 1
    if sends == nil { sends = ChatLoadSends(bytes: plan.bytes, seed: UInt64(tally.sent) ^ now) }
    sends?.append(to: &unsent, now: now)
  }

  func flush() {
    guard let context, unsent.readableBytes > 0 else { return }
    context.writeAndFlush(wrapOutboundOut(unsent), promise: nil)
    unsent = ByteBuffer()
  }

  private func write(_ body: WireClientFrame.OneOf_Body, request: UInt64) {
    guard let context else { return }
    let frame = WireClientFrame.with {
      $0.request = request
      $0.body = body
    }
    guard let bytes = try? FrameEncoder.encode(frame) else { return }
    context.writeAndFlush(
      wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
  }
}

extension Optional {
  /// The value, leaving nothing behind, so that a buffer stays the only owner of its bytes.
  fileprivate mutating func take() -> Wrapped? {
    defer { self = nil }
    return self
  }
}
