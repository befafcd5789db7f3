import ConfabMedia
import Foundation

/// A recording on the disk, read piece by piece. One thread's.
struct RecordingFile {
  private static let chunkBytes = 65_536

  private let path: String
  private let handle: FileHandle
  private var reader = RecordingReader()

  init(_ path: String) throws(UsageError) {
    self.path = path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw UsageError("There is no file \(path).")
    }
    guard !isFolder.boolValue, let handle = FileHandle(forReadingAtPath: path) else {
      throw UsageError("\(path) cannot be read.")
    }
    self.handle = handle
  }

  /// Says before anybody joins whether it can be presented at all.
  static func check(_ path: String) throws(UsageError) {
    var file = try RecordingFile(path)
    guard try file.next() != nil else { throw UsageError("\(path) holds no picture.") }
  }

  /// - Returns: nil at the end; a last frame that is cut off is left out.
  mutating func next() throws(UsageError) -> RecordedFrame? {
    do {
      while true {
        if let frame = try reader.next() { return frame }
        guard let chunk = try handle.read(upToCount: Self.chunkBytes), !chunk.isEmpty else {
          return nil
        }
        reader.append(chunk)
      }
    } catch let error as RecordingError {
      throw UsageError("\(path) \(error).")
    } catch {
      throw UsageError("\(path) cannot be read: \(error.localizedDescription)")
    }
  }

  mutating func rewind() throws(UsageError) {
    do {
      try handle.seek(toOffset: 0)
    } catch {
      throw UsageError("\(path) cannot be read again: \(error.localizedDescription)")
    }
    reader = RecordingReader()
  }
}
