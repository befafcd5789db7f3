import ConfabHub
import ConfabJournal
import Foundation
import NIOCore
import Synchronization

/// Tells the other servers of the place who is here, and the hub who is there.
final class NodeReports: Sendable {
  private let journal: any SharedJournal
  private let driver: HubDriver
  private let loop: any EventLoop
  private let node = NodeID(.random(in: 1 ... .max))
  private let address = Mutex<NodeAddress?>(nil)

  private static let intervalSeconds: Int64 = 1

  init(to journal: any SharedJournal, of driver: HubDriver, loop: any EventLoop) {
    self.journal = journal
    self.driver = driver
    self.loop = loop
  }

  /// - Parameter address: where this server is found.
  func start(at address: NodeAddress) {
    self.address.withLock { $0 = address }
    journal.listen { [driver, node] bytes in
      guard let report = try? JSONDecoder().decode(NodeReport.self, from: Data(bytes)),
        report.node != node
      else { return }
      driver.post(.heard(report))
    }
    loop.scheduleRepeatedTask(
      initialDelay: .zero, delay: .seconds(Self.intervalSeconds)
    ) { [weak self] task in
      guard let self, let address = self.address.withLock({ $0 }) else { return task.cancel() }
      self.driver.look { hub in self.announce(hub.report(as: self.node, at: address)) }
    }
  }

  /// The others need not wait until they miss it.
  func stop() {
    journal.hurry()
    guard let address = address.withLock({ $0.take() }) else { return }
    announce(
      NodeReport(node: node, address: address, people: [], meetings: [], isLeaving: true))
  }

  private func announce(_ report: NodeReport) {
    guard let bytes = try? JSONEncoder().encode(report) else { return }
    journal.announce(Array(bytes))
  }
}
