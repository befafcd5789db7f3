/// A section of a viewer's connection: one stream out, whatever is shown in it.
struct Downtrack: ~Copyable {
  let viewer: Int
  let slot: MediaSlot
  let ssrc: UInt32
  /// For packets that are sent again; 0 for sound.
  let repairSSRC: UInt32

  // As the viewer answered.
  var codecs: [CodecKind] = []
  var isRepaired = false
  /// The viewer has reported on the stream: it knows which section it is.
  var isReported = false

  /// Place of the track that is shown; −1 for none.
  var track = -1
  /// Place of the stream that is forwarded now; −1 for none yet, or while it is held back.
  var current = -1
  /// Place of the stream that is to be forwarded; another than `current` until a key frame lets it in.
  var target = -1
  /// Key frames of the target that came too early for its clock to be known.
  var startsPassed = 0
  var keyframes = KeyframeAllowance()
  /// As the viewer was told.
  var shortage = MediaShortage.none
  /// Since when the line has not carried all; nil while it does.
  var shortSince: UInt64?

  var rewriter: StreamRewriter
  var sent: SentPackets?
  var repairSequence: UInt16
  var packetCount: UInt32 = 0
  var octetCount: UInt32 = 0
  var lastSenderReport: UInt64 = 0
  /// NTP times of the last reports are compared with what the viewer repeats of them.
  var roundTrip: UInt64 = 100_000_000

  init(
    viewer: Int, slot: MediaSlot, ssrc: UInt32, repairSSRC: UInt32, sequence: UInt16,
    repairSequence: UInt16, timestamp: UInt32
  ) {
    self.viewer = viewer
    self.slot = slot
    self.ssrc = ssrc
    self.repairSSRC = repairSSRC
    self.repairSequence = repairSequence
    rewriter = StreamRewriter(sequence: sequence, timestamp: timestamp)
    if slot.kind == .video { sent = SentPackets() }
  }

  /// Nothing is shown any more; the stream's own count goes on with whatever comes next.
  mutating func clear() {
    track = -1
    shortage = .none
    shortSince = nil
    hold()
  }

  /// Nothing is forwarded until the target is set anew.
  mutating func hold() {
    current = -1
    target = -1
    startsPassed = 0
  }
}
