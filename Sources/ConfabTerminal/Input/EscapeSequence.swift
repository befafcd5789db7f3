/// The meaning of the sequences that xterm and its relatives send for keys (ECMA-48 §5.4, and
/// xterm's "Control Sequences", PC-Style Function Keys).
enum EscapeSequence {
  static let pasteEnd = Array("\u{1b}[201~".utf8)

  /// ESC O and a byte: the arrows in application mode. Nil for a key without a use here.
  static func singleShift(_ byte: UInt8) -> Key? {
    switch byte {
    case UInt8(ascii: "M"): .enter
    default: letter(byte, modifier: .none)
    }
  }

  /// ESC [ parameters final.
  static func control(parameters: [UInt8], final: UInt8) -> Key? {
    let fields = parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
    let numbers = fields.map { Int(String(decoding: $0, as: UTF8.self)) }
    let modifier = numbers.count > 1 ? Modifier(parameter: numbers[1]) : .none
    if final == UInt8(ascii: "~") { return numbered(numbers.first ?? nil, modifier: modifier) }
    // Letters take no private parameters: what has them is a terminal's answer.
    guard numbers.allSatisfy({ $0 != nil }) || parameters.isEmpty else { return nil }
    return letter(final, modifier: modifier)
  }

  private enum Modifier {
    /// None, or one that changes nothing here.
    case none
    case alt
    case control

    /// xterm sends one more than the sum of Shift 1, Alt 2, Control 4.
    init(parameter: Int?) {
      let bits = max(0, min(parameter ?? 1, 256) - 1)
      self = bits & 4 != 0 ? .control : bits & 2 != 0 ? .alt : .none
    }
  }

  private static func letter(_ byte: UInt8, modifier: Modifier) -> Key? {
    switch (byte, modifier) {
    case (UInt8(ascii: "A"), .alt), (UInt8(ascii: "A"), .control): .altUp
    case (UInt8(ascii: "A"), _): .up
    case (UInt8(ascii: "B"), .alt), (UInt8(ascii: "B"), .control): .altDown
    case (UInt8(ascii: "B"), _): .down
    case (UInt8(ascii: "C"), .none): .right
    case (UInt8(ascii: "C"), _): .wordRight
    case (UInt8(ascii: "D"), .none): .left
    case (UInt8(ascii: "D"), _): .wordLeft
    case (UInt8(ascii: "F"), _): .end
    case (UInt8(ascii: "H"), _): .home
    case (UInt8(ascii: "Z"), _): .backTab
    default: nil
    }
  }

  private static func numbered(_ number: Int?, modifier: Modifier) -> Key? {
    switch number {
    case 1, 7: .home
    case 3: .delete
    case 4, 8: .end
    case 5: .pageUp
    case 6: .pageDown
    default: nil
    }
  }
}
