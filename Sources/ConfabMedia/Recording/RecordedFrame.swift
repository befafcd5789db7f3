/// A picture or a packet of sound out of a file.
package struct RecordedFrame: Hashable, Sendable {
  package var kind: MediaKind
  /// On the file's own clock.
  package var nanoseconds: UInt64
  package var bytes: [UInt8]

  package init(kind: MediaKind, nanoseconds: UInt64, bytes: [UInt8]) {
    self.kind = kind
    self.nanoseconds = nanoseconds
    self.bytes = bytes
  }

  /// A picture that relies on no other one: VP8's lowest bit is 0 then (RFC 6386 §9.1).
  package var isKeyframe: Bool {
    kind == .video && bytes.first.map { $0 & 1 == 0 } ?? false
  }
}

/// Why a file cannot be presented, in words that follow its name.
package struct RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }

  static func damaged(_ what: String) -> RecordingError {
    RecordingError("is damaged: \(what)")
  }

  static func codec(_ name: String) -> RecordingError {
    RecordingError(
      "holds \(name): meetings take pictures in VP8 and sound in Opus. Convert it, for example with "
        + "'ffmpeg -i FILE -c:v libvpx -b:v 1500k -g 60 -c:a libopus NEW.webm'")
  }
}

package enum RecordingLimits {
  /// A key frame in VP8's largest size has less.
  package static let frameBytesMax = 4 << 20
}

/// A recording that is read piece by piece, in whichever of the two forms it is.
package struct RecordingReader: Sendable {
  private enum Form {
    case unknown
    case ivf(IVFReader)
    case webm(WebMReader)
  }

  private var form = Form.unknown
  private var input = RecordingInput()

  package init() {}

  package mutating func append(_ bytes: some Collection<UInt8>) { input.append(bytes) }

  /// - Returns: nil until more was appended.
  package mutating func next() throws(RecordingError) -> RecordedFrame? {
    switch form {
    case .unknown:
      guard input.count >= IVFReader.mark.count else { return nil }
      if input.begins(with: IVFReader.mark) {
        form = .ivf(IVFReader())
      } else if input.begins(with: WebMReader.mark) {
        form = .webm(WebMReader())
      } else {
        throw RecordingError("is neither IVF nor WebM")
      }
      return try next()
    case .ivf(var reader):
      defer { form = .ivf(reader) }
      return try reader.next(&input)
    case .webm(var reader):
      defer { form = .webm(reader) }
      return try reader.next(&input)
    }
  }
}

/// The bytes of a file that wait to be read. What is left out is not kept.
struct RecordingInput: Sendable {
  private var bytes: [UInt8] = []
  private var position = 0
  private var skipped: UInt64 = 0

  var count: Int { bytes.count - position }

  mutating func append(_ more: some Collection<UInt8>) {
    if position > 0 {
      bytes.removeFirst(position)
      position = 0
    }
    let left = Int(min(skipped, UInt64(more.count)))
    skipped -= UInt64(left)
    bytes.append(contentsOf: more.dropFirst(left))
  }

  /// - Parameter offset: below `count`.
  subscript(offset: Int) -> UInt8 { bytes[position + offset] }

  func begins(with mark: [UInt8]) -> Bool {
    bytes[position...].starts(with: mark)
  }

  /// Leaves bytes out, those to come too.
  mutating func skip(_ more: UInt64) {
    let here = Int(min(more, UInt64(count)))
    position += here
    skipped += more - UInt64(here)
  }

  /// - Parameter wanted: at most `count`.
  mutating func take(_ wanted: Int) -> [UInt8] {
    defer { position += wanted }
    return Array(bytes[position..<position + wanted])
  }

  /// - Parameter places: within `count`.
  func bigEndian(_ places: Range<Int>) -> UInt64 {
    places.reduce(0) { $0 << 8 | UInt64(self[$1]) }
  }

  func littleEndian(_ places: Range<Int>) -> UInt64 {
    places.reversed().reduce(0) { $0 << 8 | UInt64(self[$1]) }
  }
}
