import ConfabNetwork
import ConfabTransfer
import Glibc
import Synchronization

/// Writes what is verified to a pipe, in order, as fast as its reader takes it. The files hold what the
/// reader is behind, so a slow one holds nobody up.
final class StreamOutput: Sendable {
  private static let blockBytes = 256 << 10

  private struct Shared {
    var written: UInt64 = 0
    var end: UInt64 = 0
    var isRunning = false
    var isBroken = false
  }

  private let files: PartFiles
  private let descriptor: Int32
  private let thread: DiskThread
  private let shared = Mutex(Shared())
  private let report: @Sendable (DiskFault?) -> Void

  /// - Parameter report: called whenever there is nothing left to write for now, or nothing can be.
  init(
    _ files: PartFiles, to descriptor: Int32, on thread: DiskThread,
    report: @escaping @Sendable (DiskFault?) -> Void
  ) {
    self.files = files
    self.descriptor = descriptor
    self.thread = thread
    self.report = report
  }

  deinit {
    thread.stop()
  }

  var isDrained: Bool { shared.withLock { $0.isBroken || $0.written == $0.end } }

  func extend(to end: UInt64) {
    let starts = shared.withLock { shared in
      shared.end = max(shared.end, end)
      defer { shared.isRunning = true }
      return !shared.isRunning && !shared.isBroken
    }
    if starts { thread.submit { self.run() } }
  }

  private func run() {
    var block = [UInt8](repeating: 0, count: Self.blockBytes)
    while let range = nextRange() {
      do throws(SystemError) {
        try write(range, &block)
      } catch {
        shared.withLock { $0.isBroken = true }
        let words = error.code == EPIPE ? "who reads the file has stopped" : error.reason
        return report(.broken(words))
      }
      shared.withLock { $0.written = range.upperBound }
      // Only what the reader is behind takes room.
      files.giveBack(range)
    }
    report(nil)
  }

  private func nextRange() -> Range<UInt64>? {
    shared.withLock { shared in
      let range = shared.written..<min(shared.end, shared.written + UInt64(Self.blockBytes))
      shared.isRunning = !range.isEmpty
      return range.isEmpty ? nil : range
    }
  }

  private func write(_ range: Range<UInt64>, _ block: inout [UInt8]) throws(SystemError) {
    let fault: SystemError? = block.withUnsafeMutableBytes { bytes in
      let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<range.count])
      do throws(SystemError) {
        try files.read(range, into: part)
        try writeAll(UnsafeRawBufferPointer(part))
      } catch {
        return error
      }
      return nil
    }
    if let fault { throw fault }
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if count > 0 {
        done += count
      } else if errno == EAGAIN {
        // Standard output may be shared with a terminal that others made non-blocking.
        var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&room, 1, -1)
      } else if errno != EINTR {
        throw SystemError(latest: "write the file out")
      }
    }
  }
}
