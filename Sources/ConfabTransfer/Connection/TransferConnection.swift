package import Primitives

/// One transfer's connection between two devices: datagrams and time in, datagrams, bytes and events
/// out.
///
/// *Inputs:* `receive` for each datagram and `endReceiveBatch` after each batch of them, `timeout` when
/// `nextDeadline` has come, and what the owner wants: `sendControl`, `sendContent`, `creditContent`,
/// `addCandidate`, `close`. *Outputs,* to be drained after every input: `transmit` until it gives
/// nothing, then `nextEvent` until it gives nothing; then wait for `nextDeadline`.
///
/// All that decides is in `ConnectionCore`, which is not generic, so that it is compiled once and well.
/// This shell around it calls the cipher, the source and the sink, each once for a packet.
package struct TransferConnection<Cipher: PacketCipher & ~Copyable>: ~Copyable {
  private var core: ConnectionCore
  private var ciphers: PacketCiphers<Cipher>?

  package init(_ setup: ConnectionSetup, at now: MonotonicTime) {
    core = ConnectionCore(setup, at: now.nanoseconds)
    ciphers = nil
  }

  /// - Parameters:
  ///   - datagram: one datagram, which is opened in place.
  package mutating func receive<Sink: ContentSink & ~Copyable>(
    _ datagram: UnsafeMutableRawBufferPointer, from address: PathAddress,
    mark: ECNMark = .none, at now: MonotonicTime, into sink: inout Sink
  ) {
    let now = now.nanoseconds
    guard let packet = core.admit(UnsafeRawBufferPointer(datagram), from: address, at: now) else {
      installKeys(at: now)
      return
    }
    guard let base = datagram.baseAddress,
      ciphers?.open(
        base, payloadCount: packet.payloadCount, packetNumber: packet.number, with: packet.key)
        ?? false
    else { return core.failedToOpen(at: now) }
    if packet.key == .next { followKeyUpdate(at: now) }
    core.opened(packet, from: address, bytes: datagram.count, mark: mark, at: now)
    let payload = UnsafeRawBufferPointer(
      start: base + PacketLimits.shortHeaderBytes, count: packet.payloadCount)
    var reader = FrameReader(payload, ranges: core.rangeScratch)
    while let delivery = core.nextDelivery(&reader, payload, at: now) {
      sink.write(
        UnsafeRawBufferPointer(rebasing: payload[delivery.start..<delivery.start + delivery.count]),
        at: delivery.offset)
    }
    core.finishedPacket(packet, at: now)
  }

  /// After each batch of datagrams: whether to acknowledge is decided once for all of them.
  package mutating func endReceiveBatch(at now: MonotonicTime) {
    core.policy.endBatch(at: now.nanoseconds)
  }

  package mutating func timeout(at now: MonotonicTime) {
    let now = now.nanoseconds
    core.timeout(at: now)
    if core.keys.previousExpired(at: now) { ciphers?.forgetPrevious() }
  }

  /// Fills the buffer with a train for one path; nil when nothing is to be sent now.
  package mutating func transmit<Source: ContentSource & ~Copyable>(
    into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime, from source: inout Source
  ) -> Train? {
    let now = now.nanoseconds
    if let train = core.transmitHandshake(into: buffer, at: now) { return train }
    guard let base = buffer.baseAddress, ciphers != nil else { return nil }
    if core.keys.isDue(at: now) { updateSendKey(at: now) }
    if core.keys.isWornOut { core.end(.violation(.keyWornOut)) }
    guard var plan = core.planTrain(capacity: buffer.count, at: now) else { return nil }
    while let packet = core.assemble(&plan, base, at: now) {
      if let chunk = packet.chunk {
        let place = UnsafeMutableRawBufferPointer(
          start: base + packet.contentPlace,
          count: Int(chunk.range.upperBound - chunk.range.lowerBound))
        guard source.read(at: chunk.range.lowerBound, into: place) else {
          core.unreadable(chunk)
          continue
        }
      }
      ciphers?.seal(
        base + packet.start, payloadCount: packet.payloadCount, packetNumber: packet.record.number)
      core.sealed(packet, &plan, at: now)
    }
    return core.finish(plan, at: now)
  }

  // MARK: The owner's wishes

  /// False when the window is full; `controlWritable` tells when to try again.
  package mutating func sendControl(_ bytes: [UInt8]) -> Bool { core.controlOut.write(bytes) }

  /// Queues a range of the content. It may have been sent before, when the recipient asks anew.
  package mutating func sendContent(_ range: Range<UInt64>) { core.queueContent(range) }

  /// So many bytes of new content may come in all, the initial credit included; bytes asked for anew
  /// count anew.
  package mutating func creditContent(_ bytes: UInt64) { core.contentIn.raiseCredit(to: bytes) }

  /// These bytes were no good: take them again when they come again.
  package mutating func expectAgain(_ range: Range<UInt64>) { core.contentIn.forget(range) }

  /// The other side may be reached there too.
  package mutating func addCandidate(_ candidate: Candidate, at now: MonotonicTime) {
    core.addCandidate(candidate, at: now.nanoseconds)
  }

  /// The other side may be reached through the relay too, from the socket that has a place there.
  package mutating func addRelay(_ address: PathAddress, at now: MonotonicTime) {
    core.addRelay(address, at: now.nanoseconds)
  }

  /// What was sent of the handshake has been lost somewhere: it need not wait for its time.
  package mutating func hurryHandshake(at now: MonotonicTime) {
    core.handshake.hurry(at: now.nanoseconds)
  }

  /// Tells the other side where else this one may be reached.
  package mutating func announce(_ candidates: [Candidate]) {
    core.announce(candidates)
  }

  package mutating func close(code: UInt16, reason: String, at now: MonotonicTime) {
    core.close(.byUs(code: code, reason: reason), code: code, reason: reason, at: now.nanoseconds)
  }

  // MARK: What the shell learns from the operating system

  /// It refused a datagram of that size.
  package mutating func datagramRefused(bytes: Int, to address: PathAddress) {
    core.datagramRefused(bytes: bytes, to: address)
  }

  /// Datagrams that the socket dropped so far because nobody read them in time.
  package mutating func hostDropped(total: UInt64) { core.hostDrops = total }

  // MARK: What became of it

  package mutating func nextEvent() -> TransferEvent? { core.nextEvent() }

  /// When `timeout` and `transmit` are to be called, if nothing comes before.
  package var nextDeadline: MonotonicTime? {
    core.nextDeadline.map { MonotonicTime(nanoseconds: $0) }
  }

  package var statistics: TransferStatistics { core.currentStatistics }
  package var isClosed: Bool { core.phase == .closed }
  package var isEstablished: Bool { core.phase == .established }
  package var activePath: PathAddress? { core.activePath?.address }
  package var activePathKind: PathKind? { core.activePath?.kind }
  /// Nothing of content or control is left to send or to be acknowledged.
  package var isEverythingAcknowledged: Bool { core.isEverythingAcknowledged }
  package var controlBytesUnacknowledged: Int { core.controlOut.unacknowledgedBytes }
  /// The number that the next packet gets.
  package var nextPacketNumber: UInt64 { core.recovery.sent.next }
  package var keyPhase: UInt64 { core.keys.sendPhase }

  // MARK: Keys

  private mutating func installKeys(at now: UInt64) {
    guard let fresh = core.takeNewKeys() else { return }
    ciphers = PacketCiphers<Cipher>(fresh)
  }

  private mutating func updateSendKey(at now: UInt64) {
    ciphers?.updateSending()
    core.keys.updatedSending(from: core.recovery.sent.next, at: now)
    core.statistics.keyUpdates += 1
  }

  private mutating func followKeyUpdate(at now: UInt64) {
    ciphers?.updateReceiving()
    if core.keys.updatedReceiving(keepPreviousUntil: now + 3 * core.recovery.roundTrip.probeTimeout)
    {
      updateSendKey(at: now)
    }
  }
}
