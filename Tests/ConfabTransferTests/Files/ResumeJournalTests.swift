import ConfabTransfer
import Primitives
import Testing

@Suite struct ResumeJournalTests {
  private let identity = TransferIdentity(
    presenterKey: ContentHash(repeating: 1), manifest: ContentHash(repeating: 2))
  private let layout = LeafLayout(contentBytes: 10_000, leafBytes: 100)
  private var writer: ResumeJournalWriter { ResumeJournalWriter(identity, layout: layout) }

  private func read(_ bytes: [UInt8]) -> ResumeJournalReader {
    var reader = ResumeJournalReader(identity, layout: layout)
    reader.append(bytes)
    return reader
  }

  private var sample: [[UInt8]] {
    [
      writer.encode(.leaves(first: 3, [ContentHash(repeating: 3), ContentHash(repeating: 4)])),
      writer.encode(.zeroLeaves(50..<60)), writer.encode(.withdrawn(4..<5)),
      writer.encode(.leaves(first: 4, [ContentHash(repeating: 5)])),
      writer.encode(.leaves(first: 9, [ContentHash(repeating: 9)])),
      writer.encode(.publishing(entry: 0, name: "ann_video.mp4")),
    ]
  }

  @Test func saysWhatWasSaid() {
    let state = read(writer.header + sample.joined()).state
    #expect(state.leaves.ranges == [3..<5, 9..<10, 50..<60])
    #expect(state.hash(of: 3) == ContentHash(repeating: 3))
    #expect(state.hash(of: 4) == ContentHash(repeating: 5))
    #expect(state.hash(of: 55) == HashTree.zeroLeaf(byteCount: 100))
    #expect(state.hash(of: 5) == nil)
    #expect(state.publishedName(of: 0) == "ann_video.mp4")
  }

  @Test func leavesInARowAreOneRecord() {
    let hashes = (0..<5).map { ContentHash(repeating: $0) }
    let together = writer.encode([(8, hashes[4]), (2, hashes[1]), (1, hashes[0]), (3, hashes[2])])
    #expect(
      together == writer.encode(.leaves(first: 1, [hashes[0], hashes[1], hashes[2]]))
        + writer.encode(.leaves(first: 8, [hashes[4]])))
    let many = writer.encode((0..<3_000).map { (UInt64($0), hashes[0]) })
    #expect(many.count == 3_000 * 32 + 3 * (1 + 4 + 8 + 4))
  }

  /// A cut at any byte leaves the records before it, and says where to go on.
  @Test func tornAnywhere() {
    let whole = writer.header + sample.joined()
    var ends = [writer.header.count]
    for record in sample { ends.append(ends[ends.count - 1] + record.count) }
    for count in 0...whole.count {
      let reader = read(Array(whole[..<count]))
      #expect(reader.validBytes == ends.last { $0 <= count } ?? 0)
    }
  }

  /// A wrong bit anywhere ends the journal there, and never adds a claim.
  @Test func damagedAnywhere() {
    let whole = writer.header + sample.joined()
    let claims = read(whole).state.leaves
    for index in whole.indices {
      var damaged = whole
      damaged[index] ^= 0x10
      let reader = read(damaged)
      #expect(reader.validBytes <= index)
      for range in reader.state.leaves.ranges { #expect(claims.contains(range)) }
    }
  }

  @Test func bytesMayComeOneByOne() {
    let whole = writer.header + sample.joined()
    var reader = ResumeJournalReader(identity, layout: layout)
    for byte in whole { reader.append([byte]) }
    #expect(reader.validBytes == whole.count)
    #expect(reader.state.leaves == read(whole).state.leaves)
  }

  /// Another transfer's records are not believed, though each is whole.
  @Test func foreignRecordsEndIt() {
    let other = ResumeJournalWriter(
      TransferIdentity(presenterKey: identity.presenterKey, manifest: ContentHash(repeating: 9)),
      layout: layout)
    let record = other.encode(.leaves(first: 0, [ContentHash(repeating: 1)]))
    #expect(read(writer.header + record).state.leaves.isEmpty)
    #expect(read(other.header + record).validBytes == 0)
  }

  @Test func leavesBeyondTheEndAreNone() {
    let record = writer.encode(.leaves(first: 100, [ContentHash(repeating: 1)]))
    #expect(read(writer.header + record).state.leaves.isEmpty)
    #expect(read(writer.header + writer.encode(.zeroLeaves(99..<101))).state.leaves.isEmpty)
  }

  @Test func usableOnlyIfEverythingIsThere() throws {
    var builder = ManifestBuilder()
    for name in ["a", "b"] {
      try builder.addFile(name: name.utf8, size: 1, mode: 0, modified: FileTime(seconds: 0))
    }
    let manifest = try builder.finish()
    let state = read(writer.header + writer.encode(.publishing(entry: 0, name: "x_a"))).state
    func confirmed(_ isUnfinished: (Int) -> Bool, _ exists: (String) -> Bool) -> ResumeState? {
      state.confirmed(for: manifest, isUnfinished: isUnfinished, exists: exists)
    }
    #expect(confirmed({ _ in true }, { _ in false })?.published.isEmpty == true)
    #expect(confirmed({ $0 == 1 }, { $0 == "x_a" })?.publishedName(of: 0) == "x_a")
    #expect(confirmed({ $0 == 1 }, { _ in false }) == nil)
    #expect(confirmed({ $0 == 0 }, { _ in true }) == nil)
  }

  /// RFC 3720 appendix B.4.
  @Test func checksums() {
    #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.of((0..<32).map { UInt8($0) }) == 0x46DD_794E)
  }
}
