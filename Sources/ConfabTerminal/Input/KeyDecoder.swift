/// Turns the bytes of a terminal in raw mode into keys, however the bytes are cut into reads.
///
/// A lone Escape cannot be told from the beginning of a sequence until nothing follows: when
/// `isWaiting` is true the shell calls `flush` after `KeyDecoder.escapeTimeout` without a byte.
package struct KeyDecoder: Sendable {
  /// Longer than the gap inside a sequence over a slow line, shorter than a person notices.
  package static let escapeTimeout: Duration = .milliseconds(50)
  /// What does not fit is left out of the pasted text.
  package static let pasteBytesMax = 65_536
  /// A longer sequence is not one; what follows is read as keys again.
  package static let sequenceBytesMax = 256

  private enum State: Sendable {
    /// Between keys.
    case ground
    /// Within a UTF-8 character that needs `missing` more bytes.
    case utf8(bytes: [UInt8], missing: Int)
    /// After ESC; `alt` when it was already preceded by one.
    case escape(alt: Bool)
    /// Within ESC [ …, up to its final byte.
    case control(bytes: [UInt8], alt: Bool)
    /// After ESC O: one more byte.
    case singleShift(alt: Bool)
    /// The Linux console's function keys: ESC [ [ and one more byte.
    case consoleFunction
    /// A terminal's answer, ESC ] … or ESC P …, up to its terminator.
    case string(introducer: UInt8, length: Int, sawEscape: Bool)
    /// Within pasted text, which gathers in `pasted`.
    case paste
  }

  private var state = State.ground
  private var pasted: [UInt8] = []
  private var keys: [Key] = []

  package init() {}

  /// True while a key hangs on bytes that may never come.
  package var isWaiting: Bool {
    switch state {
    case .ground, .paste, .utf8: false
    default: true
    }
  }

  package mutating func decode(_ bytes: some Sequence<UInt8>) -> [Key] {
    for byte in bytes { take(byte) }
    return drain()
  }

  /// Nothing followed: an Escape was the key itself, and a sequence that was cut off is dropped.
  package mutating func flush() -> [Key] {
    switch state {
    case .ground, .paste, .utf8: return []
    case .escape: keys.append(.escape)
    case .string(let introducer, 0, _): keys.append(.alt(Unicode.Scalar(introducer)))
    case .control(let bytes, _) where bytes.isEmpty: keys.append(.alt("["))
    case .singleShift: keys.append(.alt("O"))
    case .control, .consoleFunction, .string: break
    }
    state = .ground
    return drain()
  }

  private mutating func drain() -> [Key] {
    defer { keys = [] }
    return keys
  }

  private mutating func take(_ byte: UInt8) {
    switch state {
    case .ground: takeGround(byte, alt: false)
    case .utf8(let bytes, let missing): takeContinuation(byte, bytes, missing)
    case .escape(let alt): takeEscape(byte, alt: alt)
    case .control(let bytes, let alt): takeControl(byte, bytes, alt: alt)
    case .singleShift(let alt):
      state = .ground
      emit(EscapeSequence.singleShift(byte), alt: alt)
    case .consoleFunction: state = .ground
    case .string(let introducer, let length, let sawEscape):
      takeString(byte, introducer, length, sawEscape: sawEscape)
    case .paste: takePaste(byte)
    }
  }

  // MARK: Characters

  private mutating func takeGround(_ byte: UInt8, alt: Bool) {
    state = .ground
    switch byte {
    case 0x1B: state = .escape(alt: false)
    case 0x0D: keys.append(alt ? .newline : .enter)
    case 0x0A: keys.append(.newline)
    case 0x09: keys.append(.tab)
    case 0x08, 0x7F: keys.append(alt ? .wordBackspace : .backspace)
    case 0x01...0x1A:
      keys.append(.control(Character(Unicode.Scalar(byte + 0x60))))
    case 0x20..<0x7F:
      let scalar = Unicode.Scalar(byte)
      keys.append(alt ? .alt(scalar) : .text(scalar))
    case 0xC2...0xDF: state = .utf8(bytes: [byte], missing: 1)
    case 0xE0...0xEF: state = .utf8(bytes: [byte], missing: 2)
    case 0xF0...0xF4: state = .utf8(bytes: [byte], missing: 3)
    case 0x80...0xFF: keys.append(.text("\u{FFFD}"))
    default: break  // NUL and the separators that no key makes.
    }
  }

  private mutating func takeContinuation(_ byte: UInt8, _ bytes: [UInt8], _ missing: Int) {
    guard (0x80...0xBF).contains(byte) else {
      keys.append(.text("\u{FFFD}"))
      takeGround(byte, alt: false)
      return
    }
    let bytes = bytes + [byte]
    guard missing == 1 else {
      state = .utf8(bytes: bytes, missing: missing - 1)
      return
    }
    state = .ground
    // Repairing makes one replacement character or more of surrogates and overlong forms.
    let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
    guard let scalar = scalars.first else { return }
    // C1 controls are commands to a terminal and no text.
    if !(0x80...0x9F).contains(scalar.value) { keys.append(.text(scalar)) }
  }

  // MARK: Sequences

  private mutating func takeEscape(_ byte: UInt8, alt: Bool) {
    switch byte {
    case 0x1B:
      if alt { keys.append(.escape) }
      state = .escape(alt: true)
    case UInt8(ascii: "["): state = .control(bytes: [], alt: alt)
    case UInt8(ascii: "O"): state = .singleShift(alt: alt)
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"):
      state = .string(introducer: byte, length: 0, sawEscape: false)
    default:
      if alt { keys.append(.escape) }
      takeGround(byte, alt: true)
    }
  }

  private mutating func takeControl(_ byte: UInt8, _ bytes: [UInt8], alt: Bool) {
    switch byte {
    case UInt8(ascii: "[") where bytes.isEmpty:
      state = .consoleFunction
    case 0x20...0x3F:
      state =
        bytes.count < Self.sequenceBytesMax ? .control(bytes: bytes + [byte], alt: alt) : .ground
    case 0x40...0x7E:
      state = .ground
      if byte == UInt8(ascii: "~"), bytes == Array("200".utf8) {
        state = .paste
      } else {
        emit(EscapeSequence.control(parameters: bytes, final: byte), alt: alt)
      }
    default:
      // A sequence cannot hold this byte: the sequence was cut off, the byte is a key.
      takeGround(byte, alt: false)
    }
  }

  private mutating func emit(_ key: Key?, alt: Bool) {
    switch (key, alt) {
    case (nil, _): break
    case (.up, true): keys.append(.altUp)
    case (.down, true): keys.append(.altDown)
    case (.left, true): keys.append(.wordLeft)
    case (.right, true): keys.append(.wordRight)
    case (.some(let key), _): keys.append(key)
    }
  }

  private mutating func takeString(
    _ byte: UInt8, _ introducer: UInt8, _ length: Int, sawEscape: Bool
  ) {
    if byte == 0x07 || (sawEscape && byte == UInt8(ascii: "\\")) || length >= Self.sequenceBytesMax
    {
      state = .ground
    } else {
      state = .string(introducer: introducer, length: length + 1, sawEscape: byte == 0x1B)
    }
  }

  // MARK: Paste

  private mutating func takePaste(_ byte: UInt8) {
    pasted.append(byte)
    let terminator = EscapeSequence.pasteEnd
    if byte == UInt8(ascii: "~"), pasted.suffix(terminator.count).elementsEqual(terminator) {
      keys.append(.paste(Self.pastedText(pasted.dropLast(terminator.count))))
      pasted = []
      state = .ground
      return
    }
    // The bound leaves room for the terminator, which is looked for in the last bytes only.
    if pasted.count >= Self.pasteBytesMax + terminator.count {
      pasted.remove(at: Self.pasteBytesMax)
    }
  }

  private static func pastedText(_ bytes: ArraySlice<UInt8>) -> String {
    var lines: [UInt8] = []
    for (index, byte) in zip(bytes.indices, bytes) where byte != 0x0A || !isAfterReturn(index) {
      lines.append(byte == 0x0D ? 0x0A : byte)
    }
    func isAfterReturn(_ index: Int) -> Bool {
      index > bytes.startIndex && bytes[index - 1] == 0x0D
    }
    return String(decoding: lines, as: UTF8.self)
  }
}
