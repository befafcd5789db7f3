import ConfabDomain
import Primitives

/// One event of every kind, and of each kind the ways in which its bytes differ.
enum Samples {
  static func all() throws -> [(name: String, stamped: StampedEvent)] {
    try people() + administration() + channels() + messages() + files() + meetings()
  }

  private static func people() throws -> [(String, StampedEvent)] {
    let password = PasswordHash(
      salt: [1, 2, 3], hash: [4, 5, 6], cost: 32_768, blockSize: 8, parallelism: 1)
    return [
      ("placeFounded", outside(.placeFounded(place: Array(0..<16)))),
      (
        "accountCreated",
        outside(
          .accountCreated(
            NewAccount(
              id: AccountID(1), name: try Name("Ann"), role: .owner, password: password,
              invitation: InvitationID(3))))
      ),
      (
        "accountCreated without invitation",
        outside(
          .accountCreated(
            NewAccount(
              id: AccountID(2), name: try Name("bob"), role: .member, password: password,
              invitation: nil)))
      ),
      ("passwordChanged", outside(.passwordChanged(AccountID(1), password))),
      ("accountDisabled", outside(.accountDisabled(AccountID(2)))),
      ("accountEnabled", outside(.accountEnabled(AccountID(2)), by: nil)),
      (
        "invitationCreated",
        outside(
          .invitationCreated(
            NewInvitation(
              id: InvitationID(3), secretHash: [7, 7], role: .member, uses: 5,
              expiresAt: WallTime(millisecondsSinceEpoch: 1_700_000_000_000))))
      ),
      (
        "invitationCreated without end",
        outside(
          .invitationCreated(
            NewInvitation(
              id: InvitationID(1), secretHash: [8], role: .owner, uses: 1, expiresAt: nil)),
          by: nil)
      ),
      (
        "deviceRegistered",
        outside(
          .deviceRegistered(
            NewDevice(
              id: DeviceID(9), account: AccountID(1),
              keys: DeviceKeys(identity: [1], agreement: [2], name: "laptop"))))
      ),
      (
        "sessionOpened",
        outside(
          .sessionOpened(
            NewSession(
              id: SessionID(4), account: AccountID(1), device: DeviceID(9), tokenHash: [3],
              address: "192.0.2.1")))
      ),
      (
        "sessionOpened without device",
        outside(
          .sessionOpened(
            NewSession(
              id: SessionID(5), account: AccountID(1), device: nil, tokenHash: [4],
              address: "2001:db8::1")))
      ),
    ]
      + [
        SessionEnd.signedOut, .revoked, .ended, .passwordChanged, .accountDisabled, .superseded,
      ].map { ("sessionClosed, \($0)", outside(.sessionClosed(SessionID(4), $0))) }
      + [
        (
          "signInFailed",
          outside(
            .signInFailed(
              SignInFailure(
                account: AccountID(1), name: "Ann", device: DeviceID(9), address: "192.0.2.1")),
            by: nil)
        ),
        (
          "signInFailed of nobody",
          outside(
            .signInFailed(
              SignInFailure(account: nil, name: "eve\u{7}", device: nil, address: "192.0.2.1")),
            by: nil)
        ),
        (
          "accountLocked",
          outside(
            .accountLocked(
              AccountID(1), device: nil, until: WallTime(millisecondsSinceEpoch: 1_000)), by: nil)
        ),
        (
          "accountLocked for a device",
          outside(
            .accountLocked(
              AccountID(1), device: DeviceID(9), until: WallTime(millisecondsSinceEpoch: -1)),
            by: nil)
        ),
      ]
  }

  private static func administration() -> [(String, StampedEvent)] {
    [
      ("invitationRevoked", outside(.invitationRevoked(InvitationID(3)))),
      ("roleChanged", outside(.roleChanged(AccountID(2), .owner))),
      ("accountUnlocked", outside(.accountUnlocked(AccountID(1)))),
      ("noted", outside(.noted("backup to /srv/ü"))),
    ]
  }

  private static func channels() throws -> [(String, StampedEvent)] {
    let room = ChannelID(2)
    return [
      (
        "channelCreated, private room",
        inside(
          .channelCreated(
            NewChannel(
              id: room, kind: .privateRoom, name: try Name("plans"), isClassic: true,
              owner: AccountID(1), members: [AccountID(1), AccountID(2)])))
      ),
      (
        "channelCreated, public room",
        inside(
          .channelCreated(
            NewChannel(
              id: room, kind: .publicRoom, name: try Name("open"), isClassic: false,
              owner: AccountID(1), members: [])))
      ),
      (
        "channelCreated, direct",
        inside(
          .channelCreated(
            NewChannel(
              id: room, kind: .direct, name: nil, isClassic: false, owner: nil,
              members: [AccountID(1), AccountID(2)])))
      ),
      (
        "channelCreated, lobby",
        inside(
          .channelCreated(
            NewChannel(
              id: .lobby, kind: .lobby, name: nil, isClassic: false, owner: nil, members: [])))
      ),
      ("memberJoined", inside(.memberJoined(room, AccountID(2)))),
      ("memberLeft", inside(.memberLeft(room, AccountID(2)))),
      ("ownerChanged", inside(.ownerChanged(room, AccountID(2)))),
      ("roomRenamed", inside(.roomRenamed(room, try Name("Plans-2")))),
      ("roomClosed", inside(.roomClosed(room))),
      ("readMarked", outside(.readMarked(room, AccountID(1), through: 12))),
    ]
  }

  private static func messages() throws -> [(String, StampedEvent)] {
    let id = MessageID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
    return [
      (
        "messagePosted",
        inside(
          .messagePosted(
            .lobby,
            NewMessage(
              id: id, author: AccountID(1), text: "hello", replyTo: nil, mentions: [])),
          sequence: 3)
      ),
      (
        "messagePosted, a reply with mentions",
        inside(
          .messagePosted(
            .lobby,
            NewMessage(
              id: id, author: AccountID(1), text: "@bob \u{0} ☕️", replyTo: 3,
              mentions: [AccountID(2), AccountID(1)])), sequence: .max)
      ),
      (
        "messagePosted, empty, in no channel",
        outside(
          .messagePosted(
            ChannelID(99),
            NewMessage(id: id, author: AccountID(1), text: "", replyTo: nil, mentions: [])))
      ),
      ("messageEdited", inside(.messageEdited(.lobby, sequence: 3, text: "hello!"))),
      ("messageDeleted", inside(.messageDeleted(.lobby, sequence: 3))),
      ("reactionAdded", inside(.reactionAdded(.lobby, sequence: 3, emoji: "👍🏽"))),
      ("reactionRemoved", inside(.reactionRemoved(.lobby, sequence: 3, emoji: "👍🏽"))),
    ]
  }

  private static func files() throws -> [(String, StampedEvent)] {
    var random = SeededRandom(seed: 9)
    let id = TransferID(using: &random)
    return [
      (
        "fileOffered to a person",
        outside(
          .fileOffered(
            NewFileOffer(
              id: id, device: DeviceID(9), recipient: .person(AccountID(2)), files: 1,
              bytes: 1 << 40, isFolder: false)))
      ),
      (
        "fileOffered to a room",
        outside(
          .fileOffered(
            NewFileOffer(
              id: id, device: DeviceID(9), recipient: .channel(ChannelID(2)), files: 12_345,
              bytes: 0, isFolder: true)))
      ),
      (
        "fileAccepted",
        outside(.fileAccepted(id, from: AccountID(1), device: DeviceID(4)), by: AccountID(2))
      ),
      ("fileRefused", outside(.fileRefused(id, from: AccountID(1)), by: AccountID(2))),
    ]
  }

  private static func meetings() throws -> [(String, StampedEvent)] {
    let room = ChannelID(2)
    let ended = MeetingEnd(
      id: MeetingID(7), reason: .ended, startedAt: WallTime(millisecondsSinceEpoch: 1_000),
      endedAt: WallTime(millisecondsSinceEpoch: 9_000),
      attendances: [
        .init(
          account: AccountID(1), from: WallTime(millisecondsSinceEpoch: 1_000),
          until: WallTime(millisecondsSinceEpoch: 9_000)),
        .init(
          account: AccountID(3), from: WallTime(millisecondsSinceEpoch: 2_000),
          until: WallTime(millisecondsSinceEpoch: 3_000)),
      ])
    let ends = [MeetingEnd.Reason.empty, .serverStopped, .roomClosed].map { reason in
      MeetingEnd(
        id: MeetingID(8), reason: reason, startedAt: WallTime(millisecondsSinceEpoch: 1_000),
        endedAt: WallTime(millisecondsSinceEpoch: 1_000), attendances: [])
    }
    return [
      ("sessionClosed, meetingEnded", outside(.sessionClosed(SessionID(4), .meetingEnded))),
      ("meetingStarted", inside(.meetingStarted(room, MeetingID(7)))),
      ("meetingEnded", inside(.meetingEnded(room, ended))),
      ("meetingJoined", outside(.meetingJoined(room, AccountID(3)), by: AccountID(3))),
      ("meetingLeft", outside(.meetingLeft(room, AccountID(3)), by: AccountID(3))),
      ("meetingRemoved", outside(.meetingRemoved(room, AccountID(3)))),
      (
        "invitationCreated for guests",
        outside(
          .invitationCreated(
            NewInvitation(
              id: InvitationID(4), secretHash: [9], role: .guest, uses: 100,
              expiresAt: WallTime(millisecondsSinceEpoch: 1_700_000_000_000), channel: room)))
      ),
      (
        "accountCreated of a guest",
        outside(
          .accountCreated(
            NewAccount(
              id: AccountID(3), name: try Name("bea-guest"), role: .guest, password: .none,
              invitation: InvitationID(4))), by: nil)
      ),
    ]
      + ends.map { ("meetingEnded, \($0.reason)", inside(.meetingEnded(room, $0), by: nil)) }
      + [WaitingRoom.guests, .everybody, .nobody].map {
        ("waitingRoomSet, \($0)", outside(.waitingRoomSet(room, $0)))
      }
  }

  private static func outside(
    _ body: Event.Body, by: AccountID? = AccountID(1)
  ) -> StampedEvent {
    StampedEvent(
      entry: 7,
      event: Event(
        at: WallTime(millisecondsSinceEpoch: 1_790_000_000_123), by: by, body: body),
      position: nil, sequence: nil)
  }

  private static func inside(
    _ body: Event.Body, sequence: UInt64? = nil, by: AccountID? = AccountID(1)
  ) -> StampedEvent {
    var stamped = outside(body, by: by)
    stamped.position = 1_000
    stamped.sequence = sequence
    return stamped
  }
}
