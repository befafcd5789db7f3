/// What either end of a connection refuses to take more of.
package enum WireLimits {
  /// The payload of one frame, without its length. A page of history fits; a flood does not.
  package static let frameBytesMax = 65_536
  /// What a server says in one text message. Pages are cut by protobuf's bytes, and the same in JSON, with
  /// names of fields, base64 and escapes, is up to eight times longer.
  package static let webTextBytesMax = 8 * frameBytesMax
  /// The big-endian length before each payload.
  package static let frameLengthBytes = 4
  /// Payloads of a connection that has not signed in: a stranger may cost no more memory than this.
  package static let preSignInBytesMax = 8_192
  /// Handshake and signing in together, so that half-open connections go away by themselves.
  package static let signInSecondsMax = 10
  /// Requests of one connection without an answer yet; past it the server stops reading.
  package static let outstandingRequestsMax = 128
  /// Reading goes on when so few are left, so that it does not stop and go at every answer.
  package static let outstandingRequestsLow = 64
  /// Bytes pushed to a reader whose socket takes none before the server stops telling it what happens.
  package static let outboundBytesMax = 1_048_576
  /// Messages within messages. The schema needs five levels; the decoder recurses for each.
  package static let messageDepthMax = 20
  /// Bytes of the program's name in Hello, which ends in the server's log.
  package static let clientNameBytesMax = 64
  /// Names that come with one reaction or one event: the whole list may be longer than a frame.
  package static let reactionNamesMax = 32
  package static let eventNamesMax = 1_000
  /// People named in the end of a meeting.
  package static let attendancesMax = 200
  /// Events of one channel that a client holds back until what is before them has been fetched.
  package static let heldEventsMax = 512
  /// Channels that a client follows: a server cannot make it remember more.
  package static let followedChannelsMax = 200_000

  // Sizes of keys and chance on the wire.
  package static let placeBytes = 16
  package static let challengeBytes = 32
  package static let tokenBytes = 32
  /// Ed25519, RFC 8032 §5.1.6.
  package static let signatureBytes = 64
}

/// The versions of the protocol that this program speaks.
package enum WireVersion {
  package static let minimum: UInt32 = 1
  package static let current: UInt32 = 1

  package static let supported = minimum...current

  /// The highest version that both sides speak; nil when there is none.
  package static func negotiate(
    _ ours: ClosedRange<UInt32>, with theirs: ClosedRange<UInt32>
  ) -> UInt32? {
    let version = min(ours.upperBound, theirs.upperBound)
    return ours.contains(version) && theirs.contains(version) ? version : nil
  }
}
