import CWebFiles
import Crypto
package import NIOCore
import Primitives

/// The browser's client: the files of `Web/`, which are inside the program.
package struct WebFiles: Sendable {
  package struct File: Sendable {
    package let type: String
    package let bytes: ByteBuffer
    /// Changes with the bytes (RFC 9110 §8.8.3).
    package let tag: String
  }

  /// Addresses that the client itself understands: a room's, and its meeting's.
  package static let index = "index.html"

  /// By path within `Web/`.
  package let files: [String: File]

  package init() {
    var files: [String: File] = [:]
    let table = UnsafeBufferPointer(start: confab_web_files(), count: confab_web_file_count)
    for file in table { files[String(cString: file.path)] = File(file) }
    self.files = files
  }
}

extension WebFiles.File {
  private static let tagBytes = 12

  fileprivate init(_ file: confab_web_file) {
    let content = UnsafeRawBufferPointer(start: file.bytes, count: file.count)
    type = String(cString: file.type)
    bytes = ByteBuffer(bytes: content)
    tag = "\"" + Array(SHA256.hash(data: content).prefix(Self.tagBytes)).hex + "\""
  }
}
