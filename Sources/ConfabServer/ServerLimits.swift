import ConfabWire

/// What the server's shell keeps no more of. Those of the protocol are in `WireLimits`, those of the
/// place in `Limits`, those of deciding in `HubLimits`.
enum ServerLimits {
  /// Connections at the same time, signed in or not.
  static let connectionsMax = 50_000
  /// Connections of one address (/32, /64) that have not signed in yet. Enough for everybody behind
  /// one office's address at nine o'clock, too few for a flood.
  static let strangersPerAddressMax = 1_024
  /// Connections that the kernel completes before we accept them.
  static let listenBacklogConnectionsMax = 4_096
  /// What the kernel did not take of one connection's bytes, beyond which it counts as slow.
  static let unsentBytesHigh = 262_144
  static let unsentBytesLow = 65_536
  /// Bytes of events that wait for the event loops. Past it nothing is read from anybody until they
  /// have drained, so that fast senders are slowed and latency stays within bounds.
  static let fanoutBacklogBytesHigh = 131_072
  static let fanoutBacklogBytesLow = 32_768
  /// Events in one commit: beyond this, the first would wait too long for the last.
  static let groupEventsMax = 2_048
  /// Entries after which a snapshot is worth its time.
  static let snapshotEntries: UInt64 = 100_000
  /// How long words that were edited or deleted may stay in the files: many share one rewriting.
  static let purgeSeconds: Int64 = 30
  /// Questions to the journal that wait for a thread.
  static let waitingReadsMax = 4_096
  static let readerThreads = 2
  /// Passwords that wait for a thread: 32 MiB of memory each only while it is hashed.
  static let waitingPasswordsMax = 256
  /// Archives that are open at once, each a copy on the disk.
  static let openArchivesMax = 4
  static let archiveChunkBytesMax = 49_152
  static let archiveIdleSecondsMax: Int64 = 600
  /// After a refusal in clear text the peer has so long to read it.
  static let farewellSeconds: Int64 = 1
  /// Stopping: first what is decided reaches the disk, then people are told.
  static let drainSecondsMax: Int64 = 2
  static let goodbyeSecondsMax: Int64 = 1
  /// How often the certificate's files are looked at.
  static let certificateCheckSeconds: Int64 = 60
  /// An HTTP connection without a request for so long is closed.
  static let httpIdleSeconds: Int64 = 30
  /// No connection speaks HTTP for longer than this.
  static let httpSecondsMax: Int64 = 60
  static let httpHeaderBytesMax = 8_192
  static let httpHeaderFieldsMax = 100
}
