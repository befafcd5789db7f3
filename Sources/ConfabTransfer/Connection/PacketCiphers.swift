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
    swap(&receiving, &nextReceiving)
    previousReceiving = consume nextReceiving
    nextReceiving = Cipher(key: nextReceiveKey)
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
  /// The lowest number opened with the current receiving key: what is below and has the other phase
  /// bit belongs to the key before.
  private var firstReceived: UInt64?
  private var previousUntil: UInt64?
  let packetsMax: UInt64

  private static let periodMax = UInt64(clamping: KeyUpdateSchedule.periodMax.nanoseconds)

  init(packetsMax: UInt64 = KeyUpdateSchedule.packetsMax, at now: UInt64) {
    phaseBegan = now
    self.packetsMax = packetsMax
  }

  var sendBit: Bool { sendPhase & 1 == 1 }

  /// Time for the next key, and the other side has followed to the one in use.
  func isDue(at now: UInt64) -> Bool {
    sendPhase == receivePhase && previousUntil == nil
      && (packetsInPhase >= packetsMax || now - phaseBegan >= Self.periodMax)
  }

  func key(bit: Bool, number: UInt64) -> ReceiveKey {
    if bit == (receivePhase & 1 == 1) { return .current }
    if previousUntil != nil, let firstReceived, number < firstReceived { return .previous }
    return .next
  }

  mutating func packetSealed() { packetsInPhase += 1 }

  mutating func updatedSending(at now: UInt64) {
    sendPhase += 1
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
