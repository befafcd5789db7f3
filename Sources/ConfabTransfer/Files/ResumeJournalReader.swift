/// Reads a journal, in pieces of any size, up to the first record that is torn or is none.
///
/// The shell cuts the file at `validBytes` before it appends: what comes after garbage would never be
/// read.
package struct ResumeJournalReader: Sendable {
  private let writer: ResumeJournalWriter
  private let layout: LeafLayout
  private var buffer: [UInt8] = []
  private var isHeaderRead = false
  private var isBroken = false
  package private(set) var state: ResumeState
  /// Header and whole records; 0 when this is another transfer's journal or none at all.
  package private(set) var validBytes = 0

  package init(_ identity: TransferIdentity, layout: LeafLayout) {
    self.layout = layout
    state = ResumeState(layout: layout)
    writer = ResumeJournalWriter(identity, layout: layout)
  }

  package mutating func append(_ bytes: some Sequence<UInt8>) {
    guard !isBroken else { return }
    buffer.append(contentsOf: bytes)
    var position = 0
    if !isHeaderRead {
      guard buffer.count >= writer.header.count else { return }
      guard buffer.starts(with: writer.header) else {
        isBroken = true
        return
      }
      isHeaderRead = true
      position = writer.header.count
    }
    while let (record, end) = record(at: position) {
      state.apply(record)
      position = end
    }
    validBytes += position
    buffer.removeSubrange(..<position)
  }

  /// Nil when the record is not whole yet, or none; then `isBroken` says so.
  private mutating func record(at start: Int) -> (ResumeJournal.Record, end: Int)? {
    let bodyStart = start + 5
    guard !isBroken, buffer.count >= bodyStart else { return nil }
    let length = Int(number(at: start + 1, byteCount: 4))
    guard length <= ResumeJournal.bodyBytesMax else {
      isBroken = true
      return nil
    }
    let end = bodyStart + length + 4
    guard buffer.count >= end else { return nil }
    let crc = UInt32(number(at: bodyStart + length, byteCount: 4))
    guard writer.checksum(buffer[start..<bodyStart + length]) == crc,
      let record = decode(buffer[start], bodyStart..<bodyStart + length)
    else {
      isBroken = true
      return nil
    }
    return (record, end)
  }

  private func decode(_ kind: UInt8, _ body: Range<Int>) -> ResumeJournal.Record? {
    guard body.count >= 8, let kind = ResumeJournal.Kind(rawValue: kind) else { return nil }
    let first = number(at: body.lowerBound, byteCount: 8)
    switch kind {
    case .leaves:
      let count = (body.count - 8) / 32
      guard count * 32 == body.count - 8, first <= layout.leafCount,
        UInt64(count) <= layout.leafCount - first
      else { return nil }
      let hashes = (0..<count).compactMap { index in
        let start = body.lowerBound + 8 + 32 * index
        return ContentHash(buffer[start..<start + 32])
      }
      return .leaves(first: first, hashes)
    case .withdrawn, .zeroLeaves:
      guard body.count == 16 else { return nil }
      let end = number(at: body.lowerBound + 8, byteCount: 8)
      guard first <= end, end <= layout.leafCount else { return nil }
      return kind == .withdrawn ? .withdrawn(first..<end) : .zeroLeaves(first..<end)
    case .publishing:
      guard
        let name = String(validating: buffer[body.dropFirst(8)], as: UTF8.self),
        FileName.fault(in: name.utf8, rules: .linux) == nil
      else { return nil }
      return .publishing(entry: first, name: name)
    }
  }

  private func number(at start: Int, byteCount: Int) -> UInt64 {
    buffer[start..<start + byteCount].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
