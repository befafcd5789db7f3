import Glibc
import NIOConcurrencyHelpers
import NIOPosix

/// Writes finished lines to standard error on a thread of its own, many with one call: a slow
/// terminal or pipe must not stop the server.
package final class LogSink: Sendable {
  private struct State {
    var waiting: [UInt8] = []
    var isWriting = false
  }

  /// Lines that wait beyond this are dropped and counted.
  static let waitingBytesMax = 1_048_576

  private let state = NIOLockedValueBox(State())
  /// Held while lines are taken and written, so that they keep their order.
  private let writing = NIOLock()
  private let thread = NIOThreadPool(numberOfThreads: 1)
  private let descriptor: Int32
  private let metrics: ServerMetrics

  package init(metrics: ServerMetrics, descriptor: Int32 = STDERR_FILENO) {
    self.metrics = metrics
    self.descriptor = descriptor
    thread.start()
  }

  /// How many lines found no room.
  package var droppedLines: Int { metrics.logLinesDropped.current }

  func append(_ line: String) {
    let mustWake = state.withLockedValue { state in
      guard state.waiting.count < Self.waitingBytesMax else {
        metrics.logLinesDropped.add()
        return false
      }
      state.waiting += line.utf8
      state.waiting.append(UInt8(ascii: "\n"))
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if mustWake { thread.submit { _ in self.drain() } }
  }

  /// Writes what waits; after it nothing is lost.
  package func flush() {
    drain()
  }

  private func drain() {
    while writing.withLock(writeSome) {}
  }

  /// - Returns: false when nothing waited.
  private func writeSome() -> Bool {
    let bytes = state.withLockedValue { state in
      let bytes = state.waiting
      state.waiting = []
      if bytes.isEmpty { state.isWriting = false }
      return bytes
    }
    write(bytes)
    return !bytes.isEmpty
  }

  private func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Glibc.write(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        // Nobody reads the log: there is nobody to tell.
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }
  }
}
