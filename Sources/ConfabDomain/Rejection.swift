/// A refusal that a person sees: a number that never changes meaning, and words that may get better.
package struct Rejection: Error, Hashable, Sendable {
  package var code: Code
  /// What happened and what to do, as a sentence.
  package var message: String
  /// Set when trying again after a while makes sense.
  package var retryAfter: Duration?

  package init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
  }

  /// All numbers that Confab refuses with; `Vectors/errors.json` is the golden copy. 1xxx the
  /// protocol, 2xxx signing in, 3xxx people, 4xxx channels, 5xxx messages, 6xxx limits, 7xxx the
  /// server's own trouble, 8xxx files, 9xxx meetings.
  package enum Code: UInt32, CaseIterable, Sendable {
    /// The bytes are not frames of this protocol. The connection is closed.
    case malformedFrame = 1001
    /// A frame longer than 64 KiB. The connection is closed.
    case frameTooLong = 1002
    /// No version that both sides speak. The connection is closed.
    case versionUnsupported = 1003
    /// A request before its time: before Hello, before signing in, or a second Hello.
    case requestOutOfOrder = 1004
    /// This server does not know the request.
    case requestUnknown = 1005
    /// A field of the request makes no sense.
    case requestInvalid = 1006
    /// More than 8 KiB, or 10 seconds, without signing in. The connection is closed.
    case signInTimeout = 1007

    /// Name or password are wrong; which one is not told.
    case credentialsWrong = 2001
    /// Too many failures in a row; even the right password is refused until the time is over.
    case accountLocked = 2002
    /// Too many failures from one address.
    case addressLimited = 2003
    /// The session was ended or never was.
    case sessionUnknown = 2004
    case accountDisabled = 2005
    /// The invitation is unknown, used up or out of date.
    case invitationInvalid = 2006
    /// This server takes no new accounts in this way.
    case registrationClosed = 2007
    /// Passwords have 8 to 1,024 bytes.
    case passwordUnfit = 2008
    /// A key of this device differs from the one that it registered.
    case deviceKeyChanged = 2009
    /// Too many people sign in at this moment.
    case signInBusy = 2010
    /// A code for another client is unknown, was used, or is too old.
    case signInCodeInvalid = 2011

    case nameInvalid = 3001
    case nameTaken = 3002
    case accountUnknown = 3003
    /// Not active, where being active is asked for.
    case accountNotActive = 3004
    case ownerRequired = 3005
    /// Not for guests of a meeting.
    case guestsMayNot = 3006

    case channelUnknown = 4001
    case notAMember = 4002
    case alreadyAMember = 4003
    /// Not for the lobby or direct messages, which cannot be left, renamed or closed.
    case notARoom = 4004
    case roomOwnerRequired = 4005
    case channelClosed = 4006
    /// A classic room needs somebody else.
    case roomNeedsOthers = 4007

    case messageEmpty = 5001
    case messageTooLong = 5002
    case messageUnknown = 5003
    case notTheAuthor = 5004
    case messageDeleted = 5005
    case emojiInvalid = 5006
    /// This id was already used by somebody else.
    case messageIDTaken = 5007
    case searchInvalid = 5008

    /// More requests in a second than a person needs.
    case rateLimited = 6001
    /// One of the numbered limits of the place is reached.
    case placeFull = 6002
    case archiveUnknown = 6003

    /// The journal cannot be written, for example because the disk is full. Nothing was stored.
    case journalUnavailable = 7001
    case serverStopping = 7002
    case internalError = 7003

    /// The offer was never made to this person, was withdrawn, or its sender left.
    case fileOfferGone = 8001
    /// Another device of the person took it.
    case fileOfferTaken = 8002
    /// Nobody answered it in time.
    case fileOfferExpired = 8003
    /// What is offered or answered makes no sense, or is too long.
    case fileOfferUnfit = 8004
    /// Files go between devices with keys, and this session has none.
    case deviceRequired = 8005
    /// This id was already used by somebody else.
    case transferIDTaken = 8006

    /// There is no such meeting any more, or one is not in it.
    case meetingUnknown = 9001
    /// Guests wait until somebody else starts it.
    case meetingNotStarted = 9002
    case meetingLocked = 9003
    /// A host put this person out, for as long as the meeting goes on.
    case meetingRemoved = 9004
    case meetingHostRequired = 9005
    case participantUnknown = 9006
    /// No host has let this person in yet.
    case meetingWaiting = 9007
    case meetingFull = 9008
    /// The description of a media session makes no sense, or is too long.
    case mediaUnfit = 9009
    /// This server forwards no media.
    case mediaUnavailable = 9010
    /// Another server of the place holds the meeting.
    case meetingElsewhere = 9011
  }
}
