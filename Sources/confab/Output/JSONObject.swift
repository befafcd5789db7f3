/// One line of JSON whose fields stand in the order in which they were added.
///
/// Control and direction characters are written as `\u…`: the line is safe on a terminal as well.
struct JSONObject {
  enum Value {
    case string(String)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
    case boolean(Bool)
    case strings([String])
    case objects([JSONObject])
  }

  private var fields: [(name: String, value: Value)] = []

  init() {}

  init(event: String) {
    add("event", event)
  }

  mutating func add(_ name: String, _ value: Value) {
    fields.append((name, value))
  }

  mutating func add(_ name: String, _ value: String) { add(name, .string(value)) }
  mutating func add(_ name: String, _ value: Bool) { add(name, .boolean(value)) }
  mutating func add(_ name: String, _ value: UInt64) { add(name, .unsigned(value)) }
  mutating func add(_ name: String, _ value: Int) { add(name, .integer(Int64(value))) }
  mutating func add(_ name: String, _ value: Double) { add(name, .number(value)) }

  var text: String {
    "{" + fields.map { "\(Self.quoted($0.name)):\(Self.text($0.value))" }.joined(separator: ",")
      + "}"
  }

  private static func text(_ value: Value) -> String {
    switch value {
    case .string(let string): quoted(string)
    case .integer(let integer): String(integer)
    case .unsigned(let integer): String(integer)
    // JSON has no infinity and no NaN.
    case .number(let number): number.isFinite ? "\(number)" : "null"
    case .boolean(let boolean): boolean ? "true" : "false"
    case .strings(let strings): "[" + strings.map(quoted).joined(separator: ",") + "]"
    case .objects(let objects): "[" + objects.map(\.text).joined(separator: ",") + "]"
    }
  }

  static func quoted(_ string: String) -> String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if isPlain(scalar) {
          result.unicodeScalars.append(scalar)
        } else {
          for unit in Character(scalar).utf16 { result += "\\u" + hex4(unit) }
        }
      }
    }
    return result + "\""
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return false
    default: return true
    }
  }

  private static func hex4(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
