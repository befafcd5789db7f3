import ConfabClient
import ConfabNetwork
import Foundation
import NIOCore
import NIOPosix

/// Runs a plan against a server and reports what it saw. One thread, so that as much of the machine as
/// can be is left to the server.
final class ChatLoad: Sendable {
  private let plan: ChatLoadPlan
  private let servers: [Server]
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let loop: any EventLoop
  /// Touched on the loop only.
  private let tally: NIOLoopBound<ChatLoadTally>
  private let pid: Int32?

  /// Where clients go, one after the other.
  struct Server: Sendable {
    var address: HostPort
    var pin: CertificatePin?
  }

  init(_ plan: ChatLoadPlan, servers: [Server], pid: Int32?) async throws {
    self.plan = plan
    self.servers = servers
    self.pid = pid
    let loop = group.next()
    self.loop = loop
    tally = try await loop.submit { NIOLoopBound(ChatLoadTally(), eventLoop: loop) }.get()
  }

  /// - Parameter tokens: of sessions; senders take them in turn, and so do listeners.
  func run(tokens: [[UInt8]]) async throws -> ChatLoadReport {
    let before = pid.flatMap(ProcessUsage.init)
    let connections = try await connectAll(tokens)
    // Joins are over and buffers have settled before anything is measured.
    try await Task.sleep(for: .seconds(1))
    let idle = pid.flatMap(ProcessUsage.init)
    let start = SendTime.now
    try await load(connections)
    let loaded = SendTime.now
    try await drain()
    let after = pid.flatMap(ProcessUsage.init)
    let end = SendTime.now
    let report = try await loop.submit { [self] in
      ChatLoadReport(
        plan, tally.value, loadSeconds: Double(loaded - start) / 1e9,
        seconds: Double(end - start) / 1e9, before: before, idle: idle, after: after)
    }.get()
    try? await group.shutdownGracefully()
    return report
  }

  // MARK: Connecting

  private func connectAll(_ tokens: [[UInt8]]) async throws -> NIOLoopBound<[ChatLoadConnection]> {
    let tls = try servers.map { try TLSHandlers(.network($0.address, pin: $0.pin)) }
    let connections = try await loop.submit { [loop] in
      NIOLoopBoundBox<[ChatLoadConnection]>([], eventLoop: loop)
    }.get()
    for index in 0..<plan.clients {
      let token = tokens[index % tokens.count]
      let server = index % servers.count
      _ = try await ClientBootstrap(group: loop)
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelInitializer { [plan, tally] channel in
          channel.eventLoop.makeCompletedFuture {
            let connection = ChatLoadConnection(plan, token: token, tally: tally.value)
            connections.value.append(connection)
            try tls[server]?.add(to: channel)
            try channel.pipeline.syncOperations.addHandler(connection)
          }
        }
        .connect(host: servers[server].address.host, port: servers[server].address.port).get()
    }
    try await wait(seconds: 120) { [plan] tally in tally.ready == plan.clients }
    return try await loop.submit { [loop] in
      NIOLoopBound(connections.value, eventLoop: loop)
    }.get()
  }

  // MARK: Loading

  private func load(_ connections: NIOLoopBound<[ChatLoadConnection]>) async throws {
    switch (plan.kind, plan.rate > 0) {
    case (.idle, _): try await Task.sleep(for: .seconds(plan.seconds))
    case (_, false): try await saturate(connections)
    case (_, true): try await pace(connections)
    }
  }

  private func saturate(_ connections: NIOLoopBound<[ChatLoadConnection]>) async throws {
    let window = plan.window
    let senders = plan.senders
    try await loop.submit {
      for sender in connections.value.prefix(senders) { sender.start(window: window) }
    }.get()
    try await Task.sleep(for: .seconds(plan.seconds))
    try await loop.submit {
      for sender in connections.value.prefix(senders) { sender.stop() }
    }.get()
  }

  private func pace(_ connections: NIOLoopBound<[ChatLoadConnection]>) async throws {
    let plan = plan
    let start = SendTime.now
    let pacing = try await loop.submit { [loop, tally] in
      loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(1)) { _ in
        let elapsed = Double(SendTime.now - start) / 1e9
        let due = Int(min(elapsed, plan.seconds) * plan.rate)
        while tally.value.sent < due {
          let sender = connections.value[tally.value.sent % plan.senders]
          sender.sendOne()
          sender.flush()
        }
      }
    }.get()
    try await Task.sleep(for: .seconds(plan.seconds))
    pacing.cancel()
  }

  /// Waits for what is still on its way, and no longer than the grace.
  private func drain() async throws {
    let clients = plan.clients
    let heard = plan.kind == .fanOut
    try? await wait(seconds: ChatLoadPlan.graceSeconds) { tally in
      tally.acknowledged + tally.refused == tally.sent
        && (!heard || tally.deliveries >= tally.acknowledged * clients)
    }
  }

  private func wait(
    seconds: Double, until condition: @escaping @Sendable (ChatLoadTally) -> Bool
  ) async throws {
    let end = SendTime.now + UInt64(seconds * 1e9)
    while SendTime.now < end {
      let (done, lost) = try await loop.submit { [tally] in
        (condition(tally.value), tally.value.lost)
      }.get()
      if done { return }
      if let lost { throw ChatLoadError(description: lost) }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw ChatLoadError(description: "the server did not keep up within \(Int(seconds)) seconds")
  }
}

struct ChatLoadError: Error, CustomStringConvertible {
  var description: String
}
