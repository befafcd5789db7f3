/// What our side of a transport says of itself in a description; the media endpoint makes it.
package struct LocalTransport: Hashable, Sendable {
  /// At least 4 and 22 characters of RFC 8839's `ice-char`.
  package var iceUsernameFragment: String
  package var icePassword: String
  /// SHA-256 of our certificate's DER.
  package var fingerprint: [UInt8]
  /// Values of `a=candidate` lines, from `candidate:` on.
  package var candidates: [String]

  package init(
    iceUsernameFragment: String, icePassword: String, fingerprint: [UInt8], candidates: [String]
  ) {
    self.iceUsernameFragment = iceUsernameFragment
    self.icePassword = icePassword
    self.fingerprint = fingerprint
    self.candidates = candidates
  }
}

/// What a browser says of its side of a transport. Its candidates are of no use to ICE-lite.
package struct RemoteTransport: Hashable, Sendable {
  package var iceUsernameFragment: String
  package var icePassword: String
  /// SHA-256 of its certificate's DER: compare it with the handshake's before any key is used.
  package var fingerprint: [UInt8]
}

/// The answer to a publisher's offer, and what it means.
package struct PublishAnswer: Hashable, Sendable {
  package var sdp: String
  package var remote: RemoteTransport
  /// All that is published now, in the order of the media sections.
  package var tracks: [PublishedTrack]
}

package struct PublishedTrack: Hashable, Sendable {
  package var id: TrackID
  package var kind: MediaKind
  /// The name of its media section, by which the client knows it.
  package var mid: String
  /// The names of its layers, in the order of the offer; none when there is but one.
  package var rids: [String]
}
