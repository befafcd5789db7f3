package import ConfabNetwork
import ConfabTransfer
import Glibc

/// An open file, closed when the last who uses it lets it go.
package final class OpenFile: Sendable {
  package let descriptor: Int32

  /// Takes the descriptor over.
  package init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  func status() throws(SystemError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemError(latest: "look at a file") }
    return status
  }

  /// Fills the buffer.
  ///
  /// - Returns: how many bytes there were; fewer than asked for only at the end of the file.
  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, base + done, buffer.count - done, off_t(clamping: offset + UInt64(done)))
      if count > 0 {
        done += count
      } else if count == 0 {
        break
      } else if errno != EINTR {
        throw SystemError(latest: "read a file")
      }
    }
    return done
  }

  /// Writes all of it, or throws.
  package func write(
    _ bytes: UnsafeRawBufferPointer, at offset: UInt64
  ) throws(SystemError) {
    guard let base = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        descriptor, base + done, bytes.count - done, off_t(clamping: offset + UInt64(done)))
      if count >= 0 {
        done += count
      } else if errno != EINTR {
        throw SystemError(latest: "write a file")
      }
    }
  }

  /// When it was last changed, and looked at.
  func setTime(_ time: FileTime) throws(SystemError) {
    let time = timespec(tv_sec: time_t(time.seconds), tv_nsec: Int(time.nanoseconds))
    let code = withUnsafePointer(to: (time, time)) { times in
      times.withMemoryRebound(to: timespec.self, capacity: 2) { futimens(descriptor, $0) }
    }
    guard code == 0 else { throw SystemError(latest: "set the time of a file") }
  }

  /// Waits until the contents, and what is needed to find them, are on the disk.
  package func syncData() throws(SystemError) {
    while fdatasync(descriptor) != 0 {
      guard errno == EINTR else { throw SystemError(latest: "sync a file") }
    }
  }

  package func sync() throws(SystemError) {
    while fsync(descriptor) != 0 {
      guard errno == EINTR else { throw SystemError(latest: "sync a file") }
    }
  }
}

extension stat {
  var isFile: Bool { st_mode & S_IFMT == S_IFREG }
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
  var modified: FileTime {
    FileTime(seconds: Int64(st_mtim.tv_sec), nanoseconds: UInt32(st_mtim.tv_nsec))
  }
}
