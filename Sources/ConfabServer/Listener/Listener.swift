import ConfabHub
import ConfabNetwork
import ConfabWire
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Primitives
import Synchronization

/// The TCP port and the operator's socket: accepts, counts, and builds what each connection needs.
final class Listener: Sendable {
  private let group: MultiThreadedEventLoopGroup
  private let fanouts: [LoopFanout]
  private let identity: TLSIdentity
  private let http: HTTPConnections
  private let proxies: TrustedProxies
  private let quota: ConnectionQuota
  private let services: SessionServices
  /// Who takes TCP connections that carry media.
  private let port: RelayDoor
  private let nextSerial = Atomic<UInt64>(1)
  private let loopIndexes: [ObjectIdentifier: Int]

  init(
    group: MultiThreadedEventLoopGroup, fanouts: [LoopFanout], identity: TLSIdentity,
    pages: WebPages, proxies: TrustedProxies, services: SessionServices, port: RelayDoor,
    logger: Logger
  ) {
    self.group = group
    self.fanouts = fanouts
    self.identity = identity
    self.services = services
    self.proxies = proxies
    self.port = port
    http = HTTPConnections(pages: pages, logger: logger)
    quota = ConnectionQuota(metrics: services.metrics)
    loopIndexes = Dictionary(
      uniqueKeysWithValues: fanouts.map { (ObjectIdentifier($0.loop), $0.index) })
  }

  // MARK: - The port

  func bind(host: String, port: Int) async throws -> any Channel {
    try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: CInt(ServerLimits.listenBacklogConnectionsMax))
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.maxMessagesPerRead, value: 64)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.recvAllocator, value: Self.smallReads)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelOption(.writeBufferWaterMark, value: Self.unsentMarks)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
      }
      .bind(host: host, port: port)
      .get()
  }

  /// The operator's socket: no TLS, because only the data folder's owner can open it.
  func bind(adminSocket path: String) async throws -> any Channel {
    try await ServerBootstrap(group: group)
      .childChannelOption(.recvAllocator, value: Self.smallReads)
      .childChannelOption(.writeBufferWaterMark, value: Self.unsentMarks)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.acceptOperator(channel) }
      }
      .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
      .get()
  }

  /// An idle connection must stay small, a busy one need not.
  private static let smallReads = AdaptiveRecvByteBufferAllocator(
    minimum: 512, initial: 1_024, maximum: 65_536)
  private static let unsentMarks = ChannelOptions.Types.WriteBufferWaterMark(
    low: ServerLimits.unsentBytesLow, high: ServerLimits.unsentBytesHigh)

  // MARK: - Connections

  private func accept(_ channel: any Channel) throws {
    guard let remote = channel.remoteAddress, let address = IPAddressText.bytes(of: remote) else {
      throw ChannelError.ioOnClosedChannel
    }
    let key = ConnectionQuota.Key(address: address)
    guard quota.admit(key) else {
      channel.close(promise: nil)
      return
    }
    let accepted = AcceptedConnection(
      peer: Peer(address: IPAddressText.text(of: remote)), channel: channel, quota: quota,
      addressKey: key)
    let first = FirstBytesHandler(
      accepted: accepted, metrics: services.metrics,
      startTLS: { context in try self.startTLS(context, accepted) },
      startMedia: { context in try self.startMedia(context, accepted) })
    try channel.pipeline.syncOperations.addHandler(first)
  }

  private func startTLS(_ context: ChannelHandlerContext, _ accepted: AcceptedConnection) throws {
    let tls = NIOSSLServerHandler(context: identity.context)
    let router = ProtocolRouter(
      accepted: accepted, metrics: services.metrics,
      becomeNative: { try self.startSession($0, accepted, .native) },
      becomeHTTP: { try self.serveHTTP($0, accepted) })
    try context.pipeline.syncOperations.addHandlers(
      [tls, router], position: .after(context.handler))
  }

  /// - Returns: false while there is no port that media could go to.
  private func startMedia(
    _ context: ChannelHandlerContext, _ accepted: AcceptedConnection
  ) throws -> Bool {
    guard let port = port.port else { return false }
    try context.pipeline.syncOperations.addHandler(
      MediaStreamHandler(port: port, accepted: accepted), position: .after(context.handler))
    return true
  }

  private func acceptOperator(_ channel: any Channel) throws {
    let accepted = AcceptedConnection(
      peer: Peer(address: "local", isOperator: true), channel: channel, quota: quota,
      addressKey: nil)
    try startSession(channel, accepted, .native)
  }

  private func serveHTTP(_ channel: any Channel, _ accepted: AcceptedConnection) throws {
    accepted.becameHTTP()
    let onLoop = NIOLoopBound(accepted, eventLoop: channel.eventLoop)
    try http.serve(channel) { channel, headers in
      let peer = channel.remoteAddress.flatMap(IPAddressText.bytes(of:)) ?? []
      let origin = self.proxies.origin(behind: peer, forwardedFor: headers["x-forwarded-for"])
      guard onLoop.value.becameSocket(of: origin) else { throw ChannelError.operationUnsupported }
      try self.startSession(channel, onLoop.value, .web)
    }
  }

  private func startSession(
    _ channel: any Channel, _ accepted: AcceptedConnection, _ encoding: FrameEncoding
  ) throws {
    guard let index = loopIndexes[ObjectIdentifier(channel.eventLoop)] else {
      throw ChannelError.operationUnsupported
    }
    let serial = nextSerial.wrappingAdd(1, ordering: .relaxed).newValue
    var random = SystemRandomNumberGenerator()
    let session = SessionHandler(
      id: ConnectionID(serial: serial, loopIndex: index, encoding: encoding), accepted: accepted,
      fanout: fanouts[index], services: services,
      challenge: .random(count: SessionHandler.challengeBytes, using: &random))
    try channel.pipeline.syncOperations.addHandler(session)
  }
}
