/// Chooses whose sound is forwarded, and who is called the active speaker.
struct LoudestSpeakers {
  /// Somebody must be so much louder than one who is heard to take their place.
  static let loudnessMargin = 6.0
  /// The active speaker stays for so long at least.
  static let holdNanoseconds: UInt64 = 1_000_000_000
  /// After so long a silence nobody is.
  static let silenceNanoseconds: UInt64 = 5_000_000_000

  struct Microphone {
    var track: Int
    /// By which is chosen who is heard: no speech is needed for that, only that the others are quieter.
    var recent: Double
    /// By which is chosen who is called the speaker.
    var loudness: Double
    var isActive: Bool
  }

  private let audioSlots: Int
  /// The sound of a shared screen, which has a place of its own.
  private(set) var screen: Int?
  /// Tracks. The last one is for those who are among the others themselves, when there are so many.
  private(set) var heard: [Int] = []
  private(set) var activeTrack: Int?
  private var activeSince: UInt64 = 0
  private var lastSpeech: UInt64 = 0

  init(audioSlots: Int) {
    self.audioSlots = audioSlots
  }

  /// Of microphones: one more than anybody hears, because nobody hears themselves.
  private var heardMax: Int { max(1, audioSlots - (screen == nil ? 0 : 1)) + 1 }

  /// The track is gone, and its number may be given again.
  mutating func forget(_ track: Int) {
    heard.removeAll { $0 == track }
    if screen == track { screen = nil }
  }

  /// - Returns: what changed.
  mutating func update(
    _ microphones: [Microphone], screen: Int?, at now: UInt64
  ) -> (heard: Bool, activeTrack: Bool) {
    let before = (heard: heard, screen: self.screen, activeTrack: activeTrack)
    self.screen = screen
    heard.removeAll { track in !microphones.contains { $0.track == track } }
    while heard.count > heardMax, let quietest = quietest(of: heard[...], microphones) {
      heard.remove(at: quietest)
    }
    let byRecent = microphones.sorted { ($0.recent, -$0.track) > ($1.recent, -$1.track) }
    for microphone in byRecent where !heard.contains(microphone.track) {
      admit(microphone, among: microphones)
    }
    promoteSpare(microphones)
    let byLoudness = microphones.sorted {
      ($0.loudness, -$0.track) > ($1.loudness, -$1.track)
    }
    chooseActive(byLoudness, at: now)
    return (
      heard != before.heard || screen != before.screen, activeTrack != before.activeTrack
    )
  }

  private mutating func admit(_ candidate: Microphone, among microphones: [Microphone]) {
    if heard.count < heardMax {
      heard.append(candidate.track)
      return
    }
    guard let quietest = quietest(of: heard[...], microphones),
      candidate.recent > recent(heard[quietest], microphones) + Self.loudnessMargin
    else { return }
    heard[quietest] = candidate.track
  }

  /// Whoever is not among the heard has no slot for the last one: it must not be the loudest.
  private mutating func promoteSpare(_ microphones: [Microphone]) {
    guard heard.count == heardMax, let spare = heard.indices.last,
      let quietest = quietest(of: heard[..<spare], microphones),
      recent(heard[spare], microphones)
        > recent(heard[quietest], microphones) + Self.loudnessMargin
    else { return }
    heard.swapAt(quietest, spare)
  }

  private func quietest(of tracks: ArraySlice<Int>, _ microphones: [Microphone]) -> Int? {
    tracks.indices.min {
      recent(tracks[$0], microphones) < recent(tracks[$1], microphones)
    }
  }

  private func recent(_ track: Int, _ microphones: [Microphone]) -> Double {
    microphones.first { $0.track == track }?.recent ?? 0
  }

  private mutating func chooseActive(_ byLoudness: [Microphone], at now: UInt64) {
    let speaking = byLoudness.filter(\.isActive)
    if !speaking.isEmpty { lastSpeech = now }
    let current = byLoudness.first { $0.track == activeTrack }
    if current == nil { activeTrack = nil }
    guard let loudest = speaking.first else {
      if now >= lastSpeech + Self.silenceNanoseconds { activeTrack = nil }
      return
    }
    guard loudest.track != activeTrack else { return }
    let isHeld =
      current.map { current in
        current.isActive
          && (now < activeSince + Self.holdNanoseconds
            || loudest.loudness < current.loudness + Self.loudnessMargin)
      } ?? false
    guard !isHeld else { return }
    activeTrack = loudest.track
    activeSince = now
  }
}
