/// What one room may hold and use.
package struct MediaRoomLimits: Hashable, Sendable {
  package var participantsMax = 500
  /// Of one participant: camera, screen, microphone, and as many again.
  package var tracksPerParticipantMax = 6
  /// Sections for sound in each subscribing connection: so many are heard, the loudest, and one of
  /// them is what a shared screen plays.
  package var audioSlots = 4
  /// Sections for video in each subscribing connection.
  package var videoSlots = 10
  /// What one may wish to see: those that are off now get a section when they are on.
  package var wishesMax = 64
  /// Packets of one participant that are kept for those who miss them: more than a second of what
  /// `publishBitrateMax` allows.
  package var keptPacketsMax = 2_048
  /// What a publisher may send, so that one fast line does not drown the server's.
  package var publishBitrateMax = 4_000_000

  package init() {}
}
