import ConfabClient
import ConfabNetwork
import ConfabTransfer
import Crypto
import Primitives

/// Two devices on one machine, with everything real but the server between them.
final class TransferHarness: Sendable {
  let loop: TransferLoop
  let threads: DiskThreads

  init() throws {
    loop = try TransferLoop()
    threads = try DiskThreads()
  }

  deinit {
    loop.stop()
    threads.stop()
  }

  /// What offer and answer settle.
  struct Settled {
    var presenter: ConnectionSetup
    var recipient: ConnectionSetup
  }

  static func settle(taker: UInt32 = 0) -> Settled {
    let presenterKey = Curve25519.KeyAgreement.PrivateKey()
    let recipientKey = Curve25519.KeyAgreement.PrivateKey()
    let token = [UInt8](repeating: 7, count: 16)
    let prologue = [UInt8](repeating: UInt8(taker), count: 32)
    let (presenterIndex, recipientIndex): (UInt32, UInt32) = (0x1111, 0x2222 + taker)
    return Settled(
      presenter: ConnectionSetup(
        role: .presenter, staticPrivate: presenterKey, ephemeral: .init(),
        remoteStatic: Array(recipientKey.publicKey.rawRepresentation), prologue: prologue,
        localIndex: presenterIndex, remoteIndex: recipientIndex, token: token, candidates: [],
        pathSeed: 1, skipSeed: 2),
      recipient: ConnectionSetup(
        role: .recipient, staticPrivate: recipientKey, ephemeral: .init(),
        remoteStatic: Array(presenterKey.publicKey.rawRepresentation), prologue: prologue,
        localIndex: recipientIndex, remoteIndex: presenterIndex, token: token, candidates: [],
        pathSeed: 3, skipSeed: 4))
  }

  func offer(_ paths: [String]) async throws -> FileOffering {
    let tree = try SourceWalk.find(paths)
    return try await FileOffering.open(tree, server: nil, loop: loop, threads: threads)
  }

  func reception(
    _ destination: ReceptionOptions.Destination, seed: UInt64 = 1
  ) async throws -> FileReception {
    try await FileReception.open(
      ReceptionOptions(
        presenterName: "ann", presenterKey: ContentHash(repeating: 1), destination: destination,
        seed: seed), server: nil, loop: loop, threads: threads)
  }

  /// Brings both together; message 1 may come before the presenter knows of its taker.
  func connect(
    _ offering: FileOffering, _ reception: FileReception, taker: UInt32 = 0,
    change: (inout Settled) -> Void = { _ in }
  ) async throws -> FilePresentation {
    var settled = Self.settle(taker: taker)
    settled.presenter.candidates = Self.loopback(await reception.candidates())
    settled.recipient.candidates = Self.loopback(await offering.candidates())
    change(&settled)
    reception.begin(settled.recipient)
    return try await offering.accept(settled.presenter)
  }

  /// Other interfaces of the machine that runs the test may filter.
  static func loopback(_ candidates: [Candidate]) -> [Candidate] {
    candidates.filter { $0.high == 0 && $0.low == 0xFFFF_7F00_0001 }
  }
}

extension AsyncStream where Element == TransferUpdate {
  /// Follows to the end.
  ///
  /// - Parameter onProgress: called for each progress on the way.
  func end(onProgress: (TransferProgress) -> Void = { _ in }) async -> TransferEnd? {
    var end: TransferEnd?
    for await update in self {
      switch update {
      case .progress(let progress): onProgress(progress)
      case .ended(let how): end = how
      case .connected: break
      }
    }
    return end
  }
}

extension TransferEnd? {
  var report: TransferReport? {
    if case .done(let report)? = self { report } else { nil }
  }

  var failure: FileFailure? {
    if case .failed(let failure, _)? = self { failure } else { nil }
  }

  var interruption: Interruption? {
    if case .interrupted(let interruption)? = self { interruption } else { nil }
  }
}
