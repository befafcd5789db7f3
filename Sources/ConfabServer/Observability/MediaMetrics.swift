/// What meetings' media count.
struct MediaMetrics: Sendable {
  let meetings = Gauge("confab_media_meetings", "Meetings with media now.")
  let connections = Gauge("confab_media_connections", "Media connections now.")
  let connected = Counter("confab_media_connected_total", "Media connections that were set up.")
  let connectedGCM = Counter(
    "confab_media_connected_gcm_total", "Of those, the ones protected with AES-GCM.")
  let lost = Counter("confab_media_lost_total", "Media connections that ended by themselves.")
  let received = Counter("confab_media_packets_received_total", "RTP packets from publishers.")
  let keyframeRequests = Counter(
    "confab_media_keyframe_requests_total", "Times that a publisher was asked for a whole picture.")
  let dropped = Counter(
    "confab_media_dropped_total", "Packets dropped because there was no room or no key for them.")
  let unproved = Counter(
    "confab_media_unproved_total", "Packets from addresses that nobody has proved to be his.")
  let forged = Counter("confab_media_forged_total", "Packets whose code was wrong.")
  let replayed = Counter("confab_media_replayed_total", "Packets that came again or too late.")
  let malformed = Counter("confab_media_malformed_total", "Packets that were no RTP or RTCP.")

  var all: [any Metric] {
    [
      meetings, connections, connected, connectedGCM, lost, received, keyframeRequests, dropped,
      unproved, forged, replayed, malformed,
    ]
  }

  @Sendable func add(_ tally: MediaTally) {
    meetings.set(tally.meetings)
    connections.set(tally.connections)
    connected.add(tally.connected)
    connectedGCM.add(tally.connectedGCM)
    lost.add(tally.lost)
    received.add(tally.received)
    keyframeRequests.add(tally.keyframeRequests)
    dropped.add(tally.dropped)
    unproved.add(tally.unproved)
    forged.add(tally.forged)
    replayed.add(tally.replayed)
    malformed.add(tally.malformed)
  }
}
