import ConfabClient
import ConfabNetwork
import ConfabTransfer

/// What carries the transfers of a program: the thread of its sockets, those of its disk, and where the
/// server listens for datagrams.
struct TransferEngine: Sendable {
  let loop: TransferLoop
  let threads: DiskThreads
  /// Nil when the server's name has no address.
  let server: PathAddress?

  static func start(for parties: TransferParties) async throws -> TransferEngine {
    TransferEngine(
      loop: try TransferLoop(), threads: try DiskThreads(),
      server: await parties.serverDatagrams())
  }
}
