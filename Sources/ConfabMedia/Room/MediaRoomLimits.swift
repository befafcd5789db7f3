/// What one room may hold and use.
package struct MediaRoomLimits: Hashable, Sendable {
  package var participantsMax = 500
  /// Of one participant: camera, screen, microphone, and as many again.
  package var tracksPerParticipantMax = 6
  /// Sections for sound in each subscribing connection: the loudest so many are heard.
  package var audioSlots = 3
  /// Sections for video in each subscribing connection.
  package var videoSlots = 10
  /// What a publisher may send, so that one fast line does not drown the server's.
  package var publishBitrateMax = 4_000_000

  package init() {}
}
