import ConfabNetwork
import ConfabServer
import Glibc
import ServiceLifecycle
import UnixSignals

/// What the process itself needs.
enum ServeProcess {
  /// Each connection is an open file, and the usual limit is 1,024.
  static func raiseFileLimit() {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
  }
}

/// The lines that scripts and newcomers wait for.
enum ServeOutput {
  static func show(_ addresses: Server.Addresses) {
    var lines = ["listening \(addresses.listening)"]
    if let link = addresses.ownerLink {
      lines += ["owner link: \(link.native)", "owner link: \(link.web)"]
    }
    // At once, also into a pipe.
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
  }
}

/// SIGHUP: the operator changed the certificate.
struct ServeReload: Service {
  let server: Server

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    for await _ in signals.cancelOnGracefulShutdown() { server.reloadCertificate() }
  }
}
