// What goes into a MediaRoom and what comes out of it, besides session descriptions.

/// A participant's place in the room, given by `MediaRoom.join`. It may be given again to somebody else
/// after `leave`.
package struct ParticipantIndex: Hashable, Sendable {
  package let value: Int32

  package init(value: Int32) {
    self.value = value
  }
}

/// Each participant has up to two transports (each its own ICE and DTLS), with fixed offerers, so that
/// two offers never cross.
package enum TransportRole: UInt8, Hashable, Sendable, CaseIterable {
  /// The client offers; media flow from the client to us.
  case publishing
  /// We offer; media flow from us to the client.
  case subscribing
}

/// One camera, screen or microphone, for as long as it is published; never given twice in a room.
package struct TrackID: Hashable, Sendable {
  package let value: UInt32

  package init(value: UInt32) {
    self.value = value
  }
}

package enum MediaKind: UInt8, Hashable, Sendable {
  case audio
  case video
}

/// Where a track comes from, as its publisher's client says.
package enum TrackSource: UInt8, Hashable, Sendable {
  case microphone
  case camera
  case screen
  /// What a shared screen plays: heard whoever speaks, and never called a speaker.
  case screenAudio
}

/// A media section of the subscribing connection. Its SSRC never changes: what is shown in it does.
package struct MediaSlot: Hashable, Sendable {
  package let kind: MediaKind
  package let number: Int

  package init(kind: MediaKind, number: Int) {
    self.kind = kind
    self.number = number
  }

  /// How the section is called in our offers: `a0`, `a1`… and `v0`, `v1`….
  package var mid: String { (kind == .audio ? "a" : "v") + String(number) }
}

/// Somebody wants to see a track. Sound needs no wish: everybody hears the loudest of the others.
package struct VideoWish: Hashable, Sendable {
  package var track: TrackID
  /// The height of the tile in device pixels; the layer that is forwarded follows it.
  package var heightPixels: Int
  /// Served before all others when the network is narrow. Screens are so too.
  package var isOnStage: Bool

  package init(track: TrackID, heightPixels: Int, isOnStage: Bool = false) {
    self.track = track
    self.heightPixels = heightPixels
    self.isOnStage = isOnStage
  }
}

/// A packet for a viewer, in three parts that follow each other. Valid during the call only.
///
/// SRTP authenticates the header and encrypts the rest, out of place: `prefix` and `payload` are shared
/// or scratch memory and must stay as they are.
package struct OutgoingRTP {
  /// In the clear on the wire.
  package let header: UnsafeRawBufferPointer
  /// Written anew for this viewer: a VP8 descriptor, or the sequence number of a packet sent again.
  package let prefix: UnsafeRawBufferPointer
  /// Lies in the slab, or is padding.
  package let payload: UnsafeRawBufferPointer

  package var bytes: Int { header.count + prefix.count + payload.count }
}

/// Who sends for a room. The room calls it while it works on one input; generic, so that a call is
/// direct.
package protocol MediaSink: ~Copyable {
  /// To the subscribing transport of `viewer`.
  mutating func send(_ packet: OutgoingRTP, to viewer: ParticipantIndex)

  /// One whole RTCP datagram, to be sealed as SRTCP. Valid during the call only.
  mutating func send(
    rtcp bytes: UnsafeRawBufferPointer, to participant: ParticipantIndex, role: TransportRole)
}

/// What people are to be told, or the log. Seldom, compared with packets.
package enum RoomEvent: Hashable, Sendable {
  /// Media of this track have begun to arrive.
  case trackStarted(TrackID)
  /// The publisher took it away, or left.
  case trackRemoved(TrackID)
  /// Nil when nobody has spoken for a while.
  case activeSpeaker(ParticipantIndex?)
  /// What `viewer` sees or hears in a slot from now on; nil for nothing.
  case slot(viewer: ParticipantIndex, MediaSlot, TrackID?)
  /// Which of a track's layers is forwarded from now on, by its place in the publisher's offer; nil
  /// while it is held back because the network is too narrow.
  case layer(viewer: ParticipantIndex, TrackID, Int?)
  /// A publisher was asked for a key frame.
  case keyframeRequested(TrackID)
  /// Which of a track's layers anybody sees, by their places in the publisher's offer: the others need not
  /// be sent. All of them are wanted until it is said otherwise.
  case demand(TrackID, layers: [Int])
  /// Whether the viewer's line carries what a slot is to show.
  case shortage(viewer: ParticipantIndex, MediaSlot, MediaShortage)
}

/// What a viewer goes without because of the line, or of a ceiling of their own.
package enum MediaShortage: Hashable, Sendable {
  case none
  /// A smaller picture than the tile could show, or fewer pictures.
  case reduced
  /// No picture at all.
  case heldBack
}

/// What a viewer's or publisher's user did wrong, or what is full.
package enum MediaRoomError: UInt16, Error, Hashable, Sendable {
  case roomFull = 1
  case tooManyTracks = 2
}
