import ConfabDomain
import ConfabNetwork
package import ConfabWire
package import NIOCore
import NIOPosix
import NIOSSL

/// Takes requests to the server.
package protocol Requesting: Sendable {
  /// Asks in the order of the calls, so that requests of one task reach the server in their order.
  func submit(_ body: WireClientFrame.OneOf_Body) -> EventLoopFuture<WireServerFrame.OneOf_Body>
}

extension Requesting {
  /// - Throws: a `Rejection` when the server refuses, a `ConnectionError` when there is no answer.
  package func request(
    _ body: WireClientFrame.OneOf_Body
  ) async throws -> WireServerFrame.OneOf_Body {
    try await submit(body).get()
  }
}

/// A connection that is being made. What is asked of it follows right behind SignIn, a round trip or
/// more before `Connection` is there.
package struct OpeningConnection: Requesting {
  fileprivate let channel: any NIOCore.Channel
  fileprivate let handler: NIOLoopBound<ConnectionHandler>

  package func submit(
    _ body: WireClientFrame.OneOf_Body
  ) -> EventLoopFuture<WireServerFrame.OneOf_Body> {
    let answer = channel.eventLoop.makePromise(of: WireServerFrame.OneOf_Body.self)
    channel.eventLoop.execute { [handler] in
      handler.value.request(body, answer: answer)
    }
    return answer.futureResult
  }
}

/// One connection to a server, signed in. It ends once and does not come back; `Dialer` makes another.
package final class Connection: Requesting {
  package let welcome: WireWelcome
  /// Nil on the operator's socket.
  package let signedIn: WireSignedIn?
  package let pushes: PushQueue
  /// The server at the other end.
  package let destination: Destination

  private let opened: OpeningConnection
  private var channel: any NIOCore.Channel { opened.channel }

  private init(
    _ opened: OpeningConnection, _ opening: ConnectionHandler.Opening, pushes: PushQueue,
    to destination: Destination
  ) {
    self.destination = destination
    welcome = opening.welcome
    signedIn = opening.signedIn
    self.opened = opened
    self.pushes = pushes
  }

  /// Connects, checks that the server is the right one, and signs in.
  ///
  /// - Parameter early: may ask for things that are not to wait until all that is done.
  /// - Throws: a `Rejection` when the server refuses the credentials, else a `ConnectionError`.
  package static func open(
    to destination: Destination, credentials: Credentials?, device: DeviceIdentity?,
    client: String, on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    early: (OpeningConnection) -> Void = { _ in }
  ) async throws -> Connection {
    let loop = group.next()
    let opened = loop.makePromise(of: ConnectionHandler.Opening.self)
    let pushes = PushQueue()
    do {
      let tls = try TLSHandlers(destination)
      let channel = try await Self.reach(destination, on: loop).get()
      try await loop.submit {
        // What was closed meanwhile would never tell the handlers.
        guard channel.isActive else { throw ChannelError.ioOnClosedChannel }
        try tls?.add(to: channel)
        try channel.pipeline.syncOperations.addHandler(
          ConnectionHandler(
            credentials: credentials, device: device, isEncrypted: tls != nil, client: client,
            opened: opened, pushes: pushes))
      }.get()
      let timeout = loop.scheduleTask(in: ConnectionLimits.openingMax) {
        let handler = try? channel.pipeline.syncOperations.handler(type: ConnectionHandler.self)
        opened.fail(
          ConnectionError.unreachable(
            handler?.isWelcome == true
              ? "\(destination) is too busy to sign you in. Try again in a minute."
              : "\(destination) does not answer as Confab does."))
        channel.close(promise: nil)
      }
      defer { timeout.cancel() }
      let handler = try await loop.submit {
        try NIOLoopBound(
          channel.pipeline.syncOperations.handler(type: ConnectionHandler.self), eventLoop: loop)
      }.get()
      let connection = OpeningConnection(channel: channel, handler: handler)
      early(connection)
      return Connection(
        connection, try await opened.futureResult.get(), pushes: pushes, to: destination)
    } catch {
      opened.fail(error)
      throw Self.explained(error, destination)
    }
  }

  /// Connects, with nothing in the pipeline yet: the server waits for us to speak.
  private static func reach(
    _ destination: Destination, on loop: any EventLoop
  ) -> EventLoopFuture<any NIOCore.Channel> {
    switch destination {
    case .network(let address, _):
      SecondAttempt.race(on: loop, after: ConnectionLimits.secondAttempt) {
        ClientBootstrap(group: loop)
          .connectTimeout(ConnectionLimits.connectMax)
          .channelOption(.tcpOption(.tcp_nodelay), value: 1)
          .connect(host: address.host, port: address.port)
      } discard: {
        $0.close(promise: nil)
      }
    case .operatorSocket(let path):
      ClientBootstrap(group: loop)
        .connectTimeout(ConnectionLimits.connectMax)
        .connect(unixDomainSocketPath: path)
    }
  }

  // MARK: Requests

  package func submit(
    _ body: WireClientFrame.OneOf_Body
  ) -> EventLoopFuture<WireServerFrame.OneOf_Body> {
    opened.submit(body)
  }

  /// Hands a request to the system and does not wait for the answer.
  package func tell(_ body: WireClientFrame.OneOf_Body) async {
    _ = submit(body)
    // The loop does things in their order, and what it wrote the system sends, even when we have ended.
    try? await channel.eventLoop.submit {}.get()
  }

  package func close() async {
    try? await channel.close()
  }

  /// Says farewell and does not wait for the other side's.
  package func leave() {
    channel.close(promise: nil)
  }

  package var isActive: Bool { channel.isActive }
}
