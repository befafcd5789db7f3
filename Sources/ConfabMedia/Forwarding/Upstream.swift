/// One RTP stream that a participant sends: a layer of a camera, a screen, a microphone.
struct Upstream: ~Copyable {
  let participant: Int
  let track: Int
  /// Its place in its track's list of layers.
  let layer: Int
  let kind: MediaKind
  let codec: CodecKind
  let ssrc: UInt32

  var numbers = SequenceUnwrapper()
  /// The highest number that was taken.
  var newest: UInt64 = 0
  /// Of sound: which of the 64 numbers up to the newest were taken.
  private var taken: UInt64 = 0
  /// Its publisher has had a first report about it.
  var isReported = false
  /// Another SSRC has taken its place.
  var isRetired = false
  var statistics: ReceptionStatistics
  var missing = MissingPackets()
  /// Empty for sound.
  var ring: PacketRing?
  var rate = RateMeter()
  /// Of the picture, from the last key frame; 0 while it is not known.
  var height = 0
  /// Temporal layers seen so far, less one.
  var temporalLayerMax: UInt8 = 0

  /// The newest PictureID of a publisher that counts to 127 only.
  private var picture: UInt16 = 0

  /// Where the last key frame begins; 0 for none.
  var keyframeStart: UInt64 = 0
  var keyframeTimestamp: UInt32?
  var keyframes = KeyframeRequests()

  init(participant: Int, track: Int, layer: Int, kind: MediaKind, codec: CodecKind, ssrc: UInt32) {
    self.participant = participant
    self.track = track
    self.layer = layer
    self.kind = kind
    self.codec = codec
    self.ssrc = ssrc
    statistics = ReceptionStatistics(clockRate: codec.clockRate)
    if kind == .video { ring = PacketRing() }
  }

  /// False for a duplicate. Sound has no ring to look it up in.
  mutating func isNewSound(_ sequence: UInt64) -> Bool {
    if newest == 0 || sequence > newest {
      let step = newest == 0 ? 64 : min(64, sequence - newest)
      taken = step == 64 ? 1 : taken << step | 1
      return true
    }
    let bit: UInt64 = 1 << (newest - sequence)
    guard newest - sequence < 64, taken & bit == 0 else { return false }
    taken |= bit
    return true
  }

  /// What a PictureID of 7 bits is among those of 15, which viewers get: the nearest to the newest.
  mutating func unwrap(picture short: UInt16) -> UInt16 {
    var step = Int16((short &- picture) & 0x7F)
    if step >= 64 { step -= 128 }
    let found = (picture &+ UInt16(bitPattern: step)) & 0x7FFF
    if step > 0 { picture = found }
    return found
  }

  /// All packets since the last key frame's first one are there, and not too many: somebody who joins
  /// gets them at once, and needs no key frame of their own.
  func headIsComplete() -> Bool {
    guard keyframeStart != 0, numbers.highest - keyframeStart < UInt64(Self.headPacketsMax),
      let start = ring?.record(keyframeStart), start.pointee.isStart
    else { return false }
    for sequence in keyframeStart...numbers.highest where ring?.record(sequence) == nil {
      return false
    }
    return true
  }

  /// More would be a burst that a narrow line loses.
  static let headPacketsMax = 60
}

/// Asks a stream's publisher for key frames on behalf of everybody, no more often than is good.
struct KeyframeRequests {
  static let intervalNanoseconds: UInt64 = 500_000_000

  private(set) var isWanted = false
  private var lastRequest: UInt64?

  mutating func want() { isWanted = true }

  mutating func arrived() { isWanted = false }

  /// The stream goes on after a pause: what was asked meanwhile nobody heard.
  mutating func renew() { lastRequest = nil }

  /// True when a request is to be sent now; asked again until a key frame comes.
  mutating func takeDue(at now: UInt64) -> Bool {
    guard isWanted, let deadline, deadline <= now else { return false }
    lastRequest = now
    return true
  }

  var deadline: UInt64? {
    guard isWanted else { return nil }
    return lastRequest.map { $0 + Self.intervalNanoseconds } ?? 0
  }
}

/// How many key frames one viewer may have made for a section: each is a worse picture for all others.
struct KeyframeAllowance {
  static let atOnce: UInt64 = 3
  static let intervalNanoseconds: UInt64 = 3_000_000_000

  private var usedUntil: UInt64 = 0

  mutating func take(at now: UInt64) -> Bool {
    guard usedUntil <= now + (Self.atOnce - 1) * Self.intervalNanoseconds else { return false }
    usedUntil = max(usedUntil, now) + Self.intervalNanoseconds
    return true
  }
}

/// Bits a second of a stream, smoothed over a second or so.
struct RateMeter {
  private static let windowNanoseconds: UInt64 = 250_000_000
  private var bytes = 0
  private var begin: UInt64 = 0
  private(set) var bitsPerSecond = 0
  private(set) var lastAt: UInt64 = 0

  mutating func add(_ count: Int, at now: UInt64) {
    if begin == 0 { begin = now }
    bytes += count
    lastAt = now
    let elapsed = now - min(now, begin)
    guard elapsed >= Self.windowNanoseconds else { return }
    let rate = bytes * 8_000 / max(1, Int(elapsed / 1_000_000))
    // After a pause, what was before says nothing.
    bitsPerSecond =
      bitsPerSecond == 0 || elapsed > 4 * Self.windowNanoseconds
      ? rate : (3 * bitsPerSecond + rate) / 4
    bytes = 0
    begin = now
  }

  /// Packets still come.
  func isLive(at now: UInt64) -> Bool { lastAt != 0 && now < lastAt + 1_500_000_000 }
}
