import ConfabNetwork
package import ConfabTransfer
import Primitives

/// The presenter's end of one transfer: what one taker of an offer gets.
///
/// Proof: everything but what is constant is touched on the loop's thread only.
package final class FilePresentation: @unchecked Sendable {
  package let updates: AsyncStream<TransferUpdate>

  private let tree: SourceTree
  private let hashing: ContentHashing
  private let loop: TransferLoop
  private let threads: DiskThreads
  private let continuation: AsyncStream<TransferUpdate>.Continuation

  private var channel: TransferChannel
  private var machine: PresenterMachine
  private var source: PacketSource
  private var prefetchFiles = PrefetchFiles()
  private var nothing = NoContent()
  private var listener: Int?
  /// What of the hashing's findings the machine has.
  private var leavesTaken = 0
  private var digestsTaken = 0
  private var digests: DigestTable

  private static let updatesMax = 64

  /// On the loop's thread.
  init(
    _ setup: ConnectionSetup, of tree: SourceTree, holes: [Range<UInt64>],
    hashing: ContentHashing, relay: (token: TransferToken, binding: RelayBinding)?,
    loop: TransferLoop, threads: DiskThreads, at now: MonotonicTime
  ) {
    self.tree = tree
    self.hashing = hashing
    self.loop = loop
    self.threads = threads
    (updates, continuation) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingNewest(Self.updatesMax))
    channel = TransferChannel(setup, at: now, updates: continuation)
    if let relay { channel.use(relay.token, with: relay.binding, at: now) }
    machine = PresenterMachine(tree.manifest, holes: holes)
    source = PacketSource(tree)
    digests = DigestTable(tree.manifest)
    listener = hashing.listen { [weak self] in
      guard let self else { return }
      self.loop.post { state in
        self.takeFindings()
        self.pump(at: state.now)
      }
    }
    pump(at: now)
  }

  /// A person ends it for good.
  package func cancel() {
    loop.post { state in
      self.machine.handle(.cancel)
      self.pump(at: state.now)
    }
  }

  /// Ends the connection; offered again, the transfer goes on where it is.
  package func stop() {
    loop.post { state in
      self.channel.leave(
        .interrupted(.stopped), code: FileCloseCode.stopped, self.machine.progress, at: state.now)
      self.pump(at: state.now)
    }
  }

  /// Another address at which the recipient may be reached.
  package func add(_ candidate: Candidate) {
    loop.post { state in self.channel.connection.addCandidate(candidate, at: state.now) }
  }

  package func statistics() async throws -> TransferStatistics {
    try await loop.perform { _ in self.channel.connection.statistics }
  }

  /// Where the content goes, or went; nil when the recipient was never reached.
  package func destination() async throws -> PathAddress? {
    try await loop.perform { _ in self.channel.connection.activePath }
  }
}

// What the offering's turn on the loop calls.
extension FilePresentation {
  func receive(
    _ datagram: UnsafeMutableRawBufferPointer, from source: PathAddress, mark: ECNMark,
    at now: MonotonicTime
  ) {
    channel.connection.receive(datagram, from: source, mark: mark, at: now, into: &nothing)
  }

  func receiveFromRelay(
    _ datagram: UnsafeRawBufferPointer, from source: PathAddress, at now: MonotonicTime
  ) {
    channel.receiveFromRelay(datagram, from: source, at: now)
  }

  func endReceiveBatch(hostDrops: UInt32?, at now: MonotonicTime) {
    if let hostDrops { channel.connection.hostDropped(total: UInt64(hostDrops)) }
    channel.connection.endReceiveBatch(at: now)
    pump(at: now)
  }

  func nextTrain(
    into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime
  ) -> OutgoingTrain? {
    if let train = channel.nextRelayDatagram(into: buffer, at: now) { return train }
    if let train = channel.connection.transmit(into: buffer, at: now, from: &source) {
      return OutgoingTrain(train)
    }
    // Whatever there was to say has been said: `done` needs no answer.
    let mayLeave = mayLeave
    channel.closeIfDue(mayLeave: mayLeave, at: now)
    if let train = channel.connection.transmit(into: buffer, at: now, from: &source) {
      return OutgoingTrain(train)
    }
    return nil
  }

  func announce(_ candidates: [Candidate], at now: MonotonicTime) {
    channel.announce(candidates, at: now)
  }

  func wasTooLarge(_ train: OutgoingTrain) {
    channel.connection.datagramRefused(bytes: train.segmentBytes, to: train.address)
  }

  var nextDeadline: MonotonicTime? { channel.nextDeadline }

  func timeout(at now: MonotonicTime) {
    channel.timeout(at: now)
    pump(at: now)
  }

  var packetsReceived: UInt64 { channel.connection.statistics.packetsReceived }
  var isEstablished: Bool { channel.connection.isEstablished }
  var isOver: Bool { channel.isOver }
  /// The place at the relay, which is of no more use when this is over.
  var relay: RelayBinding? { channel.relay }

  /// - Returns: true when it is over, the first time that this is asked after.
  func finishIfDone() -> Bool {
    guard channel.finishIfDone() else { return false }
    if let listener { hashing.stopListening(listener) }
    listener = nil
    return true
  }
}

// What the machine and the connection have to say to each other.
extension FilePresentation {
  private var mayLeave: Bool {
    guard case .leaving(let end, _, _) = channel.ending else { return false }
    // The recipient has everything and knows it; its journal goes when the connection ends.
    if case .done = end { return true }
    return channel.connection.controlBytesUnacknowledged == 0
  }

  private func pump(at now: MonotonicTime) {
    while let event = channel.connection.nextEvent() {
      guard !channel.handle(event) else { continue }
      switch event {
      case .control(let bytes): machine.handle(.control(bytes))
      case .contentAcknowledged(let range): machine.handle(.contentAcknowledged(range))
      case .unreadable: tellFault(source.fault)
      default: break
      }
    }
    while let effect = machine.nextEffect() { perform(effect, at: now) }
    var line = channel.line
    line.flush(
      next: { machine.nextControl() }, send: { channel.connection.sendControl($0) })
    channel.line = line
    // Making messages may have let the hashing go on.
    while let effect = machine.nextEffect() { perform(effect, at: now) }
    channel.tick(machine.progress, at: now)
  }

  private func perform(_ effect: PresenterEffect, at now: MonotonicTime) {
    switch effect {
    case .sendContent(let range):
      tree.prefetch(range, with: &prefetchFiles)
      channel.connection.sendContent(range)
    case .hashLeaves(let end):
      hashing.extend(toLeaf: end)
      takeFindings()
    case .checkSources(let range): check(range)
    case .recipientPaused(let reason):
      channel.setPause(.init(reason: reason, byPeer: true), machine.progress, at: now)
    case .recipientResumed: channel.setPause(nil, machine.progress, at: now)
    case .done:
      let report = TransferReport(
        manifest: tree.manifest, digests: digests.digests, seconds: channel.seconds(at: now),
        path: channel.path)
      channel.leave(.done(report), code: FileCloseCode.done, machine.progress, at: now)
    case .failed(let failure, let byPeer):
      channel.leave(
        .failed(failure, byPeer: byPeer), code: FileCloseCode.failed, machine.progress, at: now)
    }
  }

  private func takeFindings() {
    let (findings, fault) = hashing.findings(afterLeaf: leavesTaken, digest: digestsTaken)
    for hash in findings.leaves {
      machine.handle(.leafHashed(UInt64(leavesTaken), hash))
      leavesTaken += 1
    }
    for (entry, hash) in findings.digests {
      digests.set(entry, hash)
      machine.handle(.fileDigested(entry: entry, hash))
    }
    digestsTaken += findings.digests.count
    tellFault(fault)
  }

  private func tellFault(_ fault: SourceFault?) {
    switch fault {
    case .changed(let entry): machine.handle(.sourceChanged(entry: entry))
    case .unreadable(let entry, let code):
      machine.handle(
        .sourceUnreadable(entry: entry, reason: SystemError("read a file", code: code).reason))
    case nil: break
    }
  }

  /// Compares files with the manifest, on the reading thread.
  private func check(_ range: Range<UInt64>) {
    let tree = tree
    threads.reading.submit {
      let fault = tree.firstFault(in: range)
      self.loop.post { state in
        self.tellFault(fault)
        if fault == nil { self.machine.handle(.sourcesUnchanged) }
        self.pump(at: state.now)
      }
    }
  }
}
