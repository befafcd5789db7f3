import ConfabDomain
import ConfabHub
import ConfabWire
import NIOCore

/// One connection of our protocol, native or a browser's: bytes to frames, frames to the hub, answers and events back.
///
/// It lives on its connection's event loop and has no task, no queue and no thread of its own. What
/// may be said when is decided by `ServerConnection`; this type only does it.
final class SessionHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = Never
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  static let challengeBytes = WireLimits.challengeBytes

  let id: ConnectionID
  /// What this connection hears; kept by the fan-out.
  private(set) var channels: [ChannelID] = []
  /// Something is written and not flushed yet; kept by the fan-out.
  var needsFlush = false

  private let services: SessionServices
  private let fanout: LoopFanout
  private let accepted: AcceptedConnection
  private var context: ChannelHandlerContext?
  private var connection: ServerConnection
  private var decoder: PeerBytes
  private var outbound = OutboundQueue()
  /// Answers that go out together with the next flush: one TLS record, however many they are.
  private var answers = ByteBuffer()
  /// Requests of this read, handed to the hub together.
  private var inputs: [Input] = []
  private var holds: ReadHolds = []
  private var wantsToRead = false
  /// Said goodbye: what comes now is taken off the socket and dropped.
  private var isClosing = false
  /// The time to sign in was over while a password was being checked.
  private var isOverdue = false

  /// Why nothing is read from the peer at the moment.
  private struct ReadHolds: OptionSet {
    let rawValue: UInt8
    /// Too many requests wait for their answers.
    static let requests = ReadHolds(rawValue: 1)
    /// The peer does not take its answers.
    static let unsent = ReadHolds(rawValue: 2)
    /// Deliveries to everybody come first.
    static let backlog = ReadHolds(rawValue: 4)
    /// The server stops.
    static let stopping = ReadHolds(rawValue: 8)
  }

  init(
    id: ConnectionID, accepted: AcceptedConnection, fanout: LoopFanout, services: SessionServices,
    challenge: [UInt8]
  ) {
    self.id = id
    self.accepted = accepted
    self.fanout = fanout
    self.services = services
    connection = ServerConnection(
      server: services.serverName, place: services.place, challenge: challenge,
      authority: accepted.peer.isOperator ? .operator : .network, encoding: id.encoding)
    decoder = PeerBytes(id.encoding)
  }

  // MARK: - Its life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    fanout.add(self)
    services.post([.connected(id, accepted.peer)])
    accepted.onDeadline = { [weak self] in self?.signInTimeIsUp() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    end()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The peer is gone or broke TLS: there is nobody to tell.
    context.close(promise: nil)
  }

  private func end() {
    guard context != nil else { return }
    context = nil
    fanout.remove(self)
    services.post([.disconnected(id)])
    services.forget(id)
  }

  private func signInTimeIsUp() {
    isOverdue = true
    do throws(ProtocolViolation) {
      try connection.signInTimeIsUp()
    } catch {
      services.metrics.timeouts.add()
      close(after: error.farewell)
    }
  }

  // MARK: - From the peer

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    decoder.append(unwrapInboundIn(data).readableBytesView)
    takeFrames()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    handOver()
    flushNow()
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    // While it closes, the peer's last bytes must be taken off the socket, or they reset it and our
    // last words are lost.
    guard connection.phase == .ready, !isClosing else {
      // Who waits for the answer to SignIn may have asked for more already: it stays where it is.
      if holds.contains(.requests), !isClosing { wantsToRead = true } else { context.read() }
      return
    }
    if services.backlog.isClosed, !holds.contains(.backlog), fanout.waitToRead(self) {
      holds.insert(.backlog)
    }
    if !context.channel.isWritable { holds.insert(.unsent) }
    guard holds.isEmpty else {
      wantsToRead = true
      return
    }
    context.read()
  }

  private func takeFrames() {
    do throws(ProtocolViolation) {
      while !isClosing, holds.isDisjoint(with: [.requests, .stopping]),
        let incoming = try decoder.next()
      {
        switch incoming {
        case .payload(let payload):
          for action in try connection.receive(payload, at: Clock.wall()) { perform(action) }
          decoder.setBytesMax(connection.frameBytesMax)
        case .ping(let bytes):
          // A stranger could have so many answered that they fill our memory.
          if connection.phase == .ready { write(bytes: WebSocketFrame.pong(bytes)) }
        case .close:
          handOver()
          close(after: nil)
        }
      }
    } catch {
      services.metrics.violations.add()
      handOver()
      close(after: error.farewell)
    }
  }

  private func handOver() {
    guard !inputs.isEmpty else { return }
    services.metrics.requests.add(inputs.count)
    services.post(inputs)
    inputs.removeAll(keepingCapacity: inputs.count <= WireLimits.outstandingRequestsMax)
  }

  private func perform(_ action: ServerConnection.Action) {
    switch action {
    case .send(let frame): write(frame)
    case .signIn(let request, let signIn): beginSignIn(signIn, request: request)
    case .request(let request, let body): take(body, request: request)
    case .pauseReading: holds.insert(.requests)
    case .resumeReading: resume(.requests)
    }
  }

  private func beginSignIn(_ signIn: WireSignIn, request: UInt64) {
    do throws(Rejection) {
      let translation = RequestTranslation(challenge: connection.challenge)
      inputs.append(.request(id, request: request, try translation.signIn(signIn)))
    } catch {
      for action in connection.signInRefused(request: request, error) { perform(action) }
    }
  }

  private func take(_ body: WireClientFrame.OneOf_Body, request: UInt64) {
    do throws(Rejection) {
      let translation = RequestTranslation(challenge: connection.challenge)
      inputs.append(.request(id, request: request, try translation.request(body)))
    } catch {
      write(.refusal(of: request, error))
      answered(request)
    }
  }

  // MARK: - Reading on

  /// Deliveries have drained.
  func backlogDrained() { resume(.backlog) }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      if outbound.becameWritable() == .tellLagging {
        write(.push(.lagging(WireLagging())))
        flushNow()
      }
      resume(.unsent)
    }
    context.fireChannelWritabilityChanged()
  }

  func stopReading() { holds.insert(.stopping) }

  private func resume(_ hold: ReadHolds) {
    guard holds.contains(hold) else { return }
    holds.remove(hold)
    guard let context else { return }
    if hold == .requests {
      decoder.setBytesMax(connection.frameBytesMax)
      takeFrames()
      handOver()
    }
    guard holds.isEmpty, wantsToRead else { return }
    wantsToRead = false
    // Asked again, because another reason may have come up meanwhile.
    read(context: context)
  }

  // MARK: - To the peer

  func reply(to request: UInt64, _ reply: Reply) {
    if case .signedIn(let view) = reply {
      accepted.signedIn()
      for action in connection.signedIn(request: request, reply: WireSignedIn(view)) {
        perform(action)
      }
    } else {
      write(.reply(to: request, services.replies.body(reply)))
      answered(request)
    }
  }

  func refuse(_ request: UInt64, _ rejection: Rejection) {
    if connection.phase == .signingIn {
      for action in connection.signInRefused(request: request, rejection) { perform(action) }
      if isOverdue { signInTimeIsUp() }
    } else {
      write(.refusal(of: request, rejection))
      answered(request)
    }
  }

  func answer(_ request: UInt64, frame: [UInt8]) {
    write(bytes: frame)
    answered(request)
  }

  func notify(_ frame: [UInt8]?) {
    guard let frame, mayPush(bytes: frame.count) else { return }
    write(bytes: frame)
  }

  /// Nil for what does not fit into a frame.
  func spell(_ notice: Notice) -> [UInt8]? {
    try? FrameEncoder.encode(.push(services.replies.body(notice)), as: id.encoding)
  }

  func sayGoodbye(_ rejection: Rejection) {
    close(after: .push(.goodbye(WireGoodbye(rejection))))
  }

  /// Events for this and many others.
  ///
  /// - Returns: whether they were written.
  func push(_ buffer: ByteBuffer) -> Bool {
    guard let context, mayPush(bytes: buffer.readableBytes) else { return false }
    needsFlush = false
    writeAnswers(context)
    context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    return true
  }

  func flush() {
    needsFlush = false
    guard let context else { return }
    writeAnswers(context)
    context.flush()
  }

  private func flushNow() {
    if needsFlush { flush() }
  }

  private func mayPush(bytes: Int) -> Bool {
    guard let context else { return false }
    switch outbound.push(bytes: bytes, isWritable: context.channel.isWritable) {
    case .write: return true
    case .drop(let justBecameLagging):
      if justBecameLagging { services.metrics.lagging.add() }
      return false
    }
  }

  private func answered(_ request: UInt64) {
    for action in connection.answered(request: request) { perform(action) }
  }

  private func write(_ frame: WireServerFrame) {
    do throws(Rejection) {
      write(bytes: try FrameEncoder.encode(frame, as: id.encoding))
    } catch {
      // The request deserves an answer, even if it is that there is none that fits.
      guard frame.replyTo != 0 else { return }
      write(.refusal(of: frame.replyTo, error))
    }
  }

  private func write(bytes: [UInt8]) {
    guard context != nil else { return }
    needsFlush = true
    answers.writeBytes(bytes)
  }

  private func writeAnswers(_ context: ChannelHandlerContext) {
    guard answers.readableBytes > 0 else { return }
    context.write(wrapOutboundOut(answers), promise: nil)
    answers = ByteBuffer()
  }

  private func close(after farewell: WireServerFrame?) {
    guard let context, !isClosing else { return }
    isClosing = true
    if let farewell { write(farewell) }
    if id.encoding == .web {
      write(bytes: WebSocketFrame.close(farewell?.rejectionCode))
    }
    flush()
    if wantsToRead { context.read() }
    accepted.closing()
    context.close(promise: nil)
  }

  // MARK: - Kept by the fan-out

  /// The peer fetches what it missed until now.
  func beginTelling() { outbound.subscribed() }

  /// - Returns: false when it was subscribed before.
  func subscribed(to channel: ChannelID) -> Bool {
    guard !channels.contains(channel) else { return false }
    if channels.isEmpty { services.metrics.subscribed.add() }
    channels.append(channel)
    return true
  }

  func unsubscribed(from channel: ChannelID) {
    channels.removeAll { $0 == channel }
  }
}

/// What all sessions share.
struct SessionServices: Sendable {
  let serverName: String
  let place: [UInt8]
  let replies: ReplyTranslation
  let backlog: FanoutBacklog
  let metrics: ServerMetrics
  let post: @Sendable ([Input]) -> Void
  let forget: @Sendable (ConnectionID) -> Void
}
