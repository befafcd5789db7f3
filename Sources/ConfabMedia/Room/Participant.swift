/// One of the room: what they send, and what they see and hear.
struct Participant: ~Copyable {
  // Publishing.
  var publishNumbers = HeaderExtensionNumbers()
  var isPublishingUp = false
  var publishVersion: UInt64 = 0
  /// Of everything that we send about this participant's streams.
  let feedbackSSRC: UInt32
  /// Places in the room's tracks, in the order of the media sections.
  var tracks: [Int] = []
  var sources = SourceTable()
  var arrivals = ArrivalRecorder()
  /// Packets of theirs in the slab.
  var keptPackets = 0
  var lastReceiverReport: UInt64 = 0
  /// Our clock less the publisher's, in nanoseconds: the smallest seen, which had the least delay.
  var clockOffset: Int64?

  // Subscribing.
  var isSubscribingUp = false
  var subscribeVersion: UInt64 = 0
  var subscribeNumbers = HeaderExtensionNumbers()
  let canonicalName: String
  /// Places in the room's downtracks: those of sound, then those of video.
  var slots: [Int] = []
  var wishes: [VideoWish] = []
  var videoBitrateMax = Int.max
  var downlink: DownlinkEstimator
  var isAllocationDue = true
  var lastAllocation: UInt64 = 0

  init(feedbackSSRC: UInt32, canonicalName: String, transportSequence: UInt16) {
    self.feedbackSSRC = feedbackSSRC
    self.canonicalName = canonicalName
    downlink = DownlinkEstimator(firstSequence: transportSequence)
  }

  /// Takes note of a sender report, whose time is the publisher's.
  mutating func reported(ntpTime: UInt64, at arrival: UInt64) {
    let offset = Int64(bitPattern: arrival) &- Int64(bitPattern: NTPTime.nanoseconds(ntpTime))
    guard let old = clockOffset else {
      clockOffset = offset
      return
    }
    let later = offset &- old
    // Two clocks drift apart, slowly; one that is set jumps.
    clockOffset = (0..<1_000_000_000).contains(later) ? old + later / 64 : offset
  }
}

/// Which stream an SSRC of one participant is. A list to be searched, because it is short: a
/// participant's own claims fill it, and nobody else's.
struct SourceTable {
  static let capacity = 32

  struct Source {
    var ssrc: UInt32
    var upstream: Int32
    /// Its packets repeat those of the upstream's own stream (RFC 4588).
    var isRepair: Bool
  }

  private var sources: [Source] = []

  init() { sources.reserveCapacity(Self.capacity) }

  @inline(__always)
  func find(_ ssrc: UInt32) -> Source? {
    for index in sources.indices where sources[index].ssrc == ssrc { return sources[index] }
    return nil
  }

  var isFull: Bool { sources.count == Self.capacity }

  mutating func add(_ source: Source) {
    precondition(!isFull)
    sources.append(source)
  }

  mutating func remove(upstream: Int) {
    sources.removeAll { $0.upstream == upstream }
  }
}
