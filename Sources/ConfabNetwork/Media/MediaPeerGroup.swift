import CLinux
import Glibc
package import Primitives

/// Waits for many peers at once, on one thread.
package final class MediaPeerGroup {
  private static let readyMax = 64

  package private(set) var peers: [MediaPeer] = []
  private let poll: Int32

  package init() throws(SystemError) {
    poll = clinux_poll_new()
    guard poll >= 0 else { throw SystemError("wait for sockets", code: -poll) }
  }

  deinit {
    close(poll)
  }

  /// - Returns: its number in `peers`.
  @discardableResult
  package func add(_ peer: MediaPeer) throws(SystemError) -> Int {
    let code = clinux_poll_add(
      poll, peer.descriptor, UInt32(CLINUX_READABLE), UInt64(peers.count))
    guard code == 0 else { throw SystemError("wait for a socket", code: -code) }
    peers.append(peer)
    return peers.count - 1
  }

  /// Waits until something has come or the time is there, and hands over the numbers of those for
  /// whom there is something.
  package func wait(until deadline: MonotonicTime, _ body: (Int) -> Void) {
    var tags = [UInt64](repeating: 0, count: Self.readyMax)
    var events = [UInt32](repeating: 0, count: Self.readyMax)
    let ready = clinux_poll_wait(
      poll, deadline.since(MonotonicClock.now).nanoseconds, &tags, &events, Int32(Self.readyMax))
    for index in 0..<max(Int(ready), 0) { body(Int(tags[index])) }
  }

  /// Looks after the timers of all that are due.
  package func serveTimers(at now: MonotonicTime) {
    for peer in peers {
      if let due = peer.nextDeadline, due <= now { peer.timeout(at: now) }
    }
  }
}
