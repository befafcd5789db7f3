package import ConfabNetwork
package import ConfabTransfer
import Glibc
package import Primitives

/// The recipient's end of a transfer: connection, machine and disk joined on one socket.
///
/// Make it when an offer comes, so that its addresses are known by the time that a person has said
/// yes; `begin` when the answer is sent; follow `updates` until `.ended`.
///
/// Proof: everything but what is constant is touched on the loop's thread only.
package final class FileReception: LoopEndpoint, @unchecked Sendable {
  package let updates: AsyncStream<TransferUpdate>

  private let loop: TransferLoop
  private let threads: DiskThreads
  private let options: ReceptionOptions
  private let continuation: AsyncStream<TransferUpdate>.Continuation

  private var id: UInt64 = 0
  private var gathering: CandidateGathering?
  private var gatheringWaiters: [@Sendable ([Candidate]) -> Void] = []
  /// Until the channel has it: the relay is asked before there is a token.
  private var relay: RelayBinding?
  private var channel: TransferChannel?
  private var machine: RecipientMachine
  private let pool = StagingPool()
  private var sink: StagingSink
  private var disk: ReceptionDisk?
  private var digests: DigestTable?
  private var topNames: [Int: String] = [:]
  private var nothing = NoContent()
  /// Nothing of it is to be gone on with.
  private var isCancelled = false
  /// A person does not wait for it any more.
  private var isStopped = false

  /// Updates beyond it push out the oldest; progress is repeated anyway.
  private static let updatesMax = 64

  private init(_ options: ReceptionOptions, loop: TransferLoop, threads: DiskThreads) {
    self.options = options
    self.loop = loop
    self.threads = threads
    machine = RecipientMachine(options.machine, at: MonotonicClock.now)
    sink = StagingSink(pool)
    (updates, continuation) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingNewest(Self.updatesMax))
  }

  /// Opens the socket and asks the server, if there is one, where it is seen.
  package static func open(
    _ options: ReceptionOptions, server: PathAddress?, loop: TransferLoop, threads: DiskThreads
  ) async throws -> FileReception {
    let reception = FileReception(options, loop: loop, threads: threads)
    try await loop.perform { state in
      reception.id = state.attach(reception)
      let (number, port) = try state.openSocket(for: reception.id)
      reception.gathering = CandidateGathering(
        server: server, port: port, socket: number, at: state.now)
      reception.relay = server.map { RelayBinding($0, socket: number, at: state.now) }
    }
    return reception
  }

  /// Our addresses as far as they are known without waiting for anybody.
  package func candidatesSoFar() async throws -> [Candidate] {
    try await loop.perform { _ in self.gathering?.candidates ?? [] }
  }

  /// Our addresses, once the server has answered or was silent.
  package func candidates() async -> [Candidate] {
    await withCheckedContinuation { continuation in
      let isPosted = loop.post { _ in
        self.gatheringWaiters.append { continuation.resume(returning: $0) }
        self.tellCandidates()
      }
      if !isPosted { continuation.resume(returning: []) }
    }
  }

  /// Connects to the presenter.
  package func begin(_ setup: ConnectionSetup, relay: RelayPlace? = nil) {
    loop.post { state in
      guard self.channel == nil else { return }
      self.channel = TransferChannel(setup, at: state.now, updates: self.continuation)
      self.gathering?.beginWatching()
      self.pump(at: state.now)
    }
    if let relay { use(relay) }
  }

  /// The server has a place at its relay for this pair.
  package func use(_ place: RelayPlace) {
    loop.post { state in
      let binding =
        self.relay.take() ?? RelayBinding(place.address, socket: 0, at: state.now)
      self.channel?.use(place.token, with: binding, at: state.now)
    }
  }

  /// Another address at which the presenter may be reached.
  package func add(_ candidate: Candidate) {
    loop.post { state in self.channel?.connection.addCandidate(candidate, at: state.now) }
  }

  /// A person ends it for good: what has arrived is taken away.
  package func cancel() {
    loop.post { state in
      self.isCancelled = self.channel?.isOpen ?? true
      self.machine.handle(.cancel, at: state.now)
      self.pump(at: state.now)
      self.endUnbegun()
    }
  }

  /// Ends the connection; begun again, the transfer goes on where it is.
  package func stop() {
    loop.post { state in
      self.isStopped = true
      self.channel?.leave(
        .interrupted(.stopped), code: FileCloseCode.stopped, self.machine.progress, at: state.now)
      self.pump(at: state.now)
      self.endUnbegun()
    }
  }

  package func statistics() async throws -> (transfer: TransferStatistics?, loop: LoopCounts?) {
    try await loop.perform { state in
      (self.channel?.connection.statistics, state.counts(self.id))
    }
  }

  private func endUnbegun() {
    guard channel == nil else { return }
    continuation.yield(.ended(.interrupted(.stopped)))
    continuation.finish()
    detach()
  }

  private func detach() {
    let id = id
    loop.post { state in state.detach(id) }
    disk?.close(discarding: isCancelled)
  }

  private func tellCandidates() {
    guard let gathering, gathering.isFinished else { return }
    for waiter in gatheringWaiters { waiter(gathering.candidates) }
    gatheringWaiters = []
  }
}

// The loop's calls.
extension FileReception {
  package func receive(_ slot: ReceiveBatch.Slot, at now: MonotonicTime) {
    slot.forEachDatagram { datagram in
      switch DatagramFamily(datagram[0]) {
      case .transfer:
        channel?.connection.receive(
          datagram, from: slot.source, mark: slot.mark, at: now, into: &sink)
      case .relay:
        if relay?.relay == slot.source {
          _ = relay?.receive(UnsafeRawBufferPointer(datagram), at: now)
        }
        channel?.receiveFromRelay(UnsafeRawBufferPointer(datagram), from: slot.source, at: now)
      case .stun: gathering?.receive(Array(datagram), from: slot.source)
      case .foreign: break
      }
    }
  }

  package func endReceiveBatch(
    socketDrops: (socket: UInt8, count: UInt32)?, at now: MonotonicTime
  ) {
    if let socketDrops { channel?.connection.hostDropped(total: UInt64(socketDrops.count)) }
    channel?.connection.endReceiveBatch(at: now)
    gatheringChanged(at: now)
    pump(at: now)
  }

  private func gatheringChanged(at now: MonotonicTime) {
    guard gathering?.takeNews() ?? false else { return }
    tellCandidates()
    guard let changed = gathering?.takeChanged() else { return }
    channel?.announce(changed, at: now)
  }

  package func nextTrain(
    into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime
  ) -> OutgoingTrain? {
    if let (bytes, address) = gathering?.nextDatagram(at: now) {
      buffer.copyBytes(from: bytes)
      return OutgoingTrain(one: bytes.count, to: address)
    }
    if let train = relay?.nextTrain(into: buffer, at: now) { return train }
    // Silence is found out when there is nothing more to ask.
    gatheringChanged(at: now)
    guard channel != nil else { return nil }
    if let train = channel?.nextRelayDatagram(into: buffer, at: now) { return train }
    if let train = channel?.connection.transmit(into: buffer, at: now, from: &nothing) {
      return OutgoingTrain(train)
    }
    if mayFinish, channel?.finishIfDone() ?? false { detach() }
    return nil
  }

  /// The hidden folder has to go, and who reads a stream may be behind a transfer that is done. Where it
  /// was broken off or stopped nobody waits for him: he may be a program that reads no more.
  private var mayFinish: Bool {
    guard let disk else { return true }
    return disk.isSettled && (disk.isDrained || isStopped || completion == .incomplete)
  }

  package func wasTooLarge(_ train: OutgoingTrain, at now: MonotonicTime) {
    channel?.connection.datagramRefused(bytes: train.segmentBytes, to: train.address)
  }

  package var nextDeadline: MonotonicTime? {
    let own = [gathering?.nextDeadline, relay?.nextDeadline, channel?.nextDeadline]
    let files = channel?.isOpen ?? false ? machine.nextDeadline : nil
    return (own + [files]).compactMap { $0 }.min()
  }

  package func timeout(at now: MonotonicTime) {
    channel?.timeout(at: now)
    if let deadline = machine.nextDeadline, deadline <= now { machine.handle(.timeout, at: now) }
    gatheringChanged(at: now)
    pump(at: now)
  }
}

// What the machine and the connection have to say to each other.
extension FileReception {
  /// Passes everything on until nobody has anything more to say.
  private func pump(at now: MonotonicTime) {
    guard channel != nil else { return }
    if pool.isOverdrawn { machine.handle(.flooded, at: now) }
    if let writer = disk?.writer { sink.settle(with: &machine, to: writer, at: now) }
    while let event = channel?.connection.nextEvent() {
      if !(channel?.handle(event) ?? true), case .control(let bytes) = event {
        machine.handle(.control(bytes), at: now)
      }
      if case .closed(.byPeer(FileCloseCode.done, _)) = event { forgetJournal() }
    }
    drain(at: now)
    if channel?.meter.nextTick ?? now <= now, channel?.isOpen ?? false {
      let statistics = channel?.connection.statistics
      machine.handle(.roundTrip(statistics?.smoothedRoundTrip ?? .zero), at: now)
      channel?.tick(machine.progress, at: now)
      drain(at: now)
    }
    let mayLeave = mayLeave
    channel?.closeIfDue(mayLeave: mayLeave, at: now)
  }

  private func drain(at now: MonotonicTime) {
    while let effect = machine.nextEffect() { perform(effect, at: now) }
    flushControl()
  }

  /// When the last message, which says what went wrong, has arrived. After success it is the presenter
  /// who closes.
  private var mayLeave: Bool {
    guard case .leaving(let end, _, _)? = channel?.ending else { return false }
    if case .done = end { return false }
    return channel?.connection.controlBytesUnacknowledged == 0
  }

  private func flushControl() {
    guard var line = channel?.line else { return }
    line.flush(
      next: nextControl, send: { channel?.connection.sendControl($0) ?? false })
    channel?.line = line
  }

  private func nextControl() -> [UInt8]? {
    guard let message = machine.nextControl() else { return nil }
    // What is asked for again would be taken for something that came before.
    var decoder = ControlDecoder()
    decoder.append(message)
    if case .again(let ranges)?? = (try? decoder.next()) as ControlMessage?? {
      for range in ranges { channel?.connection.expectAgain(range) }
    }
    return message
  }

  /// Something that was asked of the disk is done.
  private func told(_ inputs: [RecipientInput]) {
    loop.post { state in
      for input in inputs {
        if case .published(let entry) = input {
          self.topNames[entry] = self.disk?.publishedName(of: entry)
        }
        self.machine.handle(input, at: state.now)
      }
      self.pump(at: state.now)
    }
  }

  private func perform(_ effect: RecipientEffect, at now: MonotonicTime) {
    switch effect {
    case .open(let manifest, let identity, let header): open(manifest, identity, header)
    case .credit(let total): channel?.connection.creditContent(total)
    case .fileDigest(let entry, let hash): digests?.set(entry, hash)
    case .paused(let reason, let byPeer):
      channel?.setPause(.init(reason: reason, byPeer: byPeer), machine.progress, at: now)
    case .resumed: channel?.setPause(nil, machine.progress, at: now)
    case .done: finish(at: now)
    case .failed(let failure, let byPeer):
      channel?.leave(
        .failed(failure, byPeer: byPeer), code: FileCloseCode.failed, machine.progress, at: now)
    case .removeJournal: forgetJournal()
    default: disk?.perform(effect)
    }
  }

  private func open(_ manifest: Manifest, _ identity: TransferIdentity, _ header: [UInt8]) {
    digests = DigestTable(manifest)
    let disk = ReceptionDisk(
      manifest, identity, layout: machine.layout, options: options, pool: pool, threads: threads
    ) { [weak self] inputs in self?.told(inputs) }
    self.disk = disk
    disk.open()
  }

  private func finish(at now: MonotonicTime) {
    guard let manifest = machine.manifest, let digests = digests?.digests else { return }
    let report = TransferReport(
      manifest: manifest, digests: digests, topNames: topNames,
      seconds: channel?.seconds(at: now) ?? 0, path: channel?.path ?? .direct)
    channel?.leave(.done(report), code: FileCloseCode.done, machine.progress, at: now)
  }

  private func forgetJournal() {
    guard case .complete = completion else { return }
    disk?.perform(.removeJournal)
  }

  private enum Completion {
    case incomplete
    case complete
  }

  private var completion: Completion {
    switch channel?.ending {
    case .leaving(.done, _, _)?, .closed(.done)?: .complete
    default: .incomplete
    }
  }
}
