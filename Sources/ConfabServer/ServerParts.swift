import ConfabDomain
import ConfabHub
import ConfabJournal
import ConfabNetwork
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// The parts of a running server and who knows whom.
final class ServerParts: Sendable {
  let driver: HubDriver
  let writer: JournalWriter
  let reads: JournalReads
  let passwords: PasswordHasher
  let archives: ArchiveStore
  let fanouts: [LoopFanout]
  let listener: Listener
  let relay = RelayDoor()
  let media = MediaDoor()
  /// Nil where no other server serves the place.
  let nodes: NodeLine?
  private let shared: (any SharedJournal)?
  private let comparisons: StateComparisons
  private let metrics: ServerMetrics
  /// The port is known only when it is bound, and links are asked for later still.
  private let links: LateLinks

  init(
    options: ServerOptions, folder: DataFolder, journal: any Journal, identity: TLSIdentity,
    metrics: ServerMetrics, group: MultiThreadedEventLoopGroup, hubLoop: any EventLoop,
    state: PlaceState
  ) throws {
    let logger = options.logger
    let backlog = FanoutBacklog(metrics: metrics)
    let loops = Array(group.makeIterator())
    let fanouts = loops.enumerated().map { index, loop in
      LoopFanout(index: index, loop: loop, backlog: backlog, metrics: metrics)
    }
    let directory = Directory(state)
    let archives = ArchiveStore(journal: journal, folder: folder.archives)
    let reads = JournalReads(
      journal: journal, directory: directory, archives: archives, folder: folder,
      metrics: metrics)
    var hubOptions = options.hub
    hubOptions.relaysFiles = options.relay != nil
    let shared = journal as? any SharedJournal
    nodes = shared.map { NodeLine(NodeID(.random(in: 1 ... .max)), over: $0, loop: hubLoop) }
    hubOptions.node = nodes?.node
    let hub = Hub(state: state, options: hubOptions, entropy: SystemRandomNumberGenerator())
    // The two need each other: the writer's answers wait in a box until the driver is there.
    let driverBox = NIOLockedValueBox<HubDriver?>(nil)
    let writer = JournalWriter(
      journal: journal, metrics: metrics, logger: logger,
      stored: { group in
        if group.contains(where: \.makesOwner) { DataFolder.remove(folder.ownerInvitation) }
      },
      answer: { input in driverBox.withLockedValue { $0 }?.post(input) })
    let passwords = PasswordHasher(cost: options.passwordCost)
    let driver = HubDriver(
      turns: HubTurns(hub, isShared: shared != nil), loop: hubLoop,
      services: HubServices(
        writer: writer, reads: reads, passwords: passwords, fanouts: fanouts, backlog: backlog,
        directory: directory, relay: relay, media: media, nodes: nodes,
        interactions: InteractionLog(logger: logger), metrics: metrics))
    driverBox.withLockedValue { $0 = driver }
    try shared?.follow(after: state.entry) { events, state in
      if events.contains(where: \.makesOwner) { DataFolder.remove(folder.ownerInvitation) }
      driver.post(.arrived(events, after: state))
    }
    let comparisons = StateComparisons(metrics: metrics, logger: logger)
    let links = LateLinks(host: PublicAddress.host(for: options), pin: identity.pin)
    let services = SessionServices(
      serverName: ServerVersion.name, place: state.place, replies: ReplyTranslation(links: links),
      backlog: backlog, metrics: metrics, post: { driver.post($0) },
      forget: { reads.forget($0) })
    listener = Listener(
      group: group, fanouts: fanouts, identity: identity,
      pages: WebPages(
        metrics: metrics, metricsToken: options.metricsToken,
        trouble: {
          shared?.staleSeconds.map { "the journal has not answered for \($0) s" }
            ?? comparisons.trouble
        }),
      proxies: options.proxies, services: services,
      port: relay, logger: logger)
    self.shared = shared
    self.comparisons = comparisons
    self.driver = driver
    self.writer = writer
    self.reads = reads
    self.passwords = passwords
    self.archives = archives
    self.fanouts = fanouts
    self.links = links
    self.metrics = metrics
  }

  /// Meetings are served on the port from now on.
  func openMedia(on port: UDPPort, _ options: ServerOptions) throws {
    let driver = driver
    let setup = try MediaSetup(
      options: options, port: port.port, metrics: metrics, report: { driver.post(.media($0)) })
    media.open(MediaGateway(port: port, setup: setup))
  }

  func makeLinks(_ port: Int) -> LateLinks {
    links.bound(to: port)
    nodes?.start(driver, at: links.node)
    if let shared { comparisons.start(on: shared, as: links.node.address) }
    return links
  }
}

extension StampedEvent {
  fileprivate var makesOwner: Bool {
    if case .accountCreated(let new) = event.body { return new.role == .owner }
    return false
  }
}
