import ConfabHub
import ConfabJournal
import Foundation
import NIOCore
import Synchronization

/// The line to the other servers of the place: tells them again and again who is here, passes on what
/// the hub has to say to theirs, and tells the hub what they say.
final class NodeLine: Sendable {
  /// What goes over it, as JSON. What a newer server says that this one does not know is passed over.
  private enum Saying: Codable {
    case report(NodeReport)
    case message(NodeMessage)
  }

  let node: NodeID
  private let journal: any SharedJournal
  private let loop: any EventLoop
  private let address = Mutex<NodeAddress?>(nil)

  private static let intervalSeconds: Int64 = 1

  init(_ node: NodeID, over journal: any SharedJournal, loop: any EventLoop) {
    self.node = node
    self.journal = journal
    self.loop = loop
  }

  /// - Parameter address: where this server is found.
  func start(_ driver: HubDriver, at address: NodeAddress) {
    self.address.withLock { $0 = address }
    journal.listen(as: Self.name(of: node)) { [driver, node] bytes in
      switch try? JSONDecoder().decode(Saying.self, from: Data(bytes)) {
      case .report(let report) where report.node != node: driver.post(.heard(report))
      case .message(let message) where message.from != node: driver.post(.told(message))
      default: break
      }
    }
    loop.scheduleRepeatedTask(
      initialDelay: .zero, delay: .seconds(Self.intervalSeconds)
    ) { [weak self] task in
      guard let self, let address = self.address.withLock({ $0 }) else { return task.cancel() }
      driver.look { hub in self.say(.report(hub.report(as: self.node, at: address))) }
    }
  }

  func tell(_ message: NodeMessage) { say(.message(message), to: message.to) }

  /// The others need not wait until they miss it.
  func stop() {
    journal.hurry()
    guard let address = address.withLock({ $0.take() }) else { return }
    say(
      .report(
        NodeReport(
          node: node, address: address, people: [], meetings: [], offers: 0, isLeaving: true)))
  }

  private func say(_ saying: Saying, to node: NodeID? = nil) {
    guard let bytes = try? JSONEncoder().encode(saying) else { return }
    journal.announce(Array(bytes), to: node.map(Self.name))
  }

  /// As it stands in the subject of a message.
  private static func name(of node: NodeID) -> String { String(node.rawValue, radix: 16) }
}
