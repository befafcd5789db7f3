import ConfabClient
import ConfabTransfer

/// How people read what a transfer does.
enum TransferText {
  /// "12.3 MB", "1.50 GB": powers of ten, as disks and lines are sold.
  static func size(_ bytes: UInt64) -> String {
    switch bytes {
    case 0..<1_000: bytes == 1 ? "1 byte" : "\(bytes) bytes"
    case 1_000..<1_000_000: "\(tenths(bytes / 100)) kB"
    case 1_000_000..<1_000_000_000: "\(tenths(bytes / 100_000)) MB"
    default: "\(hundredths(bytes / 10_000_000)) GB"
    }
  }

  /// "12.3 of 64.0 MB": both in the unit of the whole.
  static func bytes(_ done: UInt64, of total: UInt64, joint: String = " of ") -> String {
    switch total {
    case 0..<1_000: "\(done)\(joint)\(total) bytes"
    case 1_000..<1_000_000: "\(tenths(done / 100))\(joint)\(tenths(total / 100)) kB"
    case 1_000_000..<1_000_000_000:
      "\(tenths(done / 100_000))\(joint)\(tenths(total / 100_000)) MB"
    default: "\(hundredths(done / 10_000_000))\(joint)\(hundredths(total / 10_000_000)) GB"
    }
  }

  static func rate(_ bytesPerSecond: Int) -> String {
    let bits = UInt64(clamping: bytesPerSecond) * 8
    return switch bits {
    case 0..<1_000_000: "\(bits / 1_000) kbit/s"
    case 1_000_000..<1_000_000_000: "\(tenths(bits / 100_000)) Mbit/s"
    default: "\(hundredths(bits / 10_000_000)) Gbit/s"
    }
  }

  /// "0:04", "12:40", "1:02:33".
  static func duration(_ seconds: Int) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60)
    guard hours > 0 else { return "\(minutes):\(two(rest))" }
    return "\(hours):\(two(minutes)):\(two(rest))"
  }

  /// "5 minutes", "1 day": the largest unit that it has one of.
  static func age(_ age: Duration) -> String {
    let seconds = age.components.seconds
    let (unit, length): (String, Int64) =
      switch seconds {
      case ..<60: ("second", 1)
      case ..<3_600: ("minute", 60)
      case ..<86_400: ("hour", 3_600)
      default: ("day", 86_400)
      }
    let count = seconds / length
    return "\(count) \(unit)\(count == 1 ? "" : "s")"
  }

  /// Bytes, then rate and time left or what it waits for, then the path.
  static func details(_ progress: TransferProgress, joint: String = " of ") -> [String] {
    var parts = [bytes(progress.bytesDone, of: progress.bytesTotal, joint: joint)]
    if let pause = progress.pause {
      parts.append("waits: \(pause.byPeer ? "the other side" : "this side") \(pause.reason.words)")
    } else {
      if let rate = progress.bytesPerSecond { parts.append(self.rate(rate)) }
      if let left = progress.secondsLeft { parts.append(duration(left)) }
    }
    if let path = progress.path { parts.append(path.name) }
    return parts
  }

  static func fraction(_ progress: TransferProgress) -> Double {
    progress.bytesTotal == 0 ? 1 : Double(progress.bytesDone) / Double(progress.bytesTotal)
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private static func tenths(_ value: UInt64) -> String { "\(value / 10).\(value % 10)" }

  private static func hundredths(_ value: UInt64) -> String {
    "\(value / 100).\(two(Int(value % 100)))"
  }
}

extension PathKind {
  /// Stable, for scripts.
  var name: String {
    switch self {
    case .direct: "direct"
    case .relay: "relay"
    }
  }
}

extension Interruption {
  var words: String {
    switch self {
    case .unreachable:
      "the other device could not be reached. UDP may be blocked on the way: confab doctor tells"
    case .silence: "nothing is heard of the other device any more"
    case .closedByPeer: "the other side stopped for now"
    case .violation(let what): "the connection broke the protocol's rules (\(what))"
    case .stopped: "stopped"
    }
  }
}

extension PauseReason {
  fileprivate var words: String {
    switch self {
    case .person: "stopped it for now"
    case .diskFull: "has a full disk"
    case .other: "is not ready"
    }
  }
}
