import ConfabClient
import ConfabNetwork
import ConfabTransfer
import Crypto
import Foundation

/// What `confab bench transfer` moves, and how often.
struct TransferLoadPlan: Sendable {
  var bytes: UInt64 = 2 << 30
  /// The bytes are spread over so many files.
  var files = 1
  var runs = 3
  /// Where the files are read and written.
  var folder: String
}

struct TransferLoadError: Error, CustomStringConvertible {
  var description: String
}

/// A presenter and a recipient in this process, with sockets, threads and files of their own: everything is
/// as between two machines but the server, which has no part in it once two devices have met.
struct TransferLoad {
  /// What the threads of each side are called, to know whose time they take.
  private static let presenter = "presenter"
  private static let recipient = "recipient"
  private static let blockBytes = 1 << 20

  private let plan: TransferLoadPlan
  private let folder: String
  private var source: String { folder + "/source" }

  init(_ plan: TransferLoadPlan) {
    self.plan = plan
    folder = plan.folder + "/confab-bench-\(getpid())"
  }

  func run() async throws -> TransferLoadReport {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try makeSource()
    var report = TransferLoadReport(plan)
    for number in 0..<plan.runs {
      let destination = folder + "/received-\(number)"
      try FileManager.default.createDirectory(
        atPath: destination, withIntermediateDirectories: true)
      report.runs.append(try await transfer(to: destination))
      try FileManager.default.removeItem(atPath: destination)
    }
    return report
  }

  /// Bytes without a pattern, and on the disk: what follows shall not wait for them.
  private func makeSource() throws {
    try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
    var random = SystemRandomNumberGenerator()
    var block = Data(capacity: Self.blockBytes)
    for _ in 0..<Self.blockBytes / 8 {
      withUnsafeBytes(of: random.next()) { block.append(contentsOf: $0) }
    }
    for number in 0..<plan.files {
      let share = plan.bytes / UInt64(plan.files)
      let path = source + "/\(number)"
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw TransferLoadError(description: "\(path) cannot be written")
      }
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      var left = share
      while left > 0 {
        // Every block is another: no file system shall find two alike.
        withUnsafeBytes(of: left ^ UInt64(number) << 40) { block.replaceSubrange(0..<8, with: $0) }
        try file.write(contentsOf: block.prefix(Int(min(left, UInt64(block.count)))))
        left -= min(left, UInt64(block.count))
      }
      try file.close()
    }
    sync()
  }

  private func transfer(to destination: String) async throws -> TransferLoadReport.Run {
    let presenter = try Side(Self.presenter)
    let recipient = try Side(Self.recipient)
    defer {
      presenter.stop()
      recipient.stop()
    }
    let tree = try SourceWalk.find([source])
    let offering = try await FileOffering.open(
      tree, server: nil, loop: presenter.loop, threads: presenter.threads)
    let reception = try await FileReception.open(
      ReceptionOptions(
        presenterName: "bench", presenterKey: ContentHash(repeating: 1),
        destination: .folder(destination), seed: .random(in: 0 ... .max)),
      server: nil, loop: recipient.loop, threads: recipient.threads)
    let setups = try await Self.settle(offering, reception)
    let clock = ContinuousClock()
    let began = clock.now
    reception.begin(setups.recipient)
    let presentation = try await offering.accept(setups.presenter)
    async let received = Self.end(reception.updates)
    let sent = await Self.end(presentation.updates)
    let seconds = (clock.now - began) / .seconds(1)
    guard case .done? = sent, case .done? = await received else {
      throw TransferLoadError(description: "the transfer did not come to its end")
    }
    let statistics = try await presentation.statistics()
    return TransferLoadReport.Run(
      seconds: seconds, presenterSeconds: ThreadUsage.cpuSeconds(named: Self.presenter),
      recipientSeconds: ThreadUsage.cpuSeconds(named: Self.recipient), statistics, plan)
  }

  private static func end(_ updates: AsyncStream<TransferUpdate>) async -> TransferEnd? {
    for await update in updates {
      if case .ended(let end) = update { return end }
    }
    return nil
  }

  /// What offer and answer would settle.
  private static func settle(
    _ offering: FileOffering, _ reception: FileReception
  ) async throws -> (presenter: ConnectionSetup, recipient: ConnectionSetup) {
    let keys = (Curve25519.KeyAgreement.PrivateKey(), Curve25519.KeyAgreement.PrivateKey())
    var random = SystemRandomNumberGenerator()
    let token = (0..<TransferToken.byteCount).map { _ in
      UInt8.random(in: 0 ... .max, using: &random)
    }
    let prologue = Array(SHA256.hash(data: token))
    func setup(
      _ role: ConnectionSetup.Role, _ own: Curve25519.KeyAgreement.PrivateKey,
      _ other: Curve25519.KeyAgreement.PrivateKey, _ indices: (UInt32, UInt32),
      _ candidates: [Candidate]
    ) -> ConnectionSetup {
      ConnectionSetup(
        role: role, staticPrivate: own, ephemeral: Curve25519.KeyAgreement.PrivateKey(),
        remoteStatic: Array(other.publicKey.rawRepresentation), prologue: prologue,
        localIndex: indices.0, remoteIndex: indices.1, token: token,
        candidates: candidates.filter(\.isLoopback), pathSeed: .random(in: 0 ... .max),
        skipSeed: .random(in: 0 ... .max))
    }
    return (
      setup(.presenter, keys.0, keys.1, (1, 2), await reception.candidates()),
      setup(.recipient, keys.1, keys.0, (2, 1), await offering.candidates())
    )
  }
}

/// The threads of one side.
private struct Side {
  let loop: TransferLoop
  let threads: DiskThreads

  init(_ name: String) throws {
    loop = try TransferLoop(name: name)
    threads = try DiskThreads(name)
  }

  func stop() {
    loop.stop()
    threads.stop()
  }
}

extension Candidate {
  fileprivate var isLoopback: Bool {
    PathAddress(high: high, low: low, port: port, localSocket: 0).isLoopback
  }
}
