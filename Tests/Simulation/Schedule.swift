import Primitives

/// What happens next: by time, and at the same time in the order of planning.
struct Schedule<Happening> {
  private struct Entry {
    var at: MonotonicTime
    var number: UInt64
    var happening: Happening

    func precedes(_ other: Entry) -> Bool {
      (at.nanoseconds, number) < (other.at.nanoseconds, other.number)
    }
  }

  /// A binary heap.
  private var entries: [Entry] = []
  private var nextNumber: UInt64 = 0

  var count: Int { entries.count }

  mutating func add(_ happening: Happening, at: MonotonicTime) {
    entries.append(Entry(at: at, number: nextNumber, happening: happening))
    nextNumber += 1
    var index = entries.count - 1
    while index > 0, entries[index].precedes(entries[(index - 1) / 2]) {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func next() -> (happening: Happening, at: MonotonicTime)? {
    guard let first = entries.first else { return nil }
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var index = 0
    while true {
      var least = index
      for child in 2 * index + 1...2 * index + 2
      where child < entries.count && entries[child].precedes(entries[least]) { least = child }
      if least == index { break }
      entries.swapAt(index, least)
      index = least
    }
    return (first.happening, first.at)
  }
}
