import Primitives

/// The keyed contexts of a connection: one for sending, and up to three for receiving, because packets
/// of the key before are still under way when the next one is in use (RFC 9001 §6.5), and the next one
/// must be ready before anybody is known to use it.
struct PacketCiphers<Cipher: PacketCipher & ~Copyable>: ~Copyable {
  private var sending: Cipher
  private var receiving: Cipher
  private var nextReceiving: Cipher
  private var previousReceiving: Cipher?
  private var sendKey: [UInt8]
  private var nextReceiveKey: [UInt8]

  init(_ keys: TransferKeys) {
    sendKey = keys.send
    nextReceiveKey = TransferKeys.next(after: keys.receive)
    sending = Cipher(key: sendKey)
    receiving = Cipher(key: keys.receive)
    nextReceiving = Cipher(key: nextReceiveKey)
    previousReceiving = nil
  }

  mutating func seal(
    _ packet: UnsafeMutableRawPointer, payloadCount: Int, packetNumber: UInt64
  ) {
    sending.seal(
      packet, headerCount: PacketLimits.shortHeaderBytes, payloadCount: payloadCount,
      packetNumber: packetNumber)
  }

  mutating func open(
    _ packet: UnsafeMutableRawPointer, payloadCount: Int, packetNumber: UInt64,
    with key: KeySchedule.ReceiveKey
  ) -> Bool {
    let headerCount = PacketLimits.shortHeaderBytes
    switch key {
    case .current:
      return receiving.open(
        packet, headerCount: headerCount, payloadCount: payloadCount, packetNumber: packetNumber)
    case .next:
      return nextReceiving.open(
        packet, headerCount: headerCount, payloadCount: payloadCount, packetNumber: packetNumber)
    case .previous:
      return previousReceiving?.open(
        packet, headerCount: headerCount, payloadCount: payloadCount, packetNumber: packetNumber)
        ?? false
    }
  }

  mutating func updateSending() {
    sendKey = TransferKeys.next(after: sendKey)
    sending = Cipher(key: sendKey)
  }

  mutating func updateReceiving() {
    nextReceiveKey = TransferKeys.next(after: nextReceiveKey)
    var moving = Cipher(key: nextReceiveKey)
    swap(&moving, &nextReceiving)
    swap(&moving, &receiving)
    previousReceiving = consume moving
  }

  mutating func forgetPrevious() { previousReceiving = nil }
}

/// Which key is used when (RFC 9001 §6). Both sides move on together: whoever sees the other's new
/// key answers with its own.
struct KeySchedule: Sendable {
  enum ReceiveKey: Sendable {
    case previous
    case current
    case next
  }

  private(set) var sendPhase: UInt64 = 0
  private(set) var receivePhase: UInt64 = 0
  private var packetsInPhase: UInt64 = 0
  private var phaseBegan: UInt64
  /// The first number sealed with the key in use, and whether it or a later one was acknowledged.
  private var firstSealed: UInt64 = 0
  private var isAcknowledged = false
  /// The lowest number opened with the current receiving key: what is below and has the other phase
  /// bit belongs to the key before.
  private var firstReceived: UInt64?
  private var previousUntil: UInt64?
  private let packetsMax: UInt64
  private let packetsEnd: UInt64

  private static let periodMax = UInt64(clamping: KeyUpdateSchedule.periodMax.nanoseconds)

  init(_ setup: ConnectionSetup, at now: UInt64) {
    phaseBegan = now
    packetsMax = setup.packetsPerKeyMax
    packetsEnd = setup.packetsPerKeyEnd
  }

  var sendBit: Bool { sendPhase & 1 == 1 }

  /// Time for the next key; the other side has followed to the one in use, and has opened something
  /// that was sealed with it (RFC 9001 §6.1): if both moved on at once, the one does not show the other,
  /// and whoever is two keys behind takes the newest for its own.
  func isDue(at now: UInt64) -> Bool {
    sendPhase == receivePhase && previousUntil == nil && isAcknowledged
      && (packetsInPhase >= packetsMax || now - phaseBegan >= Self.periodMax)
  }

  /// The key in use may seal nothing more.
  var isWornOut: Bool { packetsInPhase >= packetsEnd }

  func key(bit: Bool, number: UInt64) -> ReceiveKey {
    if bit == (receivePhase & 1 == 1) { return .current }
    if previousUntil != nil, let firstReceived, number < firstReceived { return .previous }
    return .next
  }

  mutating func packetSealed() { packetsInPhase += 1 }

  mutating func acknowledged(_ largest: UInt64) {
    if largest >= firstSealed { isAcknowledged = true }
  }

  /// - Parameter number: the next that is sealed.
  mutating func updatedSending(from number: UInt64, at now: UInt64) {
    sendPhase += 1
    firstSealed = number
    isAcknowledged = false
    packetsInPhase = 0
    phaseBegan = now
  }

  /// - Returns: whether our own sending must follow.
  mutating func updatedReceiving(keepPreviousUntil time: UInt64) -> Bool {
    receivePhase += 1
    firstReceived = nil
    previousUntil = time
    return sendPhase < receivePhase
  }

  mutating func opened(_ number: UInt64, with key: ReceiveKey) {
    if key != .previous { firstReceived = min(firstReceived ?? number, number) }
  }

  /// Whether the key before is to be forgotten now.
  mutating func previousExpired(at now: UInt64) -> Bool {
    guard let previousUntil, previousUntil <= now else { return false }
    self.previousUntil = nil
    return true
  }
}
