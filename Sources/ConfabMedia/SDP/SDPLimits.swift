package enum SDPLimits {
  /// Chromium's offer with ten sections has some 60 KB.
  package static let descriptionBytesMax = 256 << 10
  package static let sectionsMax = 64
  /// Of one kind in one section: payload types, extensions, SSRCs….
  package static let attributesMax = 128
  /// Of simulcast: more are not forwarded.
  package static let layersMax = 3
  /// Mids, rids, names of codecs and of ICE: what goes back into our answer.
  package static let tokenBytesMax = 256
}
