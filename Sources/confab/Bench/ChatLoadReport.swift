import Foundation

/// What a load showed, for people and as JSON.
struct ChatLoadReport: LoadReport {
  var clients: Int
  var senders: Int
  var bytes: Int
  /// Unacknowledged messages of each sender; nil when a rate was given.
  var window: Int?
  var seconds: Double
  var sent: Int
  var acknowledged: Int
  var refused: Int
  /// Number and words of the first refusal.
  var refusal: String?
  var acknowledgedPerSecond: Double
  var acknowledgementMedianMilliseconds: Double?
  var acknowledgementP99Milliseconds: Double?
  var acknowledgementMaxMilliseconds: Double?
  var delivered: Int
  var expected: Int
  var deliveriesPerSecond: Double
  var latencyMedianMilliseconds: Double?
  var latencyP99Milliseconds: Double?
  var latencyMaxMilliseconds: Double?
  var serverMicrosecondsPerDelivery: Double?
  var serverMicrosecondsPerMessage: Double?
  var serverKiBPerIdleClient: Double?
  /// Of one core, while nobody says anything.
  var serverIdleCPUPercent: Double?
  /// How long one small write takes to be durable on the server's disk, where that was measured.
  var diskSyncMedianMilliseconds: Double?

  init(
    _ plan: ChatLoadPlan, _ tally: ChatLoadTally, loadSeconds: Double, seconds: Double,
    before: ProcessUsage?, idle: ProcessUsage?, after: ProcessUsage?
  ) {
    clients = plan.clients
    senders = plan.kind == .idle ? 0 : plan.senders
    bytes = plan.bytes
    window = plan.kind == .idle || plan.rate > 0 ? nil : plan.window
    self.seconds = seconds
    sent = tally.sent
    acknowledged = tally.acknowledged
    refused = tally.refused
    refusal = tally.refusal
    acknowledgedPerSecond = Double(tally.acknowledged) / max(loadSeconds, 0.001)
    delivered = tally.deliveries
    expected = plan.kind == .fanOut ? tally.acknowledged * plan.clients : 0
    deliveriesPerSecond = Double(tally.deliveries) / max(seconds, 0.001)
    if tally.acknowledged > 0 {
      acknowledgementMedianMilliseconds = tally.acknowledgement.milliseconds(atPercentile: 50)
      acknowledgementP99Milliseconds = tally.acknowledgement.milliseconds(atPercentile: 99)
      acknowledgementMaxMilliseconds = tally.acknowledgement.milliseconds(atPercentile: 100)
    }
    if tally.deliveries > 0 {
      latencyMedianMilliseconds = tally.latency.milliseconds(atPercentile: 50)
      latencyP99Milliseconds = tally.latency.milliseconds(atPercentile: 99)
      latencyMaxMilliseconds = tally.latency.milliseconds(atPercentile: 100)
    }
    if let idle, let after {
      let cpu = (after.cpuSeconds - idle.cpuSeconds) * 1e6
      if plan.kind == .idle { serverIdleCPUPercent = cpu / 1e4 / max(seconds, 0.001) }
      if tally.deliveries > 0 { serverMicrosecondsPerDelivery = cpu / Double(tally.deliveries) }
      if tally.acknowledged > 0 { serverMicrosecondsPerMessage = cpu / Double(tally.acknowledged) }
    }
    if let before, let idle {
      serverKiBPerIdleClient = (idle.memoryKiB - before.memoryKiB) / Double(plan.clients)
    }
  }

  /// Lines for a person.
  var text: String {
    var lines = [
      "\(clients) clients, \(senders) senders, \(bytes) B a message, \(rounded(seconds)) s"
    ]
    if let window { lines.append("each sender: at most \(window) unacknowledged") }
    if sent > 0 {
      lines.append(
        "sent \(sent), acknowledged \(acknowledged) (\(Int(acknowledgedPerSecond))/s), refused \(refused)"
      )
    }
    if let refusal { lines.append("first refusal: \(refusal)") }
    if let median = acknowledgementMedianMilliseconds, let p99 = acknowledgementP99Milliseconds,
      let most = acknowledgementMaxMilliseconds
    {
      lines.append(
        "acknowledgement: median \(rounded(median)) ms, p99 \(rounded(p99)) ms, max \(rounded(most)) ms"
      )
    }
    if delivered > 0 {
      lines.append("delivered \(delivered) of \(expected) (\(Int(deliveriesPerSecond))/s)")
    }
    if let median = latencyMedianMilliseconds, let p99 = latencyP99Milliseconds,
      let most = latencyMaxMilliseconds
    {
      lines.append(
        "latency: median \(rounded(median)) ms, p99 \(rounded(p99)) ms, max \(rounded(most)) ms")
    }
    if let cost = serverMicrosecondsPerDelivery {
      lines.append("server CPU: \(rounded(cost)) µs a delivery")
    }
    if let cost = serverMicrosecondsPerMessage {
      lines.append("server CPU: \(rounded(cost)) µs a message")
    }
    if let memory = serverKiBPerIdleClient {
      lines.append("server memory: \(rounded(memory)) KiB for each idle client")
    }
    if let percent = serverIdleCPUPercent {
      lines.append("server CPU: \(rounded(percent)) % of one core")
    }
    if let sync = diskSyncMedianMilliseconds {
      lines.append("disk: one small write is durable after \(rounded(sync)) ms (median)")
    }
    return lines.joined(separator: "\n")
  }

  private func rounded(_ value: Double) -> String { String(format: "%.2f", value) }
}
