import ConfabJournal
import Logging
import Synchronization

/// What operators hear of servers of one place that differ.
final class StateComparisons: Sendable {
  private let metrics: ServerMetrics
  private let logger: Logger
  private let damage = Mutex<UInt64?>(nil)

  init(metrics: ServerMetrics, logger: Logger) {
    self.metrics = metrics
    self.logger = logger
  }

  /// Words for who asks after this server's health; nil while nothing is wrong with its copy.
  var trouble: String? {
    damage.withLock { $0 }.map { entry in
      "this server's copy of the journal differs from the entries at \(entry): see its log"
    }
  }

  func start(on journal: any SharedJournal, as name: String) {
    journal.compare(as: name, version: ServerVersion.name, times: ComparisonTimes()) { [self] in
      take($0)
    }
  }

  private func take(_ verdict: StateVerdict) {
    switch verdict {
    case .agree(let entry): metrics.agreedEntry.set(Int(clamping: entry))
    case .wrongHere(let entry):
      metrics.differences.add()
      damage.withLock { $0 = entry }
      logger.critical(
        """
        this server's copy of the journal is wrong at entry \(entry): stop it, remove the folder view in \
        its data folder, and start it again; 'confab admin audit --verify' says more
        """)
    case .wrongThere(let name, let entry):
      metrics.differences.add()
      logger.critical(
        """
        the server \(name) has made something else of entry \(entry) and those before it than they give: \
        look into its log
        """)
    }
  }
}
