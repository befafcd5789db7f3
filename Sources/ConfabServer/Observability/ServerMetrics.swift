import Synchronization

/// What the server counts, as plain numbers that any thread adds to.
package final class ServerMetrics: Sendable {
  let connections = Gauge("confab_connections", "Connections now, signed in or not.")
  let sessions = Gauge("confab_sessions", "Connections that speak our protocol now.")
  let webSessions = Gauge("confab_web_sessions", "Those of browsers among them.")
  let subscribed = Gauge("confab_subscribed", "Connections that hear what happens.")
  let accepted = Counter("confab_connections_accepted_total", "Connections accepted.")
  let refused = Counter(
    "confab_connections_refused_total", "Connections closed because there were too many.")
  let misdirected = Counter(
    "confab_connections_misdirected_total", "Connections that did not speak TLS.")
  let handshakeFailures = Counter(
    "confab_tls_handshake_failures_total", "TLS handshakes that failed.")
  let timeouts = Counter(
    "confab_sign_in_timeouts_total", "Connections that did not sign in within the time.")
  let violations = Counter(
    "confab_protocol_violations_total", "Connections closed because they broke the protocol.")
  let requests = Counter("confab_requests_total", "Requests taken.")
  let refusals = Counter("confab_refusals_total", "Requests refused.")
  let signInFailures = Counter("confab_sign_in_failures_total", "Sign-ins that failed.")
  let messages = Counter("confab_messages_total", "Messages stored.")
  let events = Counter("confab_events_total", "Events stored.")
  let deliveries = Counter("confab_deliveries_total", "Events given to subscribers.")
  let deliveredWrites = Counter(
    "confab_delivery_writes_total", "Writes that deliveries were joined into.")
  let lagging = Counter("confab_lagging_total", "Times that a slow reader was left behind.")
  let backlogPauses = Counter(
    "confab_backlog_pauses_total", "Times that reading stopped because deliveries waited.")
  let backlogBytes = Gauge("confab_backlog_bytes", "Bytes of events that wait for delivery.")
  let appendFailures = Counter("confab_journal_failures_total", "Groups that were not stored.")
  let overtaken = Counter(
    "confab_journal_overtaken_total",
    "Groups decided again because another server of the place stored first.")
  let agreedEntry = Gauge(
    "confab_journal_agreed_entry", "The entry after which another server had the same state.")
  let differences = Counter(
    "confab_journal_differences_total", "Times that servers of the place had different states.")
  let snapshots = Counter("confab_journal_snapshots_total", "Snapshots saved.")
  let readsRefused = Counter(
    "confab_reads_refused_total", "Questions refused because too many waited.")
  let udpDropped = Counter("confab_udp_dropped_total", "Datagrams dropped.")
  let udpLimited = Counter("confab_udp_limited_total", "STUN requests of addresses over the limit.")
  let stunAnswered = Counter("confab_stun_answered_total", "STUN requests answered.")
  let filesOffered = Counter("confab_files_offered_total", "Offers of files.")
  let filesAccepted = Counter("confab_files_accepted_total", "Offers of files that were accepted.")
  let meetings = Gauge("confab_meetings", "Meetings that go on.")
  let participants = Gauge("confab_meeting_participants", "Devices in meetings or before them.")
  let meetingsStarted = Counter("confab_meetings_started_total", "Meetings started.")
  let meetingsJoined = Counter("confab_meetings_joined_total", "People who came to meetings.")
  let relay = RelayMetrics()
  let media = MediaMetrics()
  let logLinesDropped = Counter("confab_log_lines_dropped_total", "Log lines that found no room.")
  let groupEvents = Distribution(
    "confab_commit_events", "Events in one commit.", bounds: [1, 2, 4, 8, 16, 64, 256, 1_024])
  let commitMicroseconds = Distribution(
    "confab_commit_microseconds", "Time of one commit, fsync included.",
    bounds: [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000])

  package init() {}

  /// In the text format of Prometheus, version 0.0.4.
  package func rendered() -> String {
    let numbers: [any Metric] = [
      connections, sessions, webSessions, subscribed, accepted, refused, misdirected,
      handshakeFailures, timeouts, violations, requests, refusals, signInFailures, messages, events,
      deliveries, deliveredWrites, lagging, backlogPauses, backlogBytes, appendFailures, overtaken,
      agreedEntry, differences, snapshots,
      readsRefused, udpDropped, udpLimited, stunAnswered, filesOffered, filesAccepted,
      meetings, participants, meetingsStarted, meetingsJoined,
      logLinesDropped, groupEvents, commitMicroseconds,
    ]
    return (numbers + relay.all + media.all).map(\.rendered).joined()
  }
}

protocol Metric: Sendable {
  var rendered: String { get }
}

/// A number that only grows.
final class Counter: Metric {
  private let name: String
  private let help: String
  private let value = Atomic<Int>(0)

  init(_ name: String, _ help: String) {
    self.name = name
    self.help = help
  }

  var current: Int { value.load(ordering: .relaxed) }

  func add(_ count: Int = 1) {
    value.wrappingAdd(count, ordering: .relaxed)
  }

  var rendered: String {
    "# HELP \(name) \(help)\n# TYPE \(name) counter\n\(name) \(current)\n"
  }
}

/// A number that goes up and down.
final class Gauge: Metric {
  private let name: String
  private let help: String
  private let value = Atomic<Int>(0)

  init(_ name: String, _ help: String) {
    self.name = name
    self.help = help
  }

  var current: Int { value.load(ordering: .relaxed) }

  @discardableResult
  func add(_ count: Int = 1) -> Int {
    value.wrappingAdd(count, ordering: .relaxed).newValue
  }

  func set(_ count: Int) { value.store(count, ordering: .relaxed) }

  var rendered: String {
    "# HELP \(name) \(help)\n# TYPE \(name) gauge\n\(name) \(current)\n"
  }
}

/// How often a quantity was at most each of some bounds.
final class Distribution: Metric {
  private let name: String
  private let help: String
  private let bounds: [Int]
  private let buckets: [Bucket]
  private let sum = Atomic<Int>(0)

  /// A class, because an atomic number cannot move.
  private final class Bucket: Sendable {
    let count = Atomic<Int>(0)
  }

  init(_ name: String, _ help: String, bounds: [Int]) {
    self.name = name
    self.help = help
    self.bounds = bounds
    buckets = (0...bounds.count).map { _ in Bucket() }
  }

  func record(_ value: Int) {
    let index = bounds.firstIndex { value <= $0 } ?? bounds.count
    buckets[index].count.wrappingAdd(1, ordering: .relaxed)
    sum.wrappingAdd(value, ordering: .relaxed)
  }

  var rendered: String {
    var text = "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
    var total = 0
    for (index, bucket) in buckets.enumerated() {
      total += bucket.count.load(ordering: .relaxed)
      let bound = index < bounds.count ? String(bounds[index]) : "+Inf"
      text += "\(name)_bucket{le=\"\(bound)\"} \(total)\n"
    }
    return text + "\(name)_sum \(sum.load(ordering: .relaxed))\n\(name)_count \(total)\n"
  }
}
