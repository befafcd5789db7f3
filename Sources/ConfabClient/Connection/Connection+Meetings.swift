package import ConfabWire
import Foundation
import SwiftProtobuf

// Meetings. What happens in them is told as pushes: `meetingChanged`, `participantChanged`,
// `participantLeft`, `speaking`, `mediaLost` and `meetingGone`.
/// Another server of the place holds the meeting.
package struct MeetingElsewhere: Error, CustomStringConvertible {
  package let server: WireServerAddress

  package init(_ server: WireServerAddress) { self.server = server }

  package var description: String { "The meeting is held at \(server.address)." }
}

extension Connection {
  /// Joins the channel's meeting, and starts it when there is none.
  ///
  /// - Parameter key: of the participant that goes on after a lost connection; empty for a new one.
  /// - Throws: `MeetingElsewhere` when it has to be joined at another server.
  package func joinMeeting(
    _ channel: WireChannelRef, key: [UInt8], microphone: Bool = false, camera: Bool = false
  ) async throws -> WireMeetingJoined {
    let request = WireJoinMeeting.with {
      ($0.channel, $0.key) = (channel, Data(key))
      ($0.microphone, $0.camera) = (microphone, camera)
    }
    switch try await self.request(.joinMeeting(request)) {
    case .meetingJoined(let joined): return joined
    case .meetingElsewhere(let elsewhere): throw MeetingElsewhere(elsewhere.code.server)
    default: throw wrongAnswer
    }
  }

  package func leaveMeeting(_ meeting: UInt64) async {
    await tell(.leaveMeeting(.with { $0.meeting = meeting }))
  }

  /// Offers what this participant sends.
  ///
  /// - Parameter tracks: what each section carries.
  /// - Returns: the server's answer, as SDP.
  package func publishMedia(
    _ sdp: String, _ tracks: [(mid: String, source: WireMediaSource)], in meeting: UInt64
  ) async throws -> String {
    let request = WirePublishMedia.with {
      ($0.meeting, $0.sdp) = (meeting, sdp)
      $0.tracks = tracks.map { track in
        .with { ($0.mid, $0.source) = (track.mid, track.source) }
      }
    }
    guard case .mediaAnswer(let answer) = try await self.request(.publishMedia(request)) else {
      throw wrongAnswer
    }
    return answer.sdp
  }

  /// Answers the server's offer of what this participant sees and hears.
  package func answerMedia(_ sdp: String, to offer: UInt32, in meeting: UInt64) async throws {
    try await done(
      .answerMedia(.with { ($0.meeting, $0.number, $0.sdp) = (meeting, offer, sdp) }))
  }

  package func wishMedia(_ wishes: [WireMediaWish], in meeting: UInt64) async throws {
    try await done(.wishMedia(.with { ($0.meeting, $0.wishes) = (meeting, wishes) }))
  }

  package func setScreen(_ isOn: Bool, in meeting: UInt64) async throws {
    try await done(
      .setParticipation(.with { ($0.meeting, $0.screen) = (meeting, isOn) }))
  }

  /// From now on this connection is told of the channel's meetings, without being in them.
  package func watchMeeting(_ channel: WireChannelRef) async throws -> WireMeetingStanding {
    let request = WireWatchMeeting.with { $0.channel = channel }
    guard case .meetingStanding(let standing) = try await self.request(.watchMeeting(request))
    else { throw wrongAnswer }
    return standing
  }

  /// A code that signs another client of the same person in, once and soon.
  ///
  /// - Parameter channel: whose meeting's page it is for; the code is good where that is held.
  package func signInCode(forMeetingIn channel: WireChannelRef) async throws -> WireSignInCode {
    let request = WireCreateSignInCode.with { $0.channel = channel }
    guard case .signInCode(let code) = try await self.request(.createSignInCode(request)) else {
      throw wrongAnswer
    }
    return code
  }

  /// - Parameters:
  ///   - uses: how many may come; 0 for as many as is usual.
  ///   - expiresInMs: 0 for as long as is usual.
  package func guestLink(
    to channel: WireChannelRef, uses: UInt32, expiresInMs: UInt64
  ) async throws -> WireInvitation {
    let request = WireCreateGuestLink.with {
      ($0.channel, $0.uses, $0.expiresInMs) = (channel, uses, expiresInMs)
    }
    guard case .invitation(let link) = try await self.request(.createGuestLink(request)) else {
      throw wrongAnswer
    }
    return link
  }

  package func admit(_ participant: UInt32, _ admit: Bool, in meeting: UInt64) async throws {
    try await done(
      .answerKnock(
        .with { ($0.meeting, $0.participant, $0.admit) = (meeting, participant, admit) }))
  }

  package func mute(
    _ participant: UInt32, _ source: WireMediaSource, in meeting: UInt64
  ) async throws {
    try await done(
      .muteParticipant(
        .with { ($0.meeting, $0.participant, $0.source) = (meeting, participant, source) }))
  }

  package func lowerHand(of participant: UInt32, in meeting: UInt64) async throws {
    try await done(
      .muteParticipant(
        .with { ($0.meeting, $0.participant, $0.hand) = (meeting, participant, true) }))
  }

  package func remove(_ participant: UInt32, from meeting: UInt64) async throws {
    try await done(
      .removeParticipant(.with { ($0.meeting, $0.participant) = (meeting, participant) }))
  }

  package func setMeetingDoor(_ door: WireSetMeetingDoor) async throws {
    try await done(.setMeetingDoor(door))
  }

  package func endMeeting(_ meeting: UInt64) async throws {
    try await done(.endMeeting(.with { $0.meeting = meeting }))
  }
}
