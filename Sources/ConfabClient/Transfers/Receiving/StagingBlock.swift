import Synchronization

/// A piece of memory in which content waits to be written, in runs of bytes that follow each other.
///
/// Proof: one thread has it at a time. The loop fills it and hands it to the writing thread, which
/// empties it and gives it back through the pool.
final class StagingBlock: @unchecked Sendable {
  /// Large enough that one write is worth its system call and the hand-over its wake-up.
  static let byteCount = 512 << 10

  /// Packets of 1,200 bytes fill a block before it has so many runs, even if none follows another.
  private static let runsMax = 1_024

  struct Run {
    /// In the content.
    var offset: UInt64
    /// In the block.
    var start: Int
    var count: Int

    var range: Range<UInt64> { offset..<offset + UInt64(count) }
  }

  private let memory: UnsafeMutableRawBufferPointer
  private var used = 0
  private var runs: [Run] = []
  /// Runs before this were asked about already.
  private var settledRuns = 0
  /// What of them is to be written.
  private(set) var wanted: [Run] = []

  init() {
    memory = .allocate(byteCount: Self.byteCount, alignment: 4_096)
    runs.reserveCapacity(512)
    wanted.reserveCapacity(512)
  }

  deinit {
    memory.deallocate()
  }

  var isFull: Bool { used == Self.byteCount || runs.count == Self.runsMax }

  /// Takes what fits.
  ///
  /// - Returns: how many bytes that were.
  func append(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Int {
    let count = min(bytes.count, Self.byteCount - used)
    UnsafeMutableRawBufferPointer(rebasing: memory[used..<used + count])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    if runs.count > settledRuns, let last = runs.last, last.range.upperBound == offset {
      runs[runs.count - 1].count += count
    } else {
      runs.append(Run(offset: offset, start: used, count: count))
    }
    used += count
    return count
  }

  /// Asks for each run that came since the last time which parts of it are to be written.
  func settle(_ nextWanted: (_ rest: Range<UInt64>, _ isNew: Bool) -> Range<UInt64>?) {
    for run in runs[settledRuns...] {
      var rest = run.range
      var isNew = true
      while let part = nextWanted(rest, isNew) {
        isNew = false
        let start = run.start + Int(part.lowerBound - run.offset)
        want(Run(offset: part.lowerBound, start: start, count: part.count))
        rest = part.upperBound..<rest.upperBound
      }
    }
    settledRuns = runs.count
  }

  /// What goes on where the last run ended becomes part of it: one write, and whole files stay whole.
  private func want(_ run: Run) {
    if let last = wanted.last, last.range.upperBound == run.offset,
      last.start + last.count == run.start
    {
      wanted[wanted.count - 1].count += run.count
    } else {
      wanted.append(run)
    }
  }

  func bytes(of run: Run) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: memory[run.start..<run.start + run.count])
  }

  func clear() {
    used = 0
    settledRuns = 0
    runs.removeAll(keepingCapacity: true)
    wanted.removeAll(keepingCapacity: true)
  }
}

/// Blocks that wait to be filled. The latest that came back goes first, so that only as many are ever
/// touched as the disk is behind.
final class StagingPool: Sendable {
  /// More than twice of what the largest credit fills. Only content in tiny pieces needs so many.
  private static let takenMax = 256

  private struct Blocks {
    var idle: [StagingBlock] = []
    var takenCount = 0
  }

  private let blocks = Mutex(Blocks())

  /// More was taken than an honest sender makes anybody take.
  var isOverdrawn: Bool { blocks.withLock { $0.takenCount > Self.takenMax } }

  func take() -> StagingBlock {
    let idle = blocks.withLock { blocks in
      blocks.takenCount += 1
      return blocks.idle.popLast()
    }
    return idle ?? StagingBlock()
  }

  func giveBack(_ block: StagingBlock) {
    block.clear()
    blocks.withLock { blocks in
      blocks.takenCount -= 1
      blocks.idle.append(block)
    }
  }
}
