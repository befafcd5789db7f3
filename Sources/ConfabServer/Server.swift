import ConfabDomain
import ConfabHub
package import ConfabJournal
package import ConfabNetwork
import Logging
import NIOCore
import NIOPosix
import Primitives
import ServiceLifecycle

/// A place that serves: made, it holds the journal; started, it listens; run as a service, it stops
/// when the service group says so.
package final class Server: Service {
  private let options: ServerOptions
  private let folder: DataFolder
  private let journal: any Journal
  private let identity: TLSIdentity
  package let metrics: ServerMetrics
  private let group: MultiThreadedEventLoopGroup
  private let hubGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let prepared: (state: PlaceState, ownerInvitation: [UInt8]?)
  /// Called once it listens.
  private let onStart: @Sendable (Addresses) -> Void

  /// Where a started server is found.
  package struct Addresses: Sendable {
    package let listening: HostPort
    /// Nil when there is an owner.
    package let ownerLink: PlaceLink?
    package let pin: CertificatePin?
    package let adminSocket: String
  }

  /// Opens everything that the server needs, so that what cannot work is said before it listens.
  package init(
    options: ServerOptions, metrics: ServerMetrics = ServerMetrics(),
    journal: (String) throws -> any Journal,
    onStart: @escaping @Sendable (Addresses) -> Void = { _ in }
  ) throws {
    self.options = options
    self.metrics = metrics
    self.onStart = onStart
    folder = try DataFolder(preparing: options.dataFolder)
    do {
      self.journal = try journal(folder.path)
    } catch let error as JournalError {
      throw StartFailure(error)
    }
    do {
      let now = Clock.wall()
      identity =
        try options.certificate.map { try TLSIdentity(files: $0) }
        ?? TLSIdentity(folder: folder, hosts: PublicAddress.names(for: options), now: now)
      prepared = try Founding(folder: folder, journal: self.journal).prepare(now: now)
    } catch {
      try? self.journal.close()
      guard let error = error as? JournalError else { throw error }
      throw StartFailure(error)
    }
    group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
  }

  package func run() async throws {
    let running = try await start()
    onStart(running.addresses)
    let certificates = Task { [identity, options] in
      while !Task.isCancelled {
        try await Task.sleep(for: .seconds(ServerLimits.certificateCheckSeconds))
        identity.reload(logger: options.logger)
      }
    }
    try? await gracefulShutdown()
    certificates.cancel()
    try await running.stop()
  }

  /// Looks whether the operator's certificate changed.
  package func reloadCertificate() {
    identity.reload(logger: options.logger)
  }

  /// Listens; for callers that stop it themselves.
  package func start() async throws -> RunningServer {
    let parts = try makeParts()
    let port: BoundPort
    let admin: any NIOCore.Channel
    do {
      port = try await BoundPort.bind(
        options.listen, listener: parts.listener, relay: options.relay, metrics: metrics)
      parts.relay.bound(port.udp)
      try parts.openMedia(on: port.udp, options)
      admin = try await bindAdminSocket(parts.listener)
    } catch {
      try? journal.close()
      throw error
    }
    parts.driver.wakeForDeadline()
    let listening = HostPort(host: options.listen.host, port: port.number)
    let links = parts.makeLinks(port.number)
    options.logger.info(
      "serving", metadata: ["listening": "\(listening)", "data": "\(folder.path)"])
    return RunningServer(
      addresses: Addresses(
        listening: listening, ownerLink: prepared.ownerInvitation.map(links.link),
        pin: identity.pin,
        adminSocket: folder.adminSocket),
      port: port, admin: admin, parts: parts, journal: journal,
      groups: [group, hubGroup], logger: options.logger)
  }

  private func bindAdminSocket(_ listener: Listener) async throws -> any NIOCore.Channel {
    do {
      // The journal's lock says that no other server uses the folder: what is there is stale.
      DataFolder.remove(folder.adminSocket)
      let channel = try await listener.bind(adminSocket: folder.adminSocket)
      try DataFolder.makePrivate(folder.adminSocket)
      return channel
    } catch {
      throw StartFailure(
        "the admin socket \(folder.adminSocket) cannot be made (\(error)): its path may be too long, "
          + "choose a shorter --data")
    }
  }

  private func makeParts() throws -> ServerParts {
    try ServerParts(
      options: options, folder: folder, journal: journal, identity: identity, metrics: metrics,
      group: group, hubLoop: hubGroup.next(), state: prepared.state)
  }
}
