import CLinux
import ConfabTransfer
import Glibc

extension OpenFile {
  /// How many bytes from `offset` on are a hole: zeros that are stored nowhere. 0 where there is data,
  /// or where the file system does not tell.
  func hole(at offset: UInt64, upTo count: Int) -> Int {
    let data = clinux_next_data(descriptor, Int64(clamping: offset))
    // Beyond the last data there is nothing but the hole up to the end.
    if data == -Int64(ENXIO) { return count }
    guard data > Int64(clamping: offset) else { return 0 }
    return Int(min(UInt64(data) - offset, UInt64(count)))
  }
}

extension SourceTree {
  /// The holes of all sparse files, as ranges of the content. They are told instead of sent.
  package func holes() -> [Range<UInt64>] {
    var holes: [Range<UInt64>] = []
    for entry in sparseEntries where holes.count < FileLimits.holesMax {
      // A file that cannot be opened is found out by the hashing.
      guard let file = try? open(entry) else { continue }
      let content = manifest.content(of: entry)
      var place: UInt64 = 0
      let size = manifest.size(of: entry)
      while place < size, holes.count < FileLimits.holesMax {
        let count = file.hole(at: place, upTo: Int(size - place))
        if count > 0 {
          let start = content.lowerBound + place
          holes.append(start..<start + UInt64(count))
          place += UInt64(count)
        }
        guard place < size else { break }
        let next = clinux_next_hole(file.descriptor, Int64(clamping: place))
        guard next > Int64(clamping: place) else { break }
        place = UInt64(next)
      }
    }
    return holes
  }
}
