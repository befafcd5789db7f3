import ConfabWire
import Foundation
import SwiftProtobuf

// Meetings.
extension FrameExamples {
  static let meetingInfo = WireMeetingInfo.with {
    ($0.channel, $0.label, $0.meeting) = (3, "#plans", 7)
    ($0.startedAt, $0.by, $0.names, $0.count) = (at, "ann", ["ann", "ben"], 2)
    ($0.locked, $0.waitingRoom, $0.waiting) = (true, .guests, 1)
    $0.server = otherServer
  }

  private static let otherServer = WireServerAddress.with {
    $0.address = "chat2.example:4747"
    $0.pin = pin
  }

  static let participant = WireParticipant.with {
    ($0.participant, $0.name) = (2, "ben")
    ($0.host, $0.guest, $0.waiting, $0.lost) = (true, true, true, true)
    ($0.microphone, $0.camera, $0.screen) = (true, true, true)
    ($0.handRaisedAt, $0.joinedAt) = (at + 5_000, at)
  }

  private static let pin = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
  private static let key = Data((0..<16).map { 0xB0 + $0 })
  private static let sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"

  static let meetingRequests: [(name: String, body: WireClientFrame.OneOf_Body)] =
    meetingParticipation + meetingMedia + meetingHosting

  private static let meetingParticipation: [(name: String, body: WireClientFrame.OneOf_Body)] = [
    (
      "join_meeting",
      .joinMeeting(
        .with { ($0.channel, $0.microphone, $0.camera, $0.key) = (room, true, true, key) })
    ),
    ("leave_meeting", .leaveMeeting(.with { $0.meeting = 7 })),
    ("watch_meeting", .watchMeeting(.with { ($0.channel, $0.stop) = (room, true) })),
    (
      "set_participation",
      .setParticipation(
        .with { ($0.meeting, $0.microphone, $0.camera, $0.hand) = (7, false, true, true) })
    ),
    (
      "create_guest_link",
      .createGuestLink(
        .with { ($0.channel, $0.uses, $0.expiresInMs) = (room, 5, 3_600_000) })
    ),
    ("create_sign_in_code", .createSignInCode(.with { $0.channel = room })),
  ]

  private static let meetingMedia: [(name: String, body: WireClientFrame.OneOf_Body)] = [
    (
      "publish_media",
      .publishMedia(
        .with {
          ($0.meeting, $0.sdp) = (7, sdp)
          $0.tracks = [
            .with { ($0.mid, $0.source) = ("0", .microphone) },
            .with { ($0.mid, $0.source) = ("1", .camera) },
          ]
        })
    ),
    ("answer_media", .answerMedia(.with { ($0.meeting, $0.number, $0.sdp) = (7, 3, sdp) })),
    ("restart_media", .restartMedia(.with { $0.meeting = 7 })),
    (
      "wish_media",
      .wishMedia(
        .with {
          ($0.meeting, $0.videoKbpsMax) = (7, 2_500)
          $0.wishes = [
            .with {
              ($0.participant, $0.source, $0.width, $0.height) = (2, .screen, 1_280, 720)
            }
          ]
        })
    ),
  ]

  private static let meetingHosting: [(name: String, body: WireClientFrame.OneOf_Body)] = [
    (
      "answer_knock",
      .answerKnock(.with { ($0.meeting, $0.participant, $0.admit) = (7, 2, true) })
    ),
    (
      "mute_participant",
      .muteParticipant(
        .with { ($0.meeting, $0.participant, $0.source, $0.hand) = (7, 2, .microphone, true) })
    ),
    (
      "remove_participant",
      .removeParticipant(.with { ($0.meeting, $0.participant) = (7, 2) })
    ),
    (
      "set_meeting_door",
      .setMeetingDoor(
        .with { ($0.channel, $0.locked, $0.waitingRoom) = (room, true, .everybody) })
    ),
    ("end_meeting", .endMeeting(.with { $0.meeting = 7 })),
  ]

  static let meetingAnswers: [(String, WireServerFrame.OneOf_Body)] = [
    (
      "meeting_joined",
      .meetingJoined(
        .with {
          ($0.info, $0.participant, $0.key) = (meetingInfo, 2, key)
          ($0.waiting, $0.host, $0.resumed) = (true, true, true)
          $0.participants = [participant]
          $0.limits = .with { ($0.sdpBytesMax, $0.wishesMax) = (32_768, 64) }
        })
    ),
    (
      "meeting_standing",
      .meetingStanding(
        .with { ($0.info, $0.host, $0.participants) = (meetingInfo, true, [participant]) })
    ),
    ("media_answer", .mediaAnswer(.with { $0.sdp = sdp })),
    ("sign_in_code", .signInCode(signInCode)),
    (
      "meeting_elsewhere",
      .meetingElsewhere(.with { ($0.info, $0.code) = (meetingInfo, signInCode) })
    ),
  ]

  private static let signInCode = WireSignInCode.with {
    ($0.code, $0.expiresAt) = (key, at + 60_000)
    $0.webAddress = "https://192.0.2.7:4747"
    $0.pin = pin
    $0.server = otherServer
  }

  static let meetingNews: [(String, WireServerFrame.OneOf_Body)] = [
    ("meeting_changed", .meetingChanged(meetingInfo)),
    (
      "meeting_admitted",
      .meetingAdmitted(.with { ($0.meeting, $0.participants) = (7, [participant]) })
    ),
    (
      "meeting_gone",
      .meetingGone(
        .with { ($0.meeting, $0.channel, $0.reason, $0.by) = (7, 3, .removed, "ann") })
    ),
    (
      "participant_changed",
      .participantChanged(
        .with { ($0.meeting, $0.participant, $0.by) = (7, participant, "ann") })
    ),
    (
      "participant_left",
      .participantLeft(
        .with { ($0.meeting, $0.participant, $0.reason, $0.by) = (7, 2, .lost, "ann") })
    ),
    ("speaking", .speaking(.with { ($0.meeting, $0.participants) = (7, [2, 1]) })),
    (
      "media_offer",
      .mediaOffer(.with { ($0.meeting, $0.number, $0.sdp) = (7, 3, sdp) })
    ),
    (
      "media_slots",
      .mediaSlots(
        .with {
          $0.meeting = 7
          $0.slots = [
            .with { ($0.mid, $0.participant, $0.source) = ("v0", 2, .camera) },
            .with {
              ($0.mid, $0.participant, $0.source, $0.shortage) = ("v1", 4, .screen, .reduced)
            },
          ]
        })
    ),
    (
      "media_lost",
      .mediaLost(.with { ($0.meeting, $0.publishing, $0.subscribing) = (7, true, true) })
    ),
    (
      "media_demand",
      .mediaDemand(
        .with {
          $0.meeting = 7
          $0.tracks = [
            .with { ($0.mid, $0.wanted, $0.rids) = ("1", true, ["l", "m"]) },
            .with { ($0.mid, $0.wanted) = ("2", false) },
          ]
        })
    ),
  ]

  static let meetingEvents: [(String, WireServerFrame.OneOf_Body)] = [
    (
      "event meeting_started",
      .event(
        .with {
          ($0.channel, $0.position, $0.at, $0.by) = (3, 57, at, "ann")
          $0.meetingStarted = .with { $0.meeting = 7 }
        })
    ),
    (
      "event meeting_ended",
      .event(
        .with {
          ($0.channel, $0.position, $0.at) = (3, 58, at + 720_000)
          $0.meetingEnded = .with {
            ($0.meeting, $0.startedAt, $0.endedAt) = (7, at, at + 720_000)
            ($0.reason, $0.count) = (.empty, 1)
            $0.attendances = [
              .with { ($0.name, $0.from, $0.until) = ("ann", at, at + 720_000) }
            ]
          }
        })
    ),
  ]
}
