import ConfabDomain
import ConfabWire
import NIOCore
import NIOSSL
import NIOTLS

/// Performs on one channel what `ClientConnection` decides. Everything happens on its event loop.
final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  typealias Answer = EventLoopPromise<WireServerFrame.OneOf_Body>

  private let device: DeviceIdentity?
  private let isEncrypted: Bool
  private let opened: EventLoopPromise<Opening>
  private let pushes: PushQueue
  private var machine: ClientConnection
  private var decoder = FrameDecoder()
  private var answers: [UInt64: Answer] = [:]
  /// Asked before SignIn was sent; they follow right behind it.
  private var early: [(body: WireClientFrame.OneOf_Body, answer: Answer)] = []
  private var welcome = WireWelcome()
  private var failure: (any Error)?
  private var context: ChannelHandlerContext?
  private var mustFlush = false
  private var isReading = false
  private var keepalive: RepeatedTask?
  private var lastHeard = NIODeadline.now()

  /// A ping after so long without hearing anything.
  private static let quietBeforePing = TimeAmount.seconds(10)
  /// The connection counts as lost after so long without hearing anything.
  private static let quietMax = TimeAmount.seconds(25)
  private static let keepaliveInterval = TimeAmount.seconds(5)

  init(
    credentials: Credentials?, device: DeviceIdentity?, isEncrypted: Bool, client: String,
    opened: EventLoopPromise<Opening>, pushes: PushQueue
  ) {
    machine = ClientConnection(client: client, credentials: credentials)
    self.device = device
    self.isEncrypted = isEncrypted
    self.opened = opened
    self.pushes = pushes
  }

  /// What is known once requests may be sent.
  struct Opening: Sendable {
    var welcome: WireWelcome
    var signedIn: WireSignedIn?
  }

  /// The server has greeted, so it is one of Confab.
  var isWelcome: Bool { welcome.version > 0 }

  // MARK: Requests

  func request(_ body: WireClientFrame.OneOf_Body, answer: Answer) {
    do {
      guard let context, failure == nil else {
        throw failure ?? ConnectionError.lost("The connection is closed.")
      }
      guard machine.takesRequests || early.count >= ConnectionLimits.earlyRequestsMax else {
        early.append((body, answer))
        return
      }
      let (number, frame) = try machine.request(body)
      answers[number] = answer
      write(frame, context)
      if !isReading { flush(context) }
    } catch {
      answer.fail(error)
    }
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive, !isEncrypted { begin(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    if !isEncrypted { begin(context) }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted(let negotiated) = event as? TLSUserEvent {
      if negotiated == ConnectionLimits.applicationProtocol {
        begin(context)
      } else {
        fail(ConnectionError.unreachable("What answers there does not speak Confab."), context)
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    lastHeard = .now()
    isReading = true
    decoder.append(unwrapInboundIn(data).readableBytesView)
    do {
      while let payload = try decoder.next() {
        perform(try machine.receive(payload), context)
      }
    } catch {
      fail(ConnectionError.unreachable(error.message), context)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    pushes.deliver()
    flush(context)
    context.fireChannelReadComplete()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Many programs close without a farewell; whether that matters is decided in channelInactive.
    if case NIOSSLError.uncleanShutdown = error { return }
    fail(error, context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(with: failure ?? ConnectionError.lost("The connection to the server was lost."))
    context.fireChannelInactive()
  }

  // MARK: Performing

  private func begin(_ context: ChannelHandlerContext) {
    isReading = true
    perform(machine.connected(), context)
    isReading = false
    flush(context)
  }

  private func perform(_ actions: [ClientConnection.Action], _ context: ChannelHandlerContext) {
    for action in actions {
      switch action {
      case .send(let frame): write(frame, context)
      case .welcomed(let welcome):
        self.welcome = welcome
        if machine.phase == .ready { open(nil, context) }
      case .sign(let challenge): sign(challenge, context)
      case .signedIn(let signedIn): open(signedIn, context)
      case .signInRefused(let rejection): fail(rejection, context)
      case .reply(let number, let body): answers.removeValue(forKey: number)?.succeed(body)
      case .refused(let number, let rejection):
        answers.removeValue(forKey: number)?.fail(rejection)
      case .push(let body): pushes.add(body)
      case .closed(let rejection): fail(ConnectionError.ended(rejection), context)
      }
    }
    guard !early.isEmpty, machine.takesRequests else { return }
    let requests = early
    early = []
    for (body, answer) in requests { request(body, answer: answer) }
  }

  private func sign(_ challenge: [UInt8], _ context: ChannelHandlerContext) {
    do {
      guard let device else { throw ConnectionError.lost("This device has no keys.") }
      perform(machine.signed(try device.proof(challenge: challenge)), context)
    } catch {
      fail(error, context)
    }
  }

  private func open(_ signedIn: WireSignedIn?, _ context: ChannelHandlerContext) {
    opened.succeed(Opening(welcome: welcome, signedIn: signedIn))
    let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    keepalive = context.eventLoop.scheduleRepeatedTask(
      initialDelay: Self.keepaliveInterval, delay: Self.keepaliveInterval
    ) { _ in
      let (handler, context) = loopBound.value
      handler.keepAlive(context)
    }
  }

  private func keepAlive(_ context: ChannelHandlerContext) {
    let quiet = NIODeadline.now() - lastHeard
    if quiet > Self.quietMax {
      fail(ConnectionError.lost("The server has not answered for a while."), context)
    } else if quiet > Self.quietBeforePing {
      request(.ping(WirePing()), answer: context.eventLoop.makePromise())
    }
  }

  private func write(_ frame: WireClientFrame, _ context: ChannelHandlerContext) {
    do {
      let bytes = try FrameEncoder.encode(frame)
      context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
      mustFlush = true
    } catch {
      if let answer = answers.removeValue(forKey: frame.request) {
        answer.fail(error)
      } else {
        fail(error, context)
      }
    }
  }

  private func flush(_ context: ChannelHandlerContext) {
    guard mustFlush else { return }
    mustFlush = false
    context.flush()
  }

  private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
    if failure == nil { failure = error }
    context.close(promise: nil)
  }

  private func end(with error: any Error) {
    failure = failure ?? error
    keepalive?.cancel()
    context = nil
    opened.fail(error)
    // The order in which they were asked, so that nobody sees a later one fail first.
    for number in answers.keys.sorted() { answers[number]?.fail(Self.lost(error)) }
    for (_, answer) in early { answer.fail(Self.lost(error)) }
    answers = [:]
    early = []
    pushes.finish(with: error)
  }

  /// To a request that has no answer every end of the connection is a loss.
  private static func lost(_ error: any Error) -> any Error {
    error is ConnectionError ? error : ConnectionError.lost("The connection was lost: \(error).")
  }
}
