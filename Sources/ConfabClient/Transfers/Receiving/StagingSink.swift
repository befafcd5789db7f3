import ConfabTransfer
import Primitives

/// Where the connection puts content, on the loop's thread: it is copied into blocks, and after each
/// batch the recipient's machine says what of it is wanted.
///
/// What comes before the files are made waits here; the first credit bounds it.
package struct StagingSink: ContentSink, ~Copyable {
  private let pool: StagingPool
  private var block: StagingBlock?
  /// Full, and not settled.
  private var full: [StagingBlock] = []

  init(_ pool: StagingPool) {
    self.pool = pool
  }

  package mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
    var rest = bytes
    var offset = offset
    while !rest.isEmpty {
      // The transfer ends then: what is lost is not missed.
      if block == nil, pool.isOverdrawn { return }
      let block = block ?? pool.take()
      let count = block.append(rest, at: offset)
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      offset += UInt64(count)
      if block.isFull { full.append(block) }
      self.block = block.isFull ? nil : block
    }
  }

  /// Asks the machine about what came since the last time and hands over what it wants. A block that
  /// is not full waits only as long as the thread is busy.
  mutating func settle(
    with machine: inout RecipientMachine, to writer: ContentWriter, at now: MonotonicTime
  ) {
    for block in full {
      Self.settle(block, with: &machine, at: now)
      handOver(block, to: writer)
    }
    full.removeAll(keepingCapacity: true)
    guard let block else { return }
    Self.settle(block, with: &machine, at: now)
    guard !block.wanted.isEmpty, writer.isIdle else { return }
    self.block = nil
    writer.handOver(block)
  }

  private static func settle(
    _ block: StagingBlock, with machine: inout RecipientMachine, at now: MonotonicTime
  ) {
    block.settle { rest, isNew in
      if isNew { machine.contentArrived(rest, at: now) }
      return machine.takeWanted(in: rest)
    }
  }

  private func handOver(_ block: StagingBlock, to writer: ContentWriter) {
    if block.wanted.isEmpty { pool.giveBack(block) } else { writer.handOver(block) }
  }
}

/// For the side that gets no content.
package struct NoContent: ContentSink, ContentSource, ~Copyable {
  package init() {}
  package mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {}
  package mutating func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> Bool { false }
}
