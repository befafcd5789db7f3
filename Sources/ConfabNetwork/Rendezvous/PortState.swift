import CLinux
import ConfabMedia
import ConfabTransfer
package import Primitives
import STUN

/// What the port's thread owns: tells by the first byte of each datagram for whom it is (RFC 7983),
/// and does what it asks for. It never leaves that thread.
package final class PortState {
  private static let expiryInterval = Duration.seconds(5)
  /// So that commands and timers have their turn while a flood comes in.
  private static let batchesPerTurnMax = 8

  private let socket: PortSocket
  private let poll: Int32
  private let count: @Sendable (UDPPort.Tally) -> Void
  private var batch = PortBatch(slotBytes: RelayLimits.datagramBytesMax + 1)
  /// What goes out in this turn.
  package var outgoing: OutgoingDatagrams
  /// Nil forwards nothing.
  private var relay: RelayForwarder?
  private var nextExpiry: MonotonicTime
  /// Nil while no meetings are served.
  package var media: (any PortMedia)?
  private var quota = AddressQuota()
  /// Of addresses that no forger has: a flood of forged ones takes nothing from them.
  private var provenQuota = AddressQuota()
  package let streams = PortStreams()
  private var tally = UDPPort.Tally()
  private var hasNews = false
  /// Pairings that were counted already.
  private var pairings = 0
  var isStopping = false
  /// When this turn began.
  package private(set) var now = MonotonicClock.now

  init(
    socket: consuming PortSocket, poll: Int32, relay limits: RelayLimits?,
    count: @escaping @Sendable (UDPPort.Tally) -> Void
  ) {
    outgoing = OutgoingDatagrams(descriptor: socket.descriptor)
    self.socket = socket
    self.poll = poll
    self.count = count
    nextExpiry = now + Self.expiryInterval
    relay = limits.map { RelayForwarder(limits: $0, at: now) }
    outgoing.onStream = { [streams] number, bytes in streams.write(bytes, to: number) }
  }

  // MARK: - Turns

  func run(taking commands: () -> [UDPPort.Command]) {
    clinux_exact_timers()
    var tags = [UInt64](repeating: 0, count: 2)
    var events = [UInt32](repeating: 0, count: 2)
    var hasMore = false
    while !isStopping {
      let ready = clinux_poll_wait(
        poll, hasMore ? 0 : waitNanoseconds(), &tags, &events, Int32(tags.count))
      now = MonotonicClock.now
      for index in 0..<max(Int(ready), 0) where tags[index] == UDPPort.bellTag {
        for command in commands() { command(self) }
      }
      hasMore = receive()
      expire()
      if let deadline = media?.nextDeadline, deadline <= now {
        media?.timeout(at: now, into: &outgoing)
      }
      outgoing.flush()
      report()
    }
  }

  private func waitNanoseconds() -> Int64 {
    let deadlines = [relay == nil ? nil : nextExpiry, media?.nextDeadline].compactMap(\.self)
    return deadlines.min().map { $0.since(MonotonicClock.now).nanoseconds } ?? -1
  }

  /// - Returns: whether there may be more.
  private func receive() -> Bool {
    for _ in 0..<Self.batchesPerTurnMax {
      guard batch.fill(from: socket.descriptor) else { return false }
      hasNews = true
      for index in 0..<batch.count {
        let (bytes, tuple) = batch.datagram(index)
        route(bytes, from: tuple)
      }
      outgoing.flush()
      if batch.count < PortBatch.slots { return false }
    }
    return true
  }

  private func report() {
    let (_, congested) = outgoing.takeCounts()
    tally.congested += congested
    guard hasNews else { return }
    hasNews = false
    if let relay = relay?.takeCounters() { tally.relay = relay }
    count(tally)
    tally = UDPPort.Tally()
  }

  // MARK: - Datagrams

  private func route(_ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple) {
    guard let first = datagram.first else {
      tally.dropped += 1
      return
    }
    switch first {
    case DatagramKind.rtp, DatagramKind.dtls:
      if media?.receive(datagram, from: tuple, at: now, into: &outgoing) != true {
        tally.dropped += 1
      }
    case DatagramKind.stun: receiveSTUN(datagram, from: tuple)
    case RelayDatagram.forwardedFirstBytes where tuple.connection == 0:
      if relay == nil { tally.dropped += 1 }
      relay?.forward(UnsafeRawBufferPointer(datagram), from: tuple, at: now, into: &outgoing)
    case RelayDatagram.firstBytes where tuple.connection == 0:
      let reply = relay?.control(UnsafeRawBufferPointer(datagram), from: tuple, at: now)
      answer(reply?.datagrams, to: tuple, isProven: reply?.isProven ?? false)
    default: tally.dropped += 1
    }
  }

  private func receiveSTUN(_ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple) {
    if let media, media.receiveCheck(datagram, from: tuple, at: now, into: &outgoing) { return }
    let bytes = Array(datagram)
    // A check for a meeting that is over, or a question for one's own address.
    let reply =
      media != nil && ICELite.localFragment(of: bytes) != nil
      ? ICELite.answerToStranger(bytes)
      : MappedAddress(address: tuple.remoteAddress, port: tuple.remotePort).flatMap {
        BindingResponder.answer(to: bytes, from: $0)
      }
    if answer(reply.map { [$0] }, to: tuple) { tally.answered += 1 }
  }

  /// - Returns: whether there was an answer and the address may have it.
  @discardableResult
  private func answer(
    _ answers: [[UInt8]]?, to tuple: TransportTuple, isProven: Bool = false
  ) -> Bool {
    guard let answers else {
      tally.dropped += 1
      return false
    }
    let isLeft =
      isProven
      ? provenQuota.take(address: tuple.remoteAddress, at: now)
      : quota.take(address: tuple.remoteAddress, at: now)
    guard isLeft else {
      tally.limited += 1
      return false
    }
    for answer in answers { outgoing.append(answer, to: tuple) }
    return true
  }

  // MARK: - TCP

  /// Datagrams that came over a TCP connection, which the tuple names.
  func receive(_ frames: [[UInt8]], from tuple: TransportTuple) {
    hasNews = true
    for var frame in frames { frame.withUnsafeMutableBytes { route($0, from: tuple) } }
  }

  func closeStream(_ tuple: TransportTuple) {
    streams.close(tuple.connection)
    media?.forget(tuple)
  }

  // MARK: - The relay

  private func expire() {
    guard relay != nil, now >= nextExpiry else { return }
    nextExpiry = now + Self.expiryInterval
    changeRelay { $0.expire(at: now) }
  }

  /// Does something with the relay, if there is one, and counts its pairings again.
  func changeRelay(_ body: (inout RelayForwarder) -> Void) {
    guard var changed = relay.take() else { return }
    body(&changed)
    tally.pairingsChange += changed.count - pairings
    pairings = changed.count
    relay = changed
    hasNews = true
  }
}
