import Foundation

/// What a meeting's load showed, for people and as JSON.
struct MeetingLoadReport: Codable, Sendable {
  var publishers: Int
  var viewers: Int
  var seconds: Double
  /// RTP packets that publishers sent, and those that had to arrive with viewers and did.
  var sent: Int
  var expected: Int
  var arrived: Int
  var lossPercent: Double
  var forwardedPerSecond: Double
  var latencyMedianMilliseconds: Double?
  var latencyP99Milliseconds: Double?
  /// Of the port's thread.
  var microsecondsPerForwardedPacket: Double
  var forwardedPerSecondOfThread: Double
  var joinMedianMilliseconds: Double
  var memoryKiBPerViewer: Double

  var text: String {
    func number(_ value: Double?, _ digits: Int = 2) -> String {
      value.map { String(format: "%.\(digits)f", $0) } ?? "-"
    }
    return """
      \(publishers) publishing, \(viewers) watching, \(number(seconds, 1)) s
        sent          \(sent) packets
        forwarded     \(arrived) of \(expected), \(number(lossPercent, 3)) % lost
        rate          \(number(forwardedPerSecond, 0)) packets/s
        added         median \(number(latencyMedianMilliseconds)) ms, p99 \
      \(number(latencyP99Milliseconds)) ms
        server        \(number(microsecondsPerForwardedPacket)) µs of the port's thread a packet: \
      \(number(forwardedPerSecondOfThread, 0)) packets/s for a core
        joining       median \(number(joinMedianMilliseconds)) ms until keys
        memory        \(number(memoryKiBPerViewer, 0)) KiB a viewer, both sides of it
      """
  }
}
