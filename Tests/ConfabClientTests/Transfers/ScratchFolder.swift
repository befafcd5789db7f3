import Glibc

/// A folder that is gone with its test.
final class ScratchFolder: Sendable {
  let path: String

  /// - Parameter parent: `/tmp`, or `/dev/shm` for tests of file systems in memory.
  init(in parent: String = "/tmp") {
    var template = Array("\(parent)/confab-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no temporary folder in \(parent)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    Self.remove(path)
  }

  static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    chmod(path, 0o700)
    for name in names(in: path) { remove(path + "/" + name) }
    rmdir(path)
  }

  static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  var names: [String] { Self.names(in: path) }

  @discardableResult
  func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o644) -> String {
    let full = path + "/" + name
    let descriptor = open(full, O_WRONLY | O_CREAT | O_TRUNC, mode)
    precondition(descriptor >= 0, "cannot write \(full)")
    defer { close(descriptor) }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(done))
      }
      precondition(count > 0)
      done += count
    }
    return full
  }

  func makeFolder(_ name: String) {
    precondition(mkdir(path + "/" + name, 0o755) == 0)
  }

  func read(_ name: String) -> [UInt8]? { Self.read(path + "/" + name) }

  static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var all: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &block, block.count)
      guard count > 0 else { return all }
      all += block[..<count]
    }
  }

  func status(_ name: String) -> stat {
    var status = stat()
    precondition(lstat(path + "/" + name, &status) == 0)
    return status
  }
}

/// Bytes that differ from place to place, made by eights because tests run without optimization.
func patternBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: (count + 7) & ~7) { buffer, initialized in
    let words = UnsafeMutableRawBufferPointer(buffer).bindMemory(to: UInt64.self)
    for index in 0..<words.count {
      words[index] = (UInt64(index) &+ seed &* 0x1000_0001) &* 0x9E37_79B9_7F4A_7C15
    }
    initialized = count
  }
}
