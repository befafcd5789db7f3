import ConfabTransfer
import Primitives

/// What the transport does for content: packets that come in any order, get lost and are sent again,
/// come twice, and wait for credit.
struct ContentLink {
  private var queued: [Range<UInt64>] = []
  private(set) var onTheirWay: [Range<UInt64>] = []
  private(set) var acknowledgements: [Range<UInt64>] = []
  private var sent: UInt64 = 0
  var credit: UInt64 = 0

  var isEmpty: Bool { queued.isEmpty && onTheirWay.isEmpty && acknowledgements.isEmpty }
  /// Nothing moves until the recipient gives more credit.
  var isStarved: Bool { !queued.isEmpty && onTheirWay.isEmpty && sent >= credit }

  mutating func send(_ range: Range<UInt64>) { queued.append(range) }

  /// A packet leaves, if credit allows.
  mutating func transmit(using random: inout SeededRandom) {
    guard let range = queued.first, sent < credit else { return }
    let size = min(UInt64.random(in: 1...700, using: &random), credit - sent)
    let end = min(range.upperBound, range.lowerBound + size)
    onTheirWay.append(range.lowerBound..<end)
    sent += end - range.lowerBound
    if end == range.upperBound { queued.removeFirst() } else { queued[0] = end..<range.upperBound }
  }

  /// A packet arrives; a lost one is on its way again.
  mutating func arrive(_ faults: FileFaults, using random: inout SeededRandom) -> Range<UInt64>? {
    guard !onTheirWay.isEmpty else { return nil }
    let index = Int.random(in: 0..<min(onTheirWay.count, 12), using: &random)
    let packet = onTheirWay[index]
    if faults.loses, random.chance(0.2) {
      // Sent again in other pieces.
      if packet.count > 1, random.chance(0.5) {
        let middle = packet.lowerBound + UInt64(packet.count) / 2
        onTheirWay[index] = packet.lowerBound..<middle
        onTheirWay.append(middle..<packet.upperBound)
      }
      return nil
    }
    if !(faults.repeats && random.chance(0.1)) {
      onTheirWay.remove(at: index)
      acknowledgements.append(packet)
    }
    return packet
  }

  mutating func nextAcknowledgement(using random: inout SeededRandom) -> Range<UInt64>? {
    guard !acknowledgements.isEmpty else { return nil }
    return acknowledgements.remove(
      at: Int.random(in: 0..<acknowledgements.count, using: &random))
  }
}

/// The presenter's thread that reads and hashes.
struct HashingThread {
  private let layout: LeafLayout
  private let holes: ContentRanges
  private var hasher: LeafHasher
  private var digester: FileDigests
  var allowed: UInt64 = 0

  init(_ files: RandomFiles, _ layout: LeafLayout) {
    self.layout = layout
    var holes = ContentRanges()
    for hole in files.holes { holes.insert(hole) }
    self.holes = holes
    hasher = LeafHasher(layout: layout)
    digester = FileDigests(files.manifest)
  }

  var hasWork: Bool { hasher.offset < layout.range(of: 0..<allowed).upperBound }

  /// Some bytes, or a piece of a hole.
  mutating func step(_ content: [UInt8], using random: inout SeededRandom) -> [PresenterInput] {
    let end = layout.range(of: 0..<allowed).upperBound
    let size = UInt64.random(in: 1...2_000, using: &random)
    let range = hasher.offset..<min(end, hasher.offset + size)
    var inputs: [PresenterInput] = []
    var digests: [PresenterInput] = []
    let isHole = holes.contains(range)
    let bytes = content[Int(range.lowerBound)..<Int(range.upperBound)]
    bytes.withUnsafeBytes { bytes in
      if isHole {
        hasher.addZeros(UInt64(range.count)) { inputs.append(.leafHashed($0, $1)) }
        digester.addZeros(UInt64(range.count)) { digests.append(.fileDigested(entry: $0, $1)) }
      } else {
        hasher.update(bytes) { inputs.append(.leafHashed($0, $1)) }
        digester.update(bytes) { digests.append(.fileDigested(entry: $0, $1)) }
      }
    }
    return inputs + digests
  }
}
