import ConfabClient
import ConfabNetwork

/// What carries the transfers of a program: the thread of its sockets, and those of its disk.
struct TransferEngine: Sendable {
  let loop: TransferLoop
  let threads: DiskThreads

  static func start() throws -> TransferEngine {
    TransferEngine(loop: try TransferLoop(), threads: try DiskThreads())
  }
}
