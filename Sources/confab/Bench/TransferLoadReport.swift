import ConfabTransfer
import Foundation

/// What a transfer on this machine took, for people and as JSON.
struct TransferLoadReport: LoadReport {
  struct Run: Encodable, Sendable {
    var seconds: Double
    var gigabitsPerSecond: Double
    /// Of all threads of a side, sockets and files included, for each GiB of content.
    var presenterCPUSecondsPerGiB: Double
    var recipientCPUSecondsPerGiB: Double
    /// The size that was found to fit the path.
    var datagramBytes: Int
    var packetsSent: UInt64
    var packetsLost: UInt64

    init(
      seconds: Double, presenterSeconds: Double, recipientSeconds: Double,
      _ statistics: TransferStatistics, _ plan: TransferLoadPlan
    ) {
      let gibibytes = Double(plan.bytes) / Double(1 << 30)
      self.seconds = seconds
      gigabitsPerSecond = Double(plan.bytes) * 8 / 1e9 / max(seconds, 1e-9)
      presenterCPUSecondsPerGiB = presenterSeconds / gibibytes
      recipientCPUSecondsPerGiB = recipientSeconds / gibibytes
      datagramBytes = statistics.datagramBytes
      packetsSent = statistics.packetsSent
      packetsLost = statistics.packetsLost
    }
  }

  var folder: String
  var bytes: UInt64
  var files: Int
  var runs: [Run] = []

  init(_ plan: TransferLoadPlan) {
    folder = plan.folder
    bytes = plan.bytes
    files = plan.files
  }

  /// The run in the middle by its time.
  var median: Run? {
    runs.isEmpty ? nil : runs.sorted { $0.seconds < $1.seconds }[runs.count / 2]
  }

  private enum CodingKeys: String, CodingKey {
    case folder, bytes, files, runs, median
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(folder, forKey: .folder)
    try values.encode(bytes, forKey: .bytes)
    try values.encode(files, forKey: .files)
    try values.encode(runs, forKey: .runs)
    try values.encode(median, forKey: .median)
  }

  /// Lines for a person.
  var text: String {
    var lines = [
      "\(bytes) bytes in \(files == 1 ? "one file" : "\(files) files") below \(folder), \(runs.count) runs"
    ]
    for run in runs { lines.append("  " + Self.text(run)) }
    if let median { lines.append("median: " + Self.text(median)) }
    return lines.joined(separator: "\n")
  }

  private static func text(_ run: Run) -> String {
    let figures = String(
      format: "%.2f s, %.2f Gbit/s; CPU a GiB: presenter %.2f s, recipient %.2f s", run.seconds,
      run.gigabitsPerSecond, run.presenterCPUSecondsPerGiB, run.recipientCPUSecondsPerGiB)
    return figures
      + "; datagrams of \(run.datagramBytes) bytes, \(run.packetsLost) of \(run.packetsSent) lost"
  }
}
