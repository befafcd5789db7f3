/// Shares a viewer's bandwidth among what they want to see: screens and the stage first, then tiles by
/// their size, each as sharp as its tile can show.
enum LayerAllocation {
  /// What a track can be forwarded as, the cheapest first.
  struct Option: Hashable {
    var layer: Int
    /// All of them, or the base layer alone: fewer pictures a second.
    var temporalLayer: UInt8
    var bitrate: Int
    var height: Int
  }

  struct Candidate {
    var options: [Option]
    var heightPixels: Int
    /// A screen, or on the stage.
    var isFirst: Bool
    /// What is forwarded now.
    var current: Option?
  }

  struct Outcome {
    /// For each candidate; nil for held back.
    var choices: [Option?]
    /// What each goes without.
    var shortages: [MediaShortage]
    var bitrate: Int
    /// What the next better picture would take in all; nil when everybody has what they can show.
    var bitrateWanted: Int?
  }

  /// Better than now only with so much to spare, or pictures would jump up and down.
  static let upgradeMarginPercent = 115

  static func allocate(_ candidates: [Candidate], bitrate budget: Int) -> Outcome {
    let order = candidates.indices.sorted { a, b in
      let (a, b) = (a, b)
      if candidates[a].isFirst != candidates[b].isFirst { return candidates[a].isFirst }
      if candidates[a].heightPixels != candidates[b].heightPixels {
        return candidates[a].heightPixels > candidates[b].heightPixels
      }
      return a < b
    }
    let useful = candidates.map(usefulOptions)
    var levels = [Int](repeating: -1, count: candidates.count)
    var outcome = Outcome(
      choices: Array(repeating: nil, count: candidates.count),
      shortages: Array(repeating: .none, count: candidates.count), bitrate: 0)
    /// True when the candidate could be raised by one step.
    func raise(_ index: Int) -> Bool {
      let options = useful[index]
      let next = levels[index] + 1
      guard next < options.count else { return false }
      let now = levels[index] < 0 ? 0 : options[levels[index]].bitrate
      let option = options[next]
      let isBetter = candidates[index].current.map { option.bitrate > $0.bitrate } ?? false
      let price =
        isBetter ? option.bitrate * upgradeMarginPercent / 100 : option.bitrate
      guard outcome.bitrate - now + price <= budget else {
        let wanted = outcome.bitrate - now + price
        outcome.bitrateWanted = min(outcome.bitrateWanted ?? wanted, wanted)
        return false
      }
      outcome.bitrate += option.bitrate - now
      levels[index] = next
      return true
    }
    // Something of everything, then what is first as good as can be, then the tiles in turns.
    for index in order { _ = raise(index) }
    for index in order where candidates[index].isFirst { while raise(index) {} }
    var isRaised = true
    while isRaised {
      isRaised = false
      for index in order where raise(index) { isRaised = true }
    }
    for index in candidates.indices where !useful[index].isEmpty {
      if levels[index] >= 0 { outcome.choices[index] = useful[index][levels[index]] }
      if levels[index] < useful[index].count - 1 {
        outcome.shortages[index] = levels[index] < 0 ? .heldBack : .reduced
      }
    }
    return outcome
  }

  /// Up to the smallest picture that fills the tile.
  private static func usefulOptions(_ candidate: Candidate) -> [Option] {
    let filling = candidate.options.filter { $0.height >= candidate.heightPixels }
      .map(\.height).min()
    guard let filling else { return candidate.options }
    return candidate.options.filter { $0.height <= filling }
  }
}
