/// Which layers of a track its publisher is told to send: those that nobody sees need not be encoded.
struct LayerDemand {
  /// What nobody has seen for so long is not wanted any more. Wanting it again takes effect at once.
  static let patienceNanoseconds: UInt64 = 5_000_000_000
  /// So long a publisher has to begin again with a layer, until it counts as one that does not come.
  static let resumingNanoseconds: UInt64 = 2_000_000_000

  private struct Layer {
    var isWanted = true
    /// 0 before the first look.
    var usedAt: UInt64 = 0
    /// When it was asked for anew; 0 for never.
    var resumedAt: UInt64 = 0
  }

  private var layersAsked = InlineArray<3, Layer>(repeating: Layer())

  func isWanted(_ layer: Int) -> Bool { layersAsked[layer].isWanted }

  /// It is not sent because it was not wanted, and would be sent.
  func isPaused(_ layer: Int, at now: UInt64) -> Bool {
    let asked = layersAsked[layer]
    return !asked.isWanted
      || asked.resumedAt != 0 && now < asked.resumedAt + Self.resumingNanoseconds
  }

  /// Those that are wanted, by their places in the publisher's offer.
  var layers: [Int] { layersAsked.indices.filter { layersAsked[$0].isWanted } }

  /// - Parameter use: which are needed now.
  /// - Returns: whether the publisher is to be told.
  mutating func update(_ use: InlineArray<3, Bool>, at now: UInt64) -> Bool {
    var hasChanged = false
    for layer in layersAsked.indices {
      if use[layer] || layersAsked[layer].usedAt == 0 { layersAsked[layer].usedAt = now }
      let isWanted = now < layersAsked[layer].usedAt + Self.patienceNanoseconds
      guard isWanted != layersAsked[layer].isWanted else { continue }
      layersAsked[layer].isWanted = isWanted
      if isWanted { layersAsked[layer].resumedAt = now }
      hasChanged = true
    }
    return hasChanged
  }
}
