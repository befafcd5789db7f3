import ConfabNetwork
import ConfabTransfer

/// What the UDP socket forwards and drops.
struct RelayMetrics: Sendable {
  let pairings = Gauge("confab_relay_pairings", "Pairs of devices that may use the relay.")
  let forwarded = Counter("confab_relay_datagrams_total", "Datagrams forwarded.")
  let forwardedBytes = Counter("confab_relay_bytes_total", "Bytes forwarded.")
  let bound = Counter("confab_relay_bound_total", "Devices that came to the relay.")
  let refused = Counter("confab_relay_refused_total", "Tokens that the relay did not take.")
  let challenged = Counter(
    "confab_relay_challenged_total", "Devices asked to show that they receive where they say.")
  let unbound = Counter(
    "confab_relay_unbound_total", "Datagrams dropped because nobody bound their address.")
  let unanswered = Counter(
    "confab_relay_unanswered_total", "Datagrams for a device that had not come yet.")
  let overlong = Counter("confab_relay_overlong_total", "Datagrams dropped as too long.")
  let overRate = Counter("confab_relay_over_rate_total", "Datagrams dropped over --relay-rate.")
  let overQuota = Counter("confab_relay_over_quota_total", "Datagrams dropped over --relay-quota.")
  let congested = Counter(
    "confab_relay_congested_total", "Datagrams dropped because the socket took no more.")

  var all: [any Metric] {
    [
      pairings, forwarded, forwardedBytes, bound, refused, challenged, unbound, unanswered,
      overlong, overRate, overQuota, congested,
    ]
  }

  func add(_ counters: RelayCounters) {
    forwarded.add(counters.forwarded)
    forwardedBytes.add(counters.forwardedBytes)
    bound.add(counters.bound)
    refused.add(counters.refused)
    challenged.add(counters.challenged)
    unbound.add(counters.unbound)
    unanswered.add(counters.unanswered)
    overlong.add(counters.overlong)
    overRate.add(counters.overRate)
    overQuota.add(counters.overQuota)
  }
}

extension ServerMetrics {
  /// What the UDP socket counted since the last time.
  func count(_ tally: UDPPort.Tally) {
    stunAnswered.add(tally.answered)
    udpLimited.add(tally.limited)
    udpDropped.add(tally.dropped)
    relay.add(tally.relay)
    relay.congested.add(tally.congested)
    relay.pairings.add(tally.pairingsChange)
  }
}
