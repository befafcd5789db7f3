import ConfabJournal
import Foundation
import Glibc
import Synchronization

/// A real NATS server with a folder of its own, or one of several that know each other.
// Proof: the process and what is read of it are behind a lock; the rest is constant.
final class NATSServer: Sendable {
  /// One for all tests that only need some server: each has a place of its own on it.
  static let shared = Result { try NATSServer() }

  let address: String
  private let folder: String
  private let program: String
  private let process: Mutex<Process?>

  private static let startSeconds: TimeInterval = 60
  private static let pollSeconds: TimeInterval = 0.02

  /// Several that keep three copies of everything.
  static func cluster(of count: Int) throws -> [NATSServer] {
    let ports = try (0..<count).map { _ in try freePort() }
    let routes = ports.map { "nats://127.0.0.1:\($0)" }.joined(separator: ", ")
    return try ports.enumerated().map { index, port in
      try NATSServer(
        name: "n\(index + 1)",
        cluster: "cluster { name: tests, listen: \"127.0.0.1:\(port)\", routes: [\(routes)] }")
    }
  }

  init(name: String = "alone", cluster: String = "", limits: String = "") throws {
    folder = NSTemporaryDirectory() + "confab-nats-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let port = try Self.freePort()
    address = "127.0.0.1:\(port)"
    program = try Self.installed()
    let configuration = """
      server_name: \(name)
      listen: "\(address)"
      jetstream { store_dir: "\(folder)", sync_interval: always \(limits) }
      \(cluster)
      """
    try configuration.write(
      toFile: folder + "/server.conf", atomically: true, encoding: .utf8)
    process = Mutex(nil)
    try start()
  }

  deinit {
    kill(SIGKILL)
    try? FileManager.default.removeItem(atPath: folder)
  }

  func start() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["-c", folder + "/server.conf", "-l", folder + "/server.log"]
    try process.run()
    ServersAtExit.note(process.processIdentifier)
    self.process.withLock { $0 = process }
    let end = Date().addingTimeInterval(Self.startSeconds)
    while !isListening {
      guard Date() < end else { throw NoServer(why: "nats-server does not listen on \(address)") }
      Thread.sleep(forTimeInterval: Self.pollSeconds)
    }
  }

  /// SIGKILL waits until it is gone.
  func kill(_ signal: CInt) {
    process.withLock { process in
      guard let running = process else { return }
      _ = Glibc.kill(running.processIdentifier, signal)
      if signal == SIGKILL {
        running.waitUntilExit()
        process = nil
      }
    }
  }

  /// Whether a text lies in any of its files.
  func holds(_ text: String) throws -> Bool {
    let files = FileManager.default.enumerator(atPath: folder)
    while let name = files?.nextObject() as? String {
      guard let bytes = FileManager.default.contents(atPath: folder + "/" + name) else { continue }
      if bytes.range(of: Data(text.utf8)) != nil { return true }
    }
    return false
  }

  private var isListening: Bool {
    let parts = address.split(separator: ":")
    guard let port = parts.last.flatMap({ UInt16($0) }) else { return false }
    let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(handle) }
    var name = Self.loopback(port)
    return withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return name
  }

  /// A port that nobody uses at this moment.
  private static func freePort() throws -> UInt16 {
    let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(handle) }
    var name = loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isFound = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(handle, $0, length) == 0 && getsockname(handle, $0, &length) == 0
      }
    }
    guard isFound else { throw NoServer(why: "no port is free") }
    return UInt16(bigEndian: name.sin_port)
  }

  /// What `Tools/setup test` has installed.
  private static func installed() throws -> String {
    if let named = ProcessInfo.processInfo.environment["CONFAB_NATS_SERVER"] { return named }
    let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path = top.appendingPathComponent(".build-nats/venv/bin/nats-server").path
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw NoServer(why: "\(path) is missing: run Tools/setup test")
    }
    return path
  }
}

extension Result where Success == NATSServer {
  /// A journal in a place of its own; the same folder names the same place.
  func open(_ folder: Folder) throws -> JetStreamJournal {
    // Not seeded: the server takes two batches with one id for one.
    try JetStreamJournal(
      options([try get()], folder), folder: folder.path + "/data",
      salts: SystemRandomNumberGenerator())
  }
}

/// - Parameter folder: gives the place its name.
func options(_ servers: [NATSServer], _ folder: Folder) throws -> JetStreamOptions {
  let name = folder.path.suffix(12).lowercased()
  let text = servers.map(\.address).joined(separator: ",")
  guard let address = JournalAddress("nats://\(text)/\(name)") else {
    throw NoServer(why: "\(text) is no address")
  }
  var options = JetStreamOptions(address: address)
  // Three servers take some seconds to choose another leader.
  options.answerSecondsMax = servers.count > 1 ? 30 : 3
  return options
}

struct NoServer: Error {
  let why: String
}

/// Servers end with the tests, whichever way those end.
private enum ServersAtExit {
  private static let processes = Mutex<[pid_t]>([])
  private static let registered: Void = {
    _ = atexit { ServersAtExit.killAll() }
  }()

  static func note(_ process: pid_t) {
    _ = registered
    processes.withLock { $0.append(process) }
  }

  private static func killAll() {
    for process in processes.withLock({ $0 }) { kill(process, SIGKILL) }
  }
}
