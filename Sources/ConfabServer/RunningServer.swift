import ConfabDomain
import ConfabHub
import ConfabJournal
import Logging
import NIOCore
import NIOPosix
import Primitives

/// A server that listens, and how it stops: what was decided reaches the disk, everybody is told, and
/// nothing is cut off in the middle.
package final class RunningServer: Sendable {
  package let addresses: Server.Addresses
  private let port: BoundPort
  private let admin: any NIOCore.Channel
  private let parts: ServerParts
  private let journal: any Journal
  private let groups: [MultiThreadedEventLoopGroup]
  private let logger: Logger

  private static let pollMilliseconds: Int64 = 5

  init(
    addresses: Server.Addresses, port: BoundPort, admin: any NIOCore.Channel, parts: ServerParts,
    journal: any Journal, groups: [MultiThreadedEventLoopGroup], logger: Logger
  ) {
    self.addresses = addresses
    self.port = port
    self.admin = admin
    self.parts = parts
    self.journal = journal
    self.groups = groups
    self.logger = logger
  }

  package func stop() async throws {
    logger.info("stopping")
    parts.nodes?.stop()
    await port.close()
    try? await admin.close()
    DataFolder.remove(addresses.adminSocket)
    for fanout in parts.fanouts { fanout.stopReading() }
    parts.driver.post(.stopping)
    await wait(secondsMax: ServerLimits.drainSecondsMax) {
      self.parts.driver.isIdle && self.parts.writer.isIdle
    }
    let farewell = Rejection(
      .serverStopping, "The server stops. Your program connects again when it is back.",
      retryAfter: .seconds(1))
    for fanout in parts.fanouts { fanout.sayGoodbye(farewell) }
    await wait(secondsMax: ServerLimits.goodbyeSecondsMax) {
      self.parts.fanouts.allSatisfy(\.isEmpty)
    }
    await parts.driver.saveSnapshot()
    await wait(secondsMax: ServerLimits.drainSecondsMax) { self.parts.writer.isIdle }
    try await parts.writer.stop()
    try await parts.reads.stop()
    try await parts.passwords.stop()
    parts.archives.removeAll()
    try journal.close()
    for group in groups { try await group.shutdownGracefully() }
    logger.info("stopped")
  }

  /// Looks again and again, because what is waited for ends on many threads.
  private func wait(secondsMax: Int64, until isDone: () -> Bool) async {
    let end = NIODeadline.now() + .seconds(secondsMax)
    while !isDone(), NIODeadline.now() < end {
      try? await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
    }
  }
}
