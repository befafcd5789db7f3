import ConfabDomain
import ConfabNetwork
package import ConfabWire
package import NIOCore
import NIOPosix
import NIOSSL

/// One connection to a server, signed in. It ends once and does not come back; `Dialer` makes another.
package final class Connection: Sendable {
  package let welcome: WireWelcome
  /// Nil on the operator's socket.
  package let signedIn: WireSignedIn?
  package let pushes: PushQueue

  private let channel: any NIOCore.Channel
  private let handler: NIOLoopBound<ConnectionHandler>

  private init(
    _ opening: ConnectionHandler.Opening, channel: any NIOCore.Channel,
    handler: NIOLoopBound<ConnectionHandler>, pushes: PushQueue
  ) {
    welcome = opening.welcome
    signedIn = opening.signedIn
    self.channel = channel
    self.handler = handler
    self.pushes = pushes
  }

  /// Connects, checks that the server is the right one, and signs in.
  ///
  /// - Throws: a `Rejection` when the server refuses the credentials, else a `ConnectionError`.
  package static func open(
    to destination: Destination, credentials: Credentials?, device: DeviceIdentity?,
    client: String, on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
  ) async throws -> Connection {
    let loop = group.next()
    let opened = loop.makePromise(of: ConnectionHandler.Opening.self)
    let pushes = PushQueue()
    do {
      let tls = try TLSHandlers(destination)
      let channel = try await bootstrap(loop) { channel in
        channel.eventLoop.makeCompletedFuture {
          try tls?.add(to: channel)
          try channel.pipeline.syncOperations.addHandler(
            ConnectionHandler(
              credentials: credentials, device: device, isEncrypted: tls != nil, client: client,
              opened: opened, pushes: pushes))
        }
      }.connect(to: destination)
      let timeout = loop.scheduleTask(in: ConnectionLimits.openingMax) {
        opened.fail(ConnectionError.unreachable("\(destination) does not answer as Confab does."))
        channel.close(promise: nil)
      }
      defer { timeout.cancel() }
      let handler = try await loop.submit {
        try NIOLoopBound(
          channel.pipeline.syncOperations.handler(type: ConnectionHandler.self), eventLoop: loop)
      }.get()
      let opening = try await opened.futureResult.get()
      return Connection(opening, channel: channel, handler: handler, pushes: pushes)
    } catch {
      opened.fail(error)
      throw Self.explained(error, destination)
    }
  }

  private static func bootstrap(
    _ loop: any EventLoop,
    _ initializer: @escaping @Sendable (any NIOCore.Channel) -> EventLoopFuture<Void>
  ) -> ClientBootstrap {
    ClientBootstrap(group: loop)
      .connectTimeout(ConnectionLimits.connectMax)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelInitializer(initializer)
  }

  // MARK: Requests

  /// Asks in the order of the calls, so that requests of one task reach the server in their order.
  package func submit(
    _ body: WireClientFrame.OneOf_Body
  ) -> EventLoopFuture<WireServerFrame.OneOf_Body> {
    let answer = channel.eventLoop.makePromise(of: WireServerFrame.OneOf_Body.self)
    channel.eventLoop.execute { [handler] in
      handler.value.request(body, answer: answer)
    }
    return answer.futureResult
  }

  /// - Throws: a `Rejection` when the server refuses, a `ConnectionError` when there is no answer.
  package func request(
    _ body: WireClientFrame.OneOf_Body
  ) async throws -> WireServerFrame.OneOf_Body {
    try await submit(body).get()
  }

  package func close() async {
    try? await channel.close()
  }

  package var isActive: Bool { channel.isActive }
}

extension ClientBootstrap {
  fileprivate func connect(to destination: Destination) async throws -> any NIOCore.Channel {
    switch destination {
    case .network(let address, _): try await connect(host: address.host, port: address.port).get()
    case .operatorSocket(let path): try await connect(unixDomainSocketPath: path).get()
    }
  }
}
