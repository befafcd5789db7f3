package import ConfabNetwork
package import ConfabTransfer
import Synchronization

/// Writes blocks of content to the files, on the writing thread, in the order in which they came.
///
/// The credit that the recipient gives bounds how much waits here.
package final class ContentWriter: Sendable {
  /// What became of a range.
  package enum Outcome: Hashable, Sendable {
    /// It is in the system's hands.
    case written(Range<UInt64>)
    case failed(Range<UInt64>, DiskFault)
  }

  private let files: PartFiles
  private let thread: DiskThread
  private let pool: StagingPool
  private let waitingCount = Mutex(0)
  private let report: @Sendable ([Outcome]) -> Void

  /// - Parameter report: called on the writing thread, once for each block.
  init(
    _ files: PartFiles, pool: StagingPool, on thread: DiskThread,
    report: @escaping @Sendable ([Outcome]) -> Void
  ) {
    self.files = files
    self.pool = pool
    self.thread = thread
    self.report = report
  }

  /// True when a block that is not full is better than none.
  var isIdle: Bool { waitingCount.withLock { $0 == 0 } }

  func handOver(_ block: StagingBlock) {
    waitingCount.withLock { $0 += 1 }
    thread.submit { self.write(block) }
  }

  private func write(_ block: StagingBlock) {
    var outcomes: [Outcome] = []
    var latest: Range<UInt64>?
    for run in block.wanted {
      do throws(SystemError) {
        try files.write(block.bytes(of: run), at: run.offset)
        if let before = latest, before.upperBound == run.offset {
          latest = before.lowerBound..<run.range.upperBound
        } else {
          if let latest { outcomes.append(.written(latest)) }
          latest = run.range
        }
      } catch {
        outcomes.append(.failed(run.range, DiskFault(error)))
      }
    }
    if let latest { outcomes.append(.written(latest)) }
    pool.giveBack(block)
    waitingCount.withLock { $0 -= 1 }
    report(outcomes)
  }
}

extension DiskFault {
  package init(_ error: SystemError) {
    switch error.code {
    case SystemError.diskFull, SystemError.quotaUsedUp: self = .full
    case let code where SystemError.notWritable.contains(code): self = .notWritable
    default: self = .broken(error.reason)
    }
  }
}
