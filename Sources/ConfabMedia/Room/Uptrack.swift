/// A camera, a screen or a microphone that somebody publishes.
struct Uptrack: ~Copyable {
  let id: TrackID
  let participant: Int
  var agreed: NegotiatedTrack
  let mid: [UInt8]
  let rids: [[UInt8]]
  var source: TrackSource
  var isMuted = false
  var hasStarted = false
  /// Places in the room's streams, by the place of their rid in the offer; −1 until they come.
  var layers: InlineArray<3, Int32> = [-1, -1, -1]
  /// When a layer's SSRC was bound; 0 for never.
  var boundAt: InlineArray<3, UInt64> = [0, 0, 0]
  /// Places of the downtracks that show it.
  var listeners: [Int32] = []
  var speech = SpeechLevel()
  var demand = LayerDemand()

  init(id: TrackID, participant: Int, agreed: NegotiatedTrack, source: TrackSource) {
    self.id = id
    self.participant = participant
    self.agreed = agreed
    mid = Array(agreed.mid.utf8)
    rids = agreed.rids.map { Array($0.utf8) }
    self.source = source
  }

  mutating func removeListener(_ downtrack: Int) {
    listeners.removeAll { $0 == downtrack }
  }
}
