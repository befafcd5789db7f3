import Foundation

/// What a meeting's load showed, for people and as JSON.
struct MeetingLoadReport: LoadReport {
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
  /// Of the server's process, all of it; nil when it is not known which that is.
  var serverCPUPercent: Double?
  var serverMicrosecondsPerPacket: Double?
  var serverKiBPerViewer: Double?
  /// From asking until the first picture is there, whole.
  var joinMedianMilliseconds: Double?
  var joinWorstMilliseconds: Double?

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
        server        \(number(serverCPUPercent, 0)) % of a processor, \
      \(number(serverMicrosecondsPerPacket)) µs a packet
        memory        \(number(serverKiBPerViewer, 0)) KiB a viewer
        joining       median \(number(joinMedianMilliseconds, 1)) ms to the first picture, worst \
      \(number(joinWorstMilliseconds, 1)) ms
      """
  }
}
