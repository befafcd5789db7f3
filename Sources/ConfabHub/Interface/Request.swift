package import ConfabDomain

/// What a client may ask for, in the words of the domain.
package enum Request: Sendable {
  case signIn(SignInAttempt)
  case signOut
  case changePassword(old: Secret, new: Secret)
  case listSessions
  case revokeSession(SessionID)
  case subscribe(presence: Bool, canReceiveFiles: Bool = false)

  case listChannels(notJoined: Bool, after: ChannelID)
  case listMembers(ChannelReference, after: String)
  case who(after: String)
  case readDevices(of: String)

  case send(Outgoing)
  case edit(ChannelReference, sequence: UInt64, text: String)
  case delete(ChannelReference, sequence: UInt64)
  case react(ChannelReference, sequence: UInt64, emoji: String, remove: Bool)
  case markRead(ChannelReference, sequence: UInt64)

  case readMessages(ChannelReference, MessageQuery.Bound, limit: Int)
  case readEvents(ChannelID, afterPosition: UInt64, limit: Int)
  case search(words: String, in: ChannelReference?, limit: Int)

  case createRoom(name: String, members: [String], isPublic: Bool)
  case createClassicRoom(members: [String])
  case joinRoom(ChannelReference)
  case leaveRoom(ChannelReference)
  case inviteMembers(ChannelReference, [String])
  case removeMember(ChannelReference, String)
  case renameRoom(ChannelReference, to: String)
  case closeRoom(ChannelReference)

  case offerFile(FileOffering)
  case answerFile(TransferID, FileAnswer)
  /// `recipient` is empty for everybody, which ends the offer.
  case withdrawFile(TransferID, recipient: String, isComplete: Bool)
  case sendFileCandidates(TransferID, PairingID, [UInt8])
  /// Nil for all.
  case readFileOffers(TransferID?, after: TransferID?)

  case meeting(MeetingRequest)

  // Administration: owners and the operator.
  case addAccount(name: String, role: Role, password: Secret, isImported: Bool)
  case listAccounts(after: String)
  case listAllRooms(after: ChannelID)
  case listAllSessions(after: SessionID)
  case createInvitation(uses: UInt32, expiresIn: Duration?)
  case listInvitations(after: InvitationID)
  case revokeInvitation(InvitationID)
  case setAccount(name: String, AccountAction)
  case resetPassword(name: String, Secret)
  case readAudit(AuditQuery)
  case verifyAudit
  case readDiskUse
  case openArchive(ArchiveKind)
  case readArchive(archive: UInt64, file: Int, offset: UInt64)
}

package struct Outgoing: Sendable {
  package var channel: ChannelReference
  package var id: MessageID
  package var text: String
  package var replyTo: UInt64?
  /// The id may have been sent before.
  package var isRetry: Bool

  package init(
    channel: ChannelReference, id: MessageID, text: String, replyTo: UInt64?, isRetry: Bool
  ) {
    self.channel = channel
    self.id = id
    self.text = text
    self.replyTo = replyTo
    self.isRetry = isRetry
  }
}

package struct SignInAttempt: Sendable {
  package enum Method: Sendable {
    case password(name: String, Secret)
    /// SHA-256 of the token.
    case token(hash: [UInt8])
    /// SHA-256 of the invitation's secret; empty for open registration.
    case invitation(secretHash: [UInt8], name: String, Secret)
    /// SHA-256 of the code that another client of the person was given.
    case code(hash: [UInt8])
    /// SHA-256 of the guest link's secret.
    case guest(secretHash: [UInt8], name: String)
  }

  package var method: Method
  package var device: DeviceKeys?
  /// What the device signed, for the shell to check with the password; opaque here.
  package var proof: DeviceProof?

  package init(method: Method, device: DeviceKeys?, proof: DeviceProof?) {
    self.method = method
    self.device = device
    self.proof = proof
  }
}

package enum AccountAction: Sendable {
  case disable, enable, unlock, signOut, makeOwner, makeMember
}

package enum ArchiveKind: Sendable {
  case backup, json, classic
}
