package import ConfabNetwork
package import ConfabTransfer
package import Primitives

/// Files that are offered: the socket that their takers come to, and a presentation for each of them.
///
/// Proof: everything but what is constant is touched on the loop's thread only.
package final class FileOffering: LoopEndpoint, @unchecked Sendable {
  package let tree: SourceTree

  /// First messages that came before their answers did through the server, of so many takers.
  private static let earlyMax = 16

  private let hashing: ContentHashing
  private let holes: [Range<UInt64>]
  private let loop: TransferLoop
  private let threads: DiskThreads

  private var id: UInt64 = 0
  private var gathering: CandidateGathering?
  private var gatheringWaiters: [@Sendable ([Candidate]) -> Void] = []
  /// For the next taker, with a socket of its own: to the relay an address is one end of one pair.
  private var nextRelay: RelayBinding?
  /// Of takers who are done: sockets are few.
  private var idleRelays: [RelayBinding] = []
  private var takers: [FilePresentation] = []
  private var nextTaker = 0
  /// Which taker an address is of; only where there are several.
  private var owners: [PathAddress: Int] = [:]
  private var early: [(bytes: [UInt8], from: PathAddress)] = []
  private var isClosed = false

  private init(
    _ tree: SourceTree, holes: [Range<UInt64>], loop: TransferLoop, threads: DiskThreads
  ) {
    self.tree = tree
    self.holes = holes
    self.loop = loop
    self.threads = threads
    hashing = ContentHashing(
      tree, layout: LeafLayout(contentBytes: tree.manifest.contentBytes), on: threads.reading)
  }

  /// Opens the socket and asks the server, if there is one, where it is seen.
  package static func open(
    _ tree: SourceTree, server: PathAddress?, loop: TransferLoop, threads: DiskThreads
  ) async throws -> FileOffering {
    let holes = await withCheckedContinuation { continuation in
      threads.reading.submit { continuation.resume(returning: tree.holes()) }
    }
    let offering = FileOffering(tree, holes: holes, loop: loop, threads: threads)
    try await loop.perform { state in
      offering.id = state.attach(offering)
      let (number, port) = try state.openSocket(for: offering.id)
      offering.gathering = CandidateGathering(
        server: server, port: port, socket: number, at: state.now)
      if let server { offering.nextRelay = try offering.newBinding(server, state) }
    }
    return offering
  }

  /// Asks another server where this socket is seen.
  package func ask(_ server: PathAddress?) {
    loop.post { state in self.gathering?.ask(server, at: state.now) }
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

  /// False when this side's datagrams do not even get to the server; nil while that is not known.
  package func reachesServer() async -> Bool? {
    try? await loop.perform { _ in self.gathering?.reachesServer }
  }

  /// Somebody takes the offer.
  ///
  /// - Parameter relay: a place for this pair alone.
  package func accept(
    _ setup: ConnectionSetup, relay: RelayPlace? = nil
  ) async throws -> FilePresentation {
    try await loop.perform { state in
      let place = try relay.map { ($0.token, try self.takeBinding($0.address, state)) }
      let taker = FilePresentation(
        setup, of: self.tree, holes: self.holes, hashing: self.hashing, relay: place,
        loop: self.loop, threads: self.threads, at: state.now)
      self.takers.append(taker)
      self.gathering?.beginWatching()
      for (bytes, source) in self.early { self.tryAll(bytes, from: source, .none, at: state.now) }
      taker.endReceiveBatch(hostDrops: nil, at: state.now)
      return taker
    }
  }

  private func newBinding(
    _ relay: PathAddress, _ state: LoopState
  ) throws(SystemError) -> RelayBinding {
    if var idle = idleRelays.popLast() {
      idle.release(at: state.now)
      return idle
    }
    return RelayBinding(relay, socket: try state.openSocket(for: id).number, at: state.now)
  }

  private func takeBinding(
    _ relay: PathAddress, _ state: LoopState
  ) throws(SystemError) -> RelayBinding {
    let taken = if let nextRelay { nextRelay } else { try newBinding(relay, state) }
    // Without one ready, the next taker waits a little longer.
    nextRelay = try? newBinding(relay, state)
    return taken
  }

  /// Takes no more takers; those that are there are served to their end.
  package func close() {
    loop.post { state in
      self.isClosed = true
      self.detachIfDone()
    }
  }

  package func counts() async throws -> LoopCounts? {
    try await loop.perform { state in state.counts(self.id) }
  }

  private func tellCandidates() {
    guard let gathering, gathering.isFinished else { return }
    for waiter in gatheringWaiters { waiter(gathering.candidates) }
    gatheringWaiters = []
  }

  private func tellChanges(at now: MonotonicTime) {
    guard let changed = gathering?.takeChanged() else { return }
    for taker in takers { taker.announce(changed, at: now) }
  }

  private func detachIfDone() {
    if takers.isEmpty { gathering?.endWatching() }
    guard isClosed, takers.isEmpty else { return }
    let id = id
    loop.post { state in state.detach(id) }
  }
}

// The loop's calls.
extension FileOffering {
  package func receive(_ slot: ReceiveBatch.Slot, at now: MonotonicTime) {
    slot.forEachDatagram { datagram in
      switch DatagramFamily(datagram[0]) {
      case .transfer: route(datagram, slot, at: now)
      case .relay: receiveFromRelay(UnsafeRawBufferPointer(datagram), slot, at: now)
      case .stun: gathering?.receive(Array(datagram), from: slot.source)
      case .foreign: break
      }
    }
  }

  private func receiveFromRelay(
    _ datagram: UnsafeRawBufferPointer, _ slot: ReceiveBatch.Slot, at now: MonotonicTime
  ) {
    if nextRelay?.relay == slot.source { _ = nextRelay?.receive(datagram, at: now) }
    for taker in takers { taker.receiveFromRelay(datagram, from: slot.source, at: now) }
  }

  package func endReceiveBatch(
    socketDrops: (socket: UInt8, count: UInt32)?, at now: MonotonicTime
  ) {
    for taker in takers { taker.endReceiveBatch(hostDrops: socketDrops?.count, at: now) }
    gatheringChanged(at: now)
  }

  private func gatheringChanged(at now: MonotonicTime) {
    guard gathering?.takeNews() ?? false else { return }
    tellCandidates()
    tellChanges(at: now)
  }

  package func nextTrain(
    into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime
  ) -> OutgoingTrain? {
    if let (bytes, address) = gathering?.nextDatagram(at: now) {
      buffer.copyBytes(from: bytes)
      return OutgoingTrain(one: bytes.count, to: address)
    }
    if let train = nextRelay?.nextTrain(into: buffer, at: now) { return train }
    // Silence is found out when there is nothing more to ask.
    gatheringChanged(at: now)
    for step in 0..<takers.count {
      let index = (nextTaker + step) % takers.count
      guard let train = takers[index].nextTrain(into: buffer, at: now) else { continue }
      // The next one has the next turn, so that all of them go equally fast.
      nextTaker = (index + 1) % takers.count
      return train
    }
    if takers.contains(where: { $0.finishIfDone() }) { forgetFinished() }
    return nil
  }

  package func wasTooLarge(_ train: OutgoingTrain, at now: MonotonicTime) {
    for taker in takers { taker.wasTooLarge(train) }
  }

  package var nextDeadline: MonotonicTime? {
    var earliest = gathering?.nextDeadline
    for deadline in takers.map(\.nextDeadline) + [nextRelay?.nextDeadline] {
      guard let deadline else { continue }
      earliest = earliest.map { min($0, deadline) } ?? deadline
    }
    return earliest
  }

  package func timeout(at now: MonotonicTime) {
    for taker in takers { taker.timeout(at: now) }
    gatheringChanged(at: now)
  }
}

// Whose datagram it is.
extension FileOffering {
  private func route(
    _ datagram: UnsafeMutableRawBufferPointer, _ slot: ReceiveBatch.Slot, at now: MonotonicTime
  ) {
    let isPacket = ShortHeaderType.matches(datagram[0])
    // A message of the handshake may be of somebody whose answer is still on its way.
    if takers.count == 1, takers[0].isEstablished, isPacket {
      return takers[0].receive(datagram, from: slot.source, mark: slot.mark, at: now)
    }
    if let owner = owners[slot.source], owner < takers.count, isPacket {
      return takers[owner].receive(datagram, from: slot.source, mark: slot.mark, at: now)
    }
    let bytes = Array(datagram)
    tryAll(bytes, from: slot.source, slot.mark, at: now)
    guard !isPacket else { return }
    // Its answer may still be on its way through the server.
    early.removeAll { $0.from == slot.source }
    if early.count == Self.earlyMax { early.removeFirst() }
    early.append((bytes, slot.source))
  }

  /// Shows a datagram to everybody, each a copy because opening destroys it; whoever can open it has
  /// that address.
  private func tryAll(
    _ bytes: [UInt8], from source: PathAddress, _ mark: ECNMark, at now: MonotonicTime
  ) {
    for (index, taker) in takers.enumerated() {
      let before = (taker.packetsReceived, taker.isEstablished)
      var copy = bytes
      copy.withUnsafeMutableBytes { taker.receive($0, from: source, mark: mark, at: now) }
      guard (taker.packetsReceived, taker.isEstablished) != before else { continue }
      owners[source] = index
      return
    }
  }

  private func forgetFinished() {
    idleRelays += takers.filter(\.isOver).compactMap(\.relay)
    takers.removeAll { $0.isOver }
    owners = [:]
    nextTaker = 0
    detachIfDone()
  }
}
