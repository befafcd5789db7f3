/// What the domain refuses to hold more of. Each refusal is a numbered `Rejection`.
package enum Limits {
  /// Names of accounts and rooms.
  package static let nameBytesMax = 32
  /// UTF-8 bytes of one message.
  package static let messageBytesMax = 8192
  package static let passwordBytesMin = 8
  /// Hashing cost must not grow with what a stranger sends.
  package static let passwordBytesMax = 1024
  /// UTF-8 bytes of one reaction: the longest emoji sequences in Unicode 15 take 35.
  package static let emojiBytesMax = 40
  /// Different emoji on one message.
  package static let reactionsPerMessageMax = 20
  /// Members of a private room.
  package static let roomMembersMax = 10_000
  /// Rooms that have not been closed.
  package static let roomsMax = 10_000
  package static let accountsMax = 100_000
  /// Open sessions of one account; the oldest is ended to make place.
  package static let sessionsPerAccountMax = 100
  package static let devicesPerAccountMax = 100
  package static let invitationsMax = 10_000
  package static let invitationUsesMax: UInt32 = 10_000
  /// Messages, events, hits or audit entries in one answer of the journal.
  package static let pageRecordsMax = 500
  /// People mentioned in one message who are told so.
  package static let mentionsPerMessageMax = 50
  /// Unread mentions that are counted for a person in a channel.
  package static let unreadMentionsMax = 1_000
  /// Deleted messages that are left out of unread counts in a channel, the newest ones.
  package static let deletionsMax = 1_000
  /// UTF-8 bytes of an offered file's name: what file systems take (NAME_MAX of Linux).
  package static let fileNameBytesMax = 255
  package static let filesPerOfferMax: UInt64 = 1_000_000
  /// Content of one offer: what the transport can address.
  package static let fileBytesMax: UInt64 = 1 << 62
  /// What one device says to the other in an offer or an answer.
  package static let fileOfferBytesMax = 16_384
  /// Why somebody does not want a file.
  package static let fileRefusalBytesMax = 256
  /// People whose coming to a meeting its history keeps.
  package static let attendancesMax = 2_000
  /// People who may come by one guest link.
  package static let guestLinkUsesMax: UInt32 = 1_000
  package static let guestLinkUses: UInt32 = 100
  /// Guests at the same time who typed the same name.
  package static let guestsOfOneNameMax = 99
  /// One description of a media session (SDP, RFC 8866): what fits a frame beside its wrapping, also in
  /// the JSON mapping.
  package static let sdpBytesMax = 32_768
  /// Addresses that are told after the offer and the answer.
  package static let fileCandidatesBytesMax = 4_096
}

/// Times that the domain decides with.
package enum Periods {
  /// How long an invitation is good when nobody says otherwise.
  package static let invitation: Duration = .seconds(7 * 24 * 3600)
  /// A second lockout within this time of the last lasts twice as long.
  package static let lockoutMemory: Duration = .seconds(3600)
  package static let lockoutMax: Duration = .seconds(300)
  /// The longest that an invitation may be good for.
  package static let invitationMax: Duration = .seconds(3650 * 24 * 3600)
  /// An offer of files that nobody answered ends after this, though its sender may still wait.
  package static let fileOffer: Duration = .seconds(7 * 24 * 3600)
  /// How long a guest link is good when nobody says otherwise, and at most.
  package static let guestLink: Duration = .seconds(24 * 3600)
  package static let guestLinkMax: Duration = .seconds(30 * 24 * 3600)
  /// A code that signs another client of the same person in.
  package static let signInCode: Duration = .seconds(60)
  /// How far a server's clock may be set back before lockouts that began later are forgotten.
  package static let clockSlack: Duration = .seconds(60)
}
