import ConfabDomain
import ConfabHub
import ConfabWire
import FoundationEssentials
import Primitives
import SwiftProtobuf

// Meetings, in both directions.
extension RequestTranslation {
  func about(meetings body: WireClientFrame.OneOf_Body) throws(Rejection) -> Request? {
    if let request = try about(participation: body) { return .meeting(request) }
    if let request = try about(hosting: body) { return .meeting(request) }
    return nil
  }

  private func about(
    participation body: WireClientFrame.OneOf_Body
  ) throws(Rejection) -> MeetingRequest? {
    switch body {
    case .joinMeeting(let wire):
      return .join(
        try reference(wire.channel), microphone: wire.microphone, camera: wire.camera,
        key: Array(wire.key))
    case .leaveMeeting(let wire): return .leave(MeetingID(wire.meeting))
    case .watchMeeting(let wire): return .watch(try reference(wire.channel), stop: wire.stop)
    case .publishMedia(let wire):
      return .publish(MeetingID(wire.meeting), sdp: wire.sdp, try tracks(wire.tracks))
    case .answerMedia(let wire):
      return .answer(MeetingID(wire.meeting), number: wire.number, sdp: wire.sdp)
    case .restartMedia(let wire): return .restart(MeetingID(wire.meeting))
    case .wishMedia(let wire):
      return .wish(
        MeetingID(wire.meeting), try wishes(wire.wishes), videoKbpsMax: wire.videoKbpsMax)
    case .setParticipation(let wire):
      return .setParticipation(
        MeetingID(wire.meeting),
        Participation(
          microphone: wire.hasMicrophone ? wire.microphone : nil,
          camera: wire.hasCamera ? wire.camera : nil, screen: wire.hasScreen ? wire.screen : nil,
          hand: wire.hasHand ? wire.hand : nil))
    default: return nil
    }
  }

  private func about(
    hosting body: WireClientFrame.OneOf_Body
  ) throws(Rejection) -> MeetingRequest? {
    switch body {
    case .answerKnock(let wire):
      let participant = wire.participant == 0 ? nil : ParticipantID(wire.participant)
      return .answerKnock(MeetingID(wire.meeting), participant, admit: wire.admit)
    case .muteParticipant(let wire):
      let participant = ParticipantID(wire.participant)
      guard !wire.hand else { return .lowerHand(MeetingID(wire.meeting), participant) }
      return .mute(MeetingID(wire.meeting), participant, try source(wire.source))
    case .removeParticipant(let wire):
      return .remove(MeetingID(wire.meeting), ParticipantID(wire.participant))
    case .setMeetingDoor(let wire):
      return .setDoor(
        try reference(wire.channel), isLocked: wire.hasLocked ? wire.locked : nil,
        WaitingRoom(wire.waitingRoom))
    case .endMeeting(let wire): return .end(MeetingID(wire.meeting))
    case .createGuestLink(let wire):
      let expiresIn: Duration? =
        wire.expiresInMs == 0 ? nil : .milliseconds(Int64(clamping: wire.expiresInMs))
      return .createGuestLink(
        try reference(wire.channel), uses: wire.uses, expiresIn: expiresIn)
    case .createSignInCode(let wire):
      return .createSignInCode(wire.hasChannel ? try reference(wire.channel) : nil)
    default: return nil
    }
  }

  private func tracks(_ wire: [WirePublishedTrack]) throws(Rejection) -> [PublishedTrack] {
    var tracks: [PublishedTrack] = []
    for track in wire {
      tracks.append(PublishedTrack(mid: track.mid, source: try source(track.source)))
    }
    return tracks
  }

  private func wishes(_ wire: [WireMediaWish]) throws(Rejection) -> [MediaWish] {
    var wishes: [MediaWish] = []
    for wish in wire {
      wishes.append(
        MediaWish(
          participant: ParticipantID(wish.participant), source: try source(wish.source),
          width: wish.width, height: wish.height))
    }
    return wishes
  }

  private func source(_ wire: WireMediaSource) throws(Rejection) -> MediaSource {
    switch wire {
    case .microphone: .microphone
    case .camera: .camera
    case .screen: .screen
    case .screenAudio: .screenAudio
    case .unspecified, .UNRECOGNIZED:
      throw Rejection(.requestInvalid, "This server does not know the source of the track.")
    }
  }
}

extension WireMediaSource {
  fileprivate init(_ source: MediaSource) {
    switch source {
    case .microphone: self = .microphone
    case .camera: self = .camera
    case .screen: self = .screen
    case .screenAudio: self = .screenAudio
    }
  }
}

extension WireLeaveReason {
  fileprivate init(_ departure: MeetingDeparture) {
    switch departure {
    case .left: self = .left
    case .lost: self = .lost
    case .removed: self = .removed
    case .refused: self = .refused
    case .ended: self = .ended
    case .replaced: self = .replaced
    case .notAMember: self = .notAMember
    }
  }
}

extension WireMeetingInfo {
  init(_ view: MeetingView) {
    self.init()
    channel = view.channel.rawValue
    label = view.label
    meeting = view.meeting?.rawValue ?? 0
    startedAt = view.meeting == nil ? 0 : view.startedAt.millisecondsSinceEpoch
    by = view.by
    names = view.names
    count = UInt32(clamping: view.count)
    locked = view.isLocked
    waitingRoom = WireWaitingRoom(view.waitingRoom)
    waiting = UInt32(clamping: view.waiting)
    if let node = view.server { server = WireServerAddress(node) }
  }
}

extension WireParticipant {
  fileprivate init(_ view: ParticipantView) {
    self.init()
    participant = view.id.rawValue
    name = view.name
    host = view.isHost
    guest = view.isGuest
    waiting = view.isWaiting
    microphone = view.microphone
    camera = view.camera
    screen = view.screen
    handRaisedAt = view.handRaisedAt?.millisecondsSinceEpoch ?? 0
    joinedAt = view.joinedAt.millisecondsSinceEpoch
    lost = view.isLost
  }
}

extension WireMeetingJoined {
  init(_ view: MeetingJoinedView) {
    self.init()
    info = WireMeetingInfo(view.info)
    participant = view.participant.rawValue
    key = Data(view.key)
    waiting = view.isWaiting
    host = view.isHost
    participants = view.participants.map(WireParticipant.init)
    limits.sdpBytesMax = UInt32(Limits.sdpBytesMax)
    limits.wishesMax = UInt32(HubLimits.mediaWishesMax)
    resumed = view.isResumed
  }
}

extension WireMeetingStanding {
  init(_ view: MeetingStandingView) {
    self.init()
    info = WireMeetingInfo(view.info)
    host = view.isHost
    participants = view.participants.map(WireParticipant.init)
  }
}

extension Notice {
  /// What the notice says of meetings; nil for every other one.
  var meetingBody: WireServerFrame.OneOf_Body? {
    switch self {
    case .meetingChanged(let view): return .meetingChanged(WireMeetingInfo(view))
    case .meetingAdmitted(let id, let views):
      return .meetingAdmitted(
        .with { ($0.meeting, $0.participants) = (id.rawValue, views.map(WireParticipant.init)) })
    case .meetingGone(let id, let channel, let departure, let by):
      return .meetingGone(
        .with {
          ($0.meeting, $0.channel) = (id.rawValue, channel.rawValue)
          ($0.reason, $0.by) = (WireLeaveReason(departure), by)
        })
    case .participantChanged(let id, let view, let by):
      return .participantChanged(
        .with {
          ($0.meeting, $0.participant, $0.by) = (id.rawValue, WireParticipant(view), by)
        })
    case .participantLeft(let id, let participant, let departure, let by):
      return .participantLeft(
        .with {
          ($0.meeting, $0.participant) = (id.rawValue, participant.rawValue)
          ($0.reason, $0.by) = (WireLeaveReason(departure), by)
        })
    case .speaking(let id, let participants):
      return .speaking(
        .with { ($0.meeting, $0.participants) = (id.rawValue, participants.map(\.rawValue)) })
    default: return mediaBody
    }
  }

  private var mediaBody: WireServerFrame.OneOf_Body? {
    switch self {
    case .mediaOffer(let id, let number, let sdp):
      return .mediaOffer(.with { ($0.meeting, $0.number, $0.sdp) = (id.rawValue, number, sdp) })
    case .mediaSlots(let id, let slots):
      return .mediaSlots(
        .with {
          $0.meeting = id.rawValue
          $0.slots = slots.map { slot in
            .with {
              ($0.mid, $0.participant) = (slot.mid, slot.participant.rawValue)
              ($0.source, $0.shortage) = (WireMediaSource(slot.source), slot.shortage.wire)
            }
          }
        })
    case .mediaLost(let id, let publishing, let subscribing):
      return .mediaLost(
        .with {
          ($0.meeting, $0.publishing, $0.subscribing) = (id.rawValue, publishing, subscribing)
        })
    case .mediaDemand(let id, let tracks):
      return .mediaDemand(
        .with {
          $0.meeting = id.rawValue
          $0.tracks = tracks.map { track in
            .with { ($0.mid, $0.wanted, $0.rids) = (track.mid, track.isWanted, track.rids) }
          }
        })
    default: return nil
    }
  }
}

extension MediaSlot.Shortage? {
  fileprivate var wire: WireMediaShortage {
    switch self {
    case nil: .unspecified
    case .reduced: .reduced
    case .heldBack: .heldBack
    }
  }
}
