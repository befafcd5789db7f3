import ConfabDomain
import ConfabWire
import Foundation
import SwiftProtobuf

/// One example of every body that a frame can have, with every field set where that makes sense.
/// Names are those of the schema.
enum FrameExamples {
  static let room = WireChannelRef.with { $0.name = "#plans" }
  static let id = Data((0..<16).map { 0xA0 + $0 })
  static let at: Int64 = 1_795_348_800_123

  static let device = WireDevice.with {
    $0.identityKey = Data(repeating: 1, count: 32)
    $0.agreementKey = Data(repeating: 2, count: 32)
    $0.name = "laptop"
  }

  static let message = WireMessage.with {
    $0.sequence = 42
    $0.position = 57
    $0.id = id
    $0.at = at
    $0.from = "ann"
    $0.text = "Grüße 👋 @ben"
    $0.replyTo = 41
    $0.editedAt = at + 1_000
    $0.reactions = [
      .with { ($0.emoji, $0.names, $0.count) = ("👍", ["ben", "eve"], 2) }
    ]
    $0.mentions = ["ben"]
  }

  static let posted = WireMessage.with {
    $0.sequence = 42
    $0.id = id
    $0.text = "hello there"
    $0.mentions = ["ben"]
  }

  static let channelInfo = WireChannelInfo.with {
    $0.id = 3
    $0.label = "#plans"
    $0.kind = .private
    $0.number = 1
    $0.owner = "ann"
    $0.members = 4
    $0.sequence = 42
    $0.position = 57
    $0.visibleAfterPosition = 5
    $0.readThrough = 40
    $0.unread = 2
    $0.mentions = 1
    $0.joined = true
    $0.closed = true
    $0.at = at
  }

  static let client = requests + fileRequests + meetingRequests

  private static let requests: [(name: String, body: WireClientFrame.OneOf_Body)] = [
    (
      "hello",
      .hello(.with { ($0.versionMin, $0.versionMax, $0.client) = (1, 1, "example 1.0") })
    ),
    (
      "sign_in",
      .signIn(
        .with {
          $0.password = .with { ($0.name, $0.password) = ("ann", "correct horse") }
          $0.device = device
          $0.deviceProof = Data(repeating: 3, count: 64)
        })
    ),
    ("sign_out", .signOut(.init())),
    (
      "change_password",
      .changePassword(
        .with { ($0.oldPassword, $0.newPassword) = ("correct horse", "battery staple") })
    ),
    ("list_sessions", .listSessions(.init())),
    ("revoke_session", .revokeSession(.with { $0.session = 9 })),
    ("subscribe", .subscribe(.with { ($0.presence, $0.canReceiveFiles) = (true, true) })),
    ("ping", .ping(.init())),
    ("list_channels", .listChannels(.with { ($0.notJoined, $0.after) = (true, 3) })),
    ("list_members", .listMembers(.with { ($0.channel, $0.after) = (room, "ann") })),
    ("who", .who(.with { $0.after = "ann" })),
    (
      "send",
      .send(
        .with {
          $0.channel = room
          $0.id = id
          $0.text = "hello there"
          $0.replyTo = 41
          $0.retry = true
        })
    ),
    (
      "edit", .edit(.with { ($0.channel, $0.sequence, $0.text) = (room, 42, "hello everybody") })
    ),
    ("delete", .delete(.with { ($0.channel, $0.sequence) = (room, 42) })),
    (
      "react",
      .react(
        .with { ($0.channel, $0.sequence, $0.emoji, $0.remove) = (room, 42, "👍", true) })
    ),
    ("mark_read", .markRead(.with { ($0.channel, $0.sequence) = (room, 42) })),
    (
      "read_messages",
      .readMessages(.with { ($0.channel, $0.sinceSequence, $0.limit) = (room, 40, 100) })
    ),
    (
      "read_events",
      .readEvents(.with { ($0.channel, $0.afterPosition, $0.limit) = (3, 55, 100) })
    ),
    (
      "search",
      .search(.with { ($0.words, $0.channel, $0.limit) = ("hello \"there\"", room, 20) })
    ),
    ("read_devices", .readDevices(.with { $0.name = "ben" })),
    (
      "create_room",
      .createRoom(.with { ($0.name, $0.members, $0.public) = ("plans", ["ben", "eve"], true) })
    ),
    ("create_classic_room", .createClassicRoom(.with { $0.members = ["ben", "eve"] })),
    ("join_room", .joinRoom(.with { $0.channel = .with { $0.id = 3 } })),
    ("leave_room", .leaveRoom(.with { $0.channel = room })),
    (
      "invite_members",
      .inviteMembers(.with { ($0.channel, $0.members) = (room, ["ben"]) })
    ),
    ("remove_member", .removeMember(.with { ($0.channel, $0.member) = (room, "ben") })),
    ("rename_room", .renameRoom(.with { ($0.channel, $0.name) = (room, "plans-2027") })),
    ("close_room", .closeRoom(.with { $0.channel = room })),
    (
      "add_account",
      .addAccount(
        .with {
          ($0.name, $0.role, $0.password, $0.imported) = ("ben", .owner, "correct horse", true)
        })
    ),
    ("list_accounts", .listAccounts(.with { $0.after = "ann" })),
    ("list_all_rooms", .listAllRooms(.with { $0.after = 3 })),
    ("list_invitations", .listInvitations(.with { $0.after = 9 })),
    ("revoke_invitation", .revokeInvitation(.with { $0.id = 7 })),
    ("list_all_sessions", .listAllSessions(.with { $0.after = 9 })),
    (
      "create_invitation",
      .createInvitation(.with { ($0.uses, $0.expiresInMs) = (5, 86_400_000) })
    ),
    ("set_account", .setAccount(.with { ($0.name, $0.action) = ("ben", .disable) })),
    (
      "reset_password",
      .resetPassword(.with { ($0.name, $0.password) = ("ben", "battery staple") })
    ),
    (
      "read_audit",
      .readAudit(.with { ($0.since, $0.afterEntry, $0.limit) = (at, 1_000, 100) })
    ),
    ("verify_audit", .verifyAudit(.init())),
    ("read_disk_use", .readDiskUse(.init())),
    ("open_archive", .openArchive(.with { $0.kind = .classic })),
    (
      "read_archive",
      .readArchive(.with { ($0.archive, $0.file, $0.offset) = (1, 2, 60_000) })
    ),
  ]
}

extension FrameExamples {
  static let server: [(name: String, body: WireServerFrame.OneOf_Body)] =
    beginnings + lists + fileAnswers + meetingAnswers + administration + news + fileNews
    + meetingNews
    + events + meetingEvents

  private static let beginnings: [(String, WireServerFrame.OneOf_Body)] = [
    (
      "welcome",
      .welcome(
        WireWelcome(
          version: 1, server: "confab 1.0", place: Sample.place, challenge: Sample.challenge,
          at: Sample.noon))
    ),
    (
      "refusal",
      .refusal(
        WireRefusal(
          Rejection(.accountLocked, "Too many wrong passwords.", retryAfter: .seconds(10))))
    ),
    ("done", .done(.init())),
    ("signed_in", .signedIn(Sample.signedIn)),
    (
      "session_list",
      .sessionList(
        .with {
          $0.sessions = [
            .with {
              $0.id = 9
              $0.name = "ann"
              $0.deviceName = "laptop"
              $0.address = "203.0.113.7"
              $0.openedAt = at
              $0.current = true
              $0.active = true
            }
          ]
        })
    ),
  ]

  private static let lists: [(String, WireServerFrame.OneOf_Body)] = [
    ("channel_list", .channelList(.with { ($0.channels, $0.more) = ([channelInfo], true) })),
    (
      "member_list",
      .memberList(
        .with {
          $0.members = [.with { ($0.name, $0.owner, $0.active) = ("ann", true, true) }]
          $0.more = true
        })
    ),
    (
      "presence_list",
      .presenceList(.with { ($0.people, $0.more) = ([presence], true) })
    ),
    (
      "sent",
      .sent(
        WireSent(
          channel: ChannelID(3), label: "#plans", sequence: 42, position: 57, at: Sample.noon))
    ),
    (
      "message_list",
      .messageList(
        .with {
          $0.messages = [message]
          $0.more = true
          $0.asOfPosition = 57
          $0.label = "#plans"
          $0.channel = 3
        })
    ),
    (
      "event_list",
      .eventList(.with { ($0.events, $0.more) = ([event(.posted(posted))], true) })
    ),
    (
      "search_hit_list",
      .searchHitList(
        .with {
          $0.hits = [
            .with {
              $0.channel = 3
              $0.label = "#plans"
              $0.message = message
              $0.snippet = "\u{E000}hello\u{E001} there"
            }
          ]
        })
    ),
    (
      "device_list",
      .deviceList(
        .with {
          $0.name = "ben"
          $0.devices = [.with { ($0.device, $0.registeredAt) = (device, at) }]
        })
    ),
    ("channel_info", .channelInfo(channelInfo)),
  ]

  private static let administration: [(String, WireServerFrame.OneOf_Body)] = [
    (
      "account_list",
      .accountList(
        .with {
          $0.accounts = [
            .with {
              $0.name = "ann"
              $0.role = .owner
              $0.disabled = true
              $0.lockedUntil = at + 10_000
              $0.createdAt = at
              $0.active = true
            }
          ]
          $0.more = true
        })
    ),
    (
      "invitation",
      .invitation(
        .with {
          $0.link = "confab://203.0.113.7:4747/?pin=cGlu&invite=c2VjcmV0"
          $0.webLink = "https://203.0.113.7:4747/#pin=cGlu&invite=c2VjcmV0"
          $0.expiresAt = at
        })
    ),
    (
      "audit_list",
      .auditList(
        .with {
          $0.entries = [
            .with {
              $0.entry = 1_001
              $0.at = at
              $0.by = "ann"
              $0.event = "session-opened"
              $0.detail = "from 203.0.113.7"
              $0.chain = Data(repeating: 5, count: 32)
            }
          ]
          $0.more = true
        })
    ),
    (
      "audit_verdict",
      .auditVerdict(
        .with {
          ($0.intact, $0.entries, $0.brokenAt) = (false, 1_001, 900)
          $0.head = Data(repeating: 6, count: 32)
        })
    ),
    (
      "archive",
      .archive(
        .with {
          $0.archive = 1
          $0.files = [.with { ($0.name, $0.bytes) = ("userlog.txt", 1_234) }]
        })
    ),
    (
      "invitation_list",
      .invitationList(
        .with {
          $0.invitations = [
            .with {
              $0.id = 7
              $0.role = .guest
              $0.usesLeft = 3
              $0.expiresAt = 1_790_000_000_000
              $0.by = "ann"
              $0.label = "#plans"
            }
          ]
          $0.more = true
        })
    ),
    ("archive_chunk", .archiveChunk(.with { ($0.bytes, $0.end) = (id, true) })),
    (
      "disk_use",
      .diskUse(
        .with {
          ($0.journalBytes, $0.otherBytes) = (40_960, 2_048)
          ($0.freeBytes, $0.diskBytes) = (1 << 33, 1 << 34)
        })
    ),
  ]

  private static let news: [(String, WireServerFrame.OneOf_Body)] = [
    ("presence", .presence(presence)),
    ("channel_changed", .channelChanged(channelInfo)),
    ("channel_gone", .channelGone(.with { ($0.channel, $0.label) = (3, "#plans") })),
    ("lagging", .lagging(.init())),
    ("goodbye", .goodbye(WireGoodbye(Rejection(.serverStopping, "The server stops.")))),
    (
      "device_notice",
      .deviceNotice(.with { ($0.device, $0.address) = (device, "203.0.113.7") })
    ),
  ]

  /// An event stands for each kind of its own body: "event posted".
  private static let events: [(String, WireServerFrame.OneOf_Body)] = [
    ("event posted", .posted(posted)),
    ("event edited", .edited(.with { ($0.sequence, $0.text) = (42, "hello everybody") })),
    ("event deleted", .deleted(.with { $0.sequence = 42 })),
    (
      "event reacted",
      .reacted(.with { ($0.sequence, $0.emoji, $0.removed) = (42, "👍", true) })
    ),
    ("event member_joined", .memberJoined(.with { $0.name = "ben" })),
    ("event member_left", .memberLeft(.with { $0.name = "ben" })),
    ("event renamed", .renamed(.with { $0.name = "plans-2027" })),
    ("event created", .created(.with { $0.members = ["ann", "ben"] })),
    ("event closed", .closed(.init())),
    ("event owner_changed", .ownerChanged(.with { $0.name = "ben" })),
  ].map { (name: String, body: WireEvent.OneOf_Body) in (name, .event(event(body))) }

  private static let presence = WirePresence.with {
    ($0.name, $0.active, $0.since, $0.address) = ("ann", true, at, "203.0.113.7")
    $0.canReceiveFiles = true
  }

  private static func event(_ body: WireEvent.OneOf_Body) -> WireEvent {
    .with { ($0.channel, $0.position, $0.at, $0.by, $0.body) = (3, 57, at, "ann", body) }
  }
}
