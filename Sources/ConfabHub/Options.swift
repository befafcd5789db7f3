/// What the operator chooses.
package struct HubOptions: Sendable {
  package enum Registration: String, Sendable, CaseIterable {
    /// With an invitation; the default.
    case invite
    /// Anybody.
    case open
    /// Nobody; accounts are made by owners.
    case closed
  }

  package var registration = Registration.invite
  /// 1…20 failures in a row lock an account.
  package var failedSignInsMax = 3
  package var lockout: Duration = .seconds(10)
  /// Failures of one address in a minute before it is refused unheard.
  package var addressFailuresPerMinuteMax = 60
  /// Requests of one account: how many a second, and how many at once after a rest.
  package var requestsPerSecond = 1_000
  package var requestBurst = 5_000
  /// Whether the server forwards files' datagrams for those who cannot reach each other.
  package var relaysFiles = true
  /// This server's name among those that serve the same place; nil where there are no others.
  package var node: NodeID?

  var isShared: Bool { node != nil }

  package init() {}
}

/// What the hub keeps no more of.
package enum HubLimits {
  /// Unknown names whose failures are counted; the oldest is forgotten first.
  package static let unknownNamesMax = 4_096
  /// Addresses whose failures are counted; the oldest is forgotten first.
  package static let addressesMax = 65_536
  /// Ids of messages kept in memory to know a repeated Send; older ones are looked up.
  package static let recentMessageIDsMax = 65_536
  /// Attempts to sign in that wait for the one before them, for one account, device or name.
  package static let attemptsInLineMax = 256
  /// Passwords of one network (/32, /64) that are checked at the same time, and attempts that wait.
  package static let checksPerNetworkMax = 4
  package static let checksInLineMax = 256
  /// New accounts of one network whose passwords are hashed at the same time.
  package static let registrationsPerNetworkMax = 32
  /// Effects that wait for the disk. Past it, requests that write are refused.
  package static let heldEffectsMax = 262_144
  /// Entries of a list in one reply, so that it fits a frame.
  package static let pageEntriesMax = 200
  /// Accounts or channels that a request walks for the price of another request.
  package static let walkedPerRequest = 2_000
  /// Connections of one account at the same time.
  package static let connectionsPerAccountMax = 20_000
  /// After a failure of the journal, writing is not tried again for this long.
  package static let journalPause: Duration = .seconds(1)
  /// How long at least a message that was refused for the moment keeps others from passing it: longer
  /// than what was sent behind it is on its way.
  package static let refusedSendHold: Duration = .seconds(1)
  /// A lost connection's person stays active for this long, so that a reconnect is no news.
  package static let presenceLinger: Duration = .seconds(10)
  package static let addressWindow: Duration = .seconds(60)
  /// Offers of files that are open, of one account and in all. Each holds at most 16 KiB of offer, and
  /// as much for each acceptance.
  package static let fileOffersPerAccountMax = 64
  package static let fileOffersMax = 4_096
  /// People in a room who may accept one offer.
  package static let fileAcceptancesPerOfferMax = 256
  package static let fileAcceptancesMax = 8_192
  /// Of the offers of one account, so that others have takers too.
  package static let fileAcceptancesPerAccountMax = 1_024
  /// Offers that ended, kept to say why; the oldest is forgotten first.
  package static let endedFileOffersMax = 4_096
  /// Offers and acceptances of one account: how many a second, and how many at once after a rest.
  package static let fileAnswersPerSecond = 2
  package static let fileAnswerBurst = 128
  /// Candidates that are passed on within one pairing, both ways together.
  package static let fileCandidatesPerPairingMax = 256
  /// Connections that are told of an offer with its bytes; the others ask for them.
  package static let fileOfferCopiesMax = 64
  /// Offers that a connection is told of when it subscribes; the others stand in the list.
  package static let fileOffersToldMax = 32
  /// Of one account and not accepted, so that nobody's many hide another's.
  package static let fileOffersToldPerAccountMax = 8
  /// Offers in one reply, so that it fits a frame.
  package static let fileOffersPerPageMax = 64
  /// Recipients named in a list of one's own offers.
  package static let fileRecipientsListedMax = 64
  /// Meetings that go on at the same time.
  package static let meetingsMax = 1_000
  /// Devices in one meeting, and waiting before it; hosts get in besides.
  package static let meetingParticipantsMax = 500
  package static let meetingWaitingMax = 200
  /// Devices of one person that wait before one meeting.
  package static let waitingDevicesMax = 4
  /// A guest who is gone for so long, while no meeting holds them, is gone for good.
  package static let guestGrace: Duration = .seconds(30 * 60)
  /// Participants in one reply, so that it fits a frame.
  package static let rosterPageMax = 100
  /// People named in the few words about a meeting.
  package static let meetingNamesMax = 32
  /// Meetings that a connection is told of when it subscribes.
  package static let meetingsToldMax = 32
  /// Channels whose meetings one connection follows without being in them.
  package static let watchedChannelsMax = 64
  /// A participant whose connection is lost may come back for this long.
  package static let meetingGrace: Duration = .seconds(10)
  /// A channel's people are told how its meeting stands at most this often.
  package static let meetingNewsPause: Duration = .seconds(1)
  /// Joinings of one account: how many a second, and how many at once after a rest.
  package static let joinsPerSecond = 20
  package static let joinBurst = 200
  /// Offers and restarts of one account's media connections: likewise.
  package static let mediaChangesPerSecond = 4
  package static let mediaChangeBurst = 60
  /// Answers, wishes and what is said about oneself, of one account: likewise.
  package static let mediaNewsPerSecond = 20
  package static let mediaNewsBurst = 200
  package static let mediaWishesMax = 64
  package static let publishedTracksMax = 8
  /// UTF-8 bytes of the name of a media section.
  package static let midBytesMax = 32
  /// Codes for other clients that were not used yet; the oldest is forgotten first.
  package static let signInCodesMax = 4_096
  /// A sender who is lost may come back to the offer for this long; so may who accepted it, before
  /// another device of that person may.
  package static let fileOfferGrace: Duration = .seconds(10)
  /// Servers of one place that are known at the same time, besides this one.
  package static let nodesMax = 64
  /// People whom one server's report may name.
  package static let reportPeopleMax = 10_000
  /// Servers report every second; one of which nothing is heard for this long has died.
  package static let nodeSilenceMax: Duration = .seconds(5)
  /// A deadline that is heard of so late says that this server stood still, and nothing about others.
  package static let latenessMax: Duration = .seconds(1)
  /// A meeting that no server says it holds is ended after this long; after the shorter time when the
  /// one that said so is gone.
  package static let orphanGrace: Duration = .seconds(15)
  package static let goneHolderGrace: Duration = .seconds(3)
  /// Questions to other servers that are not answered yet.
  package static let questionsToNodesMax = 4_096
  /// One is asked again so often, and given up after so long; a meeting's after the longer time, when
  /// it is ended if its server is gone.
  package static let questionAgain: Duration = .seconds(1)
  package static let questionPatience: Duration = .seconds(5)
  package static let admissionPatience: Duration = .seconds(15)
  /// Messages of one server that wait for the entries that they build on.
  package static let earlyMessagesMax = 1_024
  /// Offers of files on one page for other servers.
  package static let offerCopiesPerPage = 16
  package static let answerCopiesMax = 1_024
  /// People who come with a session or a link that nobody has heard of here yet.
  package static let catchUpsMax = 64
  /// What one turn decides on a journal that several servers share: as much as fits into one message.
  package static let turnEventsMax = 2_048
  package static let turnBytesMax = 262_144
}
