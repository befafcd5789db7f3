package import ConfabDomain
package import Primitives

/// Numbers those who are in a meeting, or wait before it, from 1: one for each device.
package struct ParticipantID: Hashable, Sendable {
  package var rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }
}

/// A participant of a meeting, as the media side knows them.
package struct MediaParty: Hashable, Sendable {
  package var meeting: MeetingID
  package var participant: ParticipantID

  package init(meeting: MeetingID, participant: ParticipantID) {
    self.meeting = meeting
    self.participant = participant
  }
}

package enum MediaSource: Hashable, Sendable, CaseIterable {
  case microphone, camera, screen, screenAudio
}

package struct PublishedTrack: Hashable, Sendable {
  /// The media section of the offer that carries it.
  package var mid: String
  package var source: MediaSource

  package init(mid: String, source: MediaSource) {
    self.mid = mid
    self.source = source
  }
}

/// Whom somebody sees, and how large.
package struct MediaWish: Hashable, Sendable {
  package var participant: ParticipantID
  package var source: MediaSource
  /// Of the tile, in device pixels.
  package var width: UInt32
  package var height: UInt32

  package init(participant: ParticipantID, source: MediaSource, width: UInt32, height: UInt32) {
    self.participant = participant
    self.source = source
    self.width = width
    self.height = height
  }
}

/// What a section of the subscribing connection carries.
package struct MediaSlot: Hashable, Sendable {
  /// What the line does not carry of it.
  package enum Shortage: Hashable, Sendable {
    case reduced, heldBack
  }

  package var mid: String
  package var participant: ParticipantID
  package var source: MediaSource
  package var shortage: Shortage?

  package init(
    mid: String, participant: ParticipantID, source: MediaSource, shortage: Shortage? = nil
  ) {
    self.mid = mid
    self.participant = participant
    self.source = source
    self.shortage = shortage
  }
}

/// What anybody sees of a camera or a screen that somebody publishes.
package struct TrackDemand: Hashable, Sendable {
  package var mid: String
  package var isWanted: Bool
  /// Of a track in layers: the names of those that are wanted.
  package var rids: [String]

  package init(mid: String, isWanted: Bool, rids: [String]) {
    self.mid = mid
    self.isWanted = isWanted
    self.rids = rids
  }
}

/// What the hub has the media side do, in this order.
package enum MediaOrder: Hashable, Sendable {
  case openMeeting(MeetingID)
  /// Ends the meeting and everybody's media in it. Questions about it are still answered.
  case closeMeeting(MeetingID)
  /// May publish and subscribe from now on; nothing of it is forwarded before `forward` says so.
  case join(MediaParty)
  case leave(MediaParty)

  // Questions: each is answered by the report with its ticket.
  /// The offer of the publishing connection, the first or a later one.
  case publish(MediaParty, Ticket, sdp: String, [PublishedTrack])
  /// The answer to the offer with this number.
  case answer(MediaParty, Ticket, number: UInt32, sdp: String)

  /// The party listens again: tells what it may have missed.
  case retell(MediaParty)
  /// Offer the subscribing connection anew, with another user fragment and password (RFC 8839 §4.4).
  case restart(MediaParty)
  /// The most important first. `videoKbpsMax` is 0 for whatever the line bears.
  case wish(MediaParty, [MediaWish], videoKbpsMax: UInt32)
  /// Whether what the party publishes from a source goes to the others. Not, until it is said.
  case forward(MediaParty, MediaSource, Bool)
}

/// What the media side tells the hub.
package enum MediaReport: Hashable, Sendable {
  /// To a `publish`: the answer.
  case published(Ticket, sdp: String)
  /// To an `answer` that was taken.
  case answered(Ticket)
  /// To either: why it cannot be taken, as a sentence.
  case refused(Ticket, reason: String)
  /// To either: nobody is there to take it.
  case unavailable(Ticket)

  /// The server's offer of the subscribing connection. Numbers grow.
  case offer(MediaParty, number: UInt32, sdp: String)
  /// All sections that carry something.
  case slots(MediaParty, [MediaSlot])
  /// Of all that the party publishes to be seen. Without it, all is wanted.
  case demand(MediaParty, [TrackDemand])
  /// The loudest first.
  case speaking(MeetingID, [ParticipantID])
  /// Nothing is heard any more of one or both of the party's connections.
  case lost(MediaParty, publishing: Bool, subscribing: Bool)
}

package enum MeetingDeparture: Hashable, Sendable {
  case left
  /// The connection was lost and did not come back.
  case lost
  /// By a host, for good.
  case removed
  /// Not let in by a host.
  case refused
  /// The meeting ended.
  case ended
  /// The same session joined again.
  case replaced
  /// Not in the room any more, or signed out.
  case notAMember
}

/// A channel's meeting, or that there is none, as one person sees it.
package struct MeetingView: Hashable, Sendable {
  package var channel: ChannelID
  package var label: String
  package var meeting: MeetingID?
  package var startedAt: WallTime
  package var by: String
  /// The first of those in it.
  package var names: [String]
  package var count: Int
  package var isLocked: Bool
  package var waitingRoom: WaitingRoom
  package var waiting: Int
  /// Where it is held, when that is another server.
  package var server: NodeAddress?
}

package struct ParticipantView: Hashable, Sendable {
  package var id: ParticipantID
  package var name: String
  package var isHost: Bool
  package var isGuest: Bool
  package var isWaiting: Bool
  package var microphone: Bool
  package var camera: Bool
  package var screen: Bool
  package var handRaisedAt: WallTime?
  package var joinedAt: WallTime
  package var isLost: Bool
}

package struct MeetingJoinedView: Hashable, Sendable {
  package var info: MeetingView
  package var participant: ParticipantID
  /// Goes on with the participant on another connection.
  package var key: [UInt8]
  package var isWaiting: Bool
  package var isHost: Bool
  /// The first of them.
  package var participants: [ParticipantView]
  package var isResumed: Bool
}

package struct MeetingStandingView: Hashable, Sendable {
  package var info: MeetingView
  package var isHost: Bool
  package var participants: [ParticipantView]
}

/// What changes about oneself; nil stays as it is.
package struct Participation: Hashable, Sendable {
  package var microphone: Bool?
  package var camera: Bool?
  package var screen: Bool?
  package var hand: Bool?

  package init(
    microphone: Bool? = nil, camera: Bool? = nil, screen: Bool? = nil, hand: Bool? = nil
  ) {
    self.microphone = microphone
    self.camera = camera
    self.screen = screen
    self.hand = hand
  }
}

/// What is asked for about meetings.
package enum MeetingRequest: Sendable {
  case join(ChannelReference, microphone: Bool, camera: Bool, key: [UInt8])
  case leave(MeetingID)
  case watch(ChannelReference, stop: Bool)
  case publish(MeetingID, sdp: String, [PublishedTrack])
  case answer(MeetingID, number: UInt32, sdp: String)
  case restart(MeetingID)
  case wish(MeetingID, [MediaWish], videoKbpsMax: UInt32)
  case setParticipation(MeetingID, Participation)

  // For hosts.
  /// Nil is everybody who waits.
  case answerKnock(MeetingID, ParticipantID?, admit: Bool)
  case mute(MeetingID, ParticipantID, MediaSource)
  case lowerHand(MeetingID, ParticipantID)
  case remove(MeetingID, ParticipantID)
  case setDoor(ChannelReference, isLocked: Bool?, WaitingRoom?)
  case end(MeetingID)

  /// 0 uses and nil stand for what is usual.
  case createGuestLink(ChannelReference, uses: UInt32, expiresIn: Duration?)
  /// For the page of this channel's meeting, wherever that is held; nil is this server's pages.
  case createSignInCode(ChannelReference?)
}
