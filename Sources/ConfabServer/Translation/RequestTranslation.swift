import ConfabDomain
import ConfabHub
import ConfabWire
import Crypto
import FoundationEssentials
import Primitives

/// From what a client spelled to what the hub understands. Fields that make no sense are refused here;
/// what a request may do is decided by the hub.
struct RequestTranslation {
  /// What devices of this connection sign.
  let challenge: [UInt8]

  func signIn(_ wire: WireSignIn) throws(Rejection) -> Request {
    let method: SignInAttempt.Method
    switch wire.method {
    case .password(let with):
      method = .password(name: with.name, Secret(Array(with.password.utf8)))
    case .token(let with):
      method = .token(hash: Self.hash(with.token))
    case .invitation(let with):
      method = .invitation(
        secretHash: with.secret.isEmpty ? [] : Self.hash(with.secret), name: with.name,
        Secret(Array(with.password.utf8)))
    case .code(let with): method = .code(hash: Self.hash(with.code))
    case .guest(let with):
      method = .guest(secretHash: Self.hash(with.secret), name: with.name)
    case nil:
      throw Rejection(.requestInvalid, "SignIn needs a password, a token or an invitation.")
    }
    guard wire.hasDevice else {
      return .signIn(SignInAttempt(method: method, device: nil, proof: nil))
    }
    guard let keys = DeviceKeys(wire.device) else {
      throw Rejection(.requestInvalid, "A device has two keys of \(DeviceKeys.keyBytes) bytes.")
    }
    let proof = DeviceProof(
      identity: keys.identity, challenge: challenge, signature: Array(wire.deviceProof))
    return .signIn(SignInAttempt(method: method, device: keys, proof: proof))
  }

  func request(_ body: WireClientFrame.OneOf_Body) throws(Rejection) -> Request {
    if let request = try about(sessions: body) { return request }
    if let request = try about(channels: body) { return request }
    if let request = try about(messages: body) { return request }
    if let request = try about(files: body) { return request }
    if let request = try about(meetings: body) { return request }
    if let request = try about(administration: body) { return request }
    throw Rejection(.requestUnknown, "This server does not know the request.")
  }

  private static func hash(_ secret: Data) -> [UInt8] { Array(SHA256.hash(data: secret)) }
}

extension RequestTranslation {
  private func about(sessions body: WireClientFrame.OneOf_Body) throws(Rejection) -> Request? {
    switch body {
    case .signOut: return .signOut
    case .changePassword(let wire):
      return .changePassword(
        old: Secret(Array(wire.oldPassword.utf8)), new: Secret(Array(wire.newPassword.utf8)))
    case .listSessions: return .listSessions
    case .revokeSession(let wire): return .revokeSession(SessionID(wire.session))
    case .subscribe(let wire):
      return .subscribe(presence: wire.presence, canReceiveFiles: wire.canReceiveFiles)
    case .who(let wire): return .who(after: wire.after)
    case .readDevices(let wire): return .readDevices(of: wire.name)
    default: return nil
    }
  }

  private func about(channels body: WireClientFrame.OneOf_Body) throws(Rejection) -> Request? {
    switch body {
    case .listChannels(let wire):
      return .listChannels(notJoined: wire.notJoined, after: ChannelID(wire.after))
    case .listMembers(let wire): return .listMembers(try reference(wire.channel), after: wire.after)
    case .createRoom(let wire):
      return .createRoom(name: wire.name, members: wire.members, isPublic: wire.public)
    case .createClassicRoom(let wire): return .createClassicRoom(members: wire.members)
    case .joinRoom(let wire): return .joinRoom(try reference(wire.channel))
    case .leaveRoom(let wire): return .leaveRoom(try reference(wire.channel))
    case .inviteMembers(let wire):
      return .inviteMembers(try reference(wire.channel), wire.members)
    case .removeMember(let wire): return .removeMember(try reference(wire.channel), wire.member)
    case .renameRoom(let wire): return .renameRoom(try reference(wire.channel), to: wire.name)
    case .closeRoom(let wire): return .closeRoom(try reference(wire.channel))
    default: return nil
    }
  }

  private func about(messages body: WireClientFrame.OneOf_Body) throws(Rejection) -> Request? {
    switch body {
    case .send(let wire): return .send(try outgoing(wire))
    case .edit(let wire):
      return .edit(try reference(wire.channel), sequence: wire.sequence, text: wire.text)
    case .delete(let wire):
      return .delete(try reference(wire.channel), sequence: wire.sequence)
    case .react(let wire):
      return .react(
        try reference(wire.channel), sequence: wire.sequence, emoji: wire.emoji,
        remove: wire.remove)
    case .markRead(let wire):
      return .markRead(try reference(wire.channel), sequence: wire.sequence)
    case .readMessages(let wire):
      return .readMessages(try reference(wire.channel), bound(wire), limit: Int(wire.limit))
    case .readEvents(let wire):
      return .readEvents(
        ChannelID(wire.channel), afterPosition: wire.afterPosition, limit: Int(wire.limit))
    case .search(let wire):
      let channel = wire.hasChannel ? try reference(wire.channel) : nil
      return .search(words: wire.words, in: channel, limit: Int(wire.limit))
    default: return nil
    }
  }

  private func about(
    administration body: WireClientFrame.OneOf_Body
  ) throws(Rejection) -> Request? {
    switch body {
    case .addAccount(let wire):
      guard let role = wire.role == .unspecified ? .member : Role(wire.role) else {
        throw Rejection(.requestInvalid, "This server does not know the role.")
      }
      return .addAccount(
        name: wire.name, role: role, password: Secret(Array(wire.password.utf8)),
        isImported: wire.imported)
    case .listAccounts(let wire): return .listAccounts(after: wire.after)
    case .listAllRooms(let wire): return .listAllRooms(after: ChannelID(wire.after))
    case .listAllSessions(let wire): return .listAllSessions(after: SessionID(wire.after))
    case .createInvitation(let wire):
      let expiresIn: Duration? =
        wire.expiresInMs == 0 ? nil : .milliseconds(Int64(clamping: wire.expiresInMs))
      return .createInvitation(uses: wire.uses, expiresIn: expiresIn)
    case .listInvitations(let wire): return .listInvitations(after: InvitationID(wire.after))
    case .revokeInvitation(let wire): return .revokeInvitation(InvitationID(wire.id))
    case .setAccount(let wire): return .setAccount(name: wire.name, try action(wire.action))
    case .resetPassword(let wire):
      return .resetPassword(name: wire.name, Secret(Array(wire.password.utf8)))
    case .readAudit(let wire):
      let since = wire.since == 0 ? nil : WallTime(millisecondsSinceEpoch: wire.since)
      return .readAudit(
        AuditQuery(
          since: since, afterEntry: wire.afterEntry, limit: Int(wire.limit),
          newestFirst: wire.newestFirst))
    case .verifyAudit: return .verifyAudit
    case .readDiskUse: return .readDiskUse
    case .openArchive(let wire): return .openArchive(try kind(wire.kind))
    case .readArchive(let wire):
      return .readArchive(archive: wire.archive, file: Int(wire.file), offset: wire.offset)
    default: return nil
    }
  }
}

// Fields.
extension RequestTranslation {
  func reference(_ wire: WireChannelRef) throws(Rejection) -> ChannelReference {
    switch wire.ref {
    case .id(let id): .id(ChannelID(id))
    case .name(let name): .label(name)
    case nil: throw Rejection(.requestInvalid, "The request names no channel.")
    }
  }

  private func outgoing(_ wire: WireSend) throws(Rejection) -> Outgoing {
    guard let id = wire.messageID else {
      throw Rejection(.requestInvalid, "A message needs an id of \(MessageID.byteCount) bytes.")
    }
    return Outgoing(
      channel: try reference(wire.channel), id: id, text: wire.text,
      replyTo: wire.replyTo == 0 ? nil : wire.replyTo, isRetry: wire.retry)
  }

  private func bound(_ wire: WireReadMessages) -> MessageQuery.Bound {
    switch wire.bound {
    case .sinceSequence(let sequence): return .sinceSequence(sequence)
    case .sinceTime(let time): return .sinceTime(WallTime(millisecondsSinceEpoch: time))
    case .beforeSequence(let sequence): return .beforeSequence(sequence)
    case .sinceSecond(let time):
      // Later than a whole second is later than its last millisecond.
      let second = WallTime(millisecondsSinceEpoch: time).secondsSinceEpoch
      let (last, overflow) = second.multipliedReportingOverflow(by: 1_000)
      return .sinceTime(
        WallTime(millisecondsSinceEpoch: overflow ? time : last.addingReportingOverflow(999).0))
    case nil: return .newest
    }
  }

  private func action(_ wire: WireAccountAction) throws(Rejection) -> AccountAction {
    switch wire {
    case .disable: .disable
    case .enable: .enable
    case .unlock: .unlock
    case .signOut: .signOut
    case .makeOwner: .makeOwner
    case .makeMember: .makeMember
    case .unspecified, .UNRECOGNIZED:
      throw Rejection(.requestInvalid, "This server does not know what to do with the account.")
    }
  }

  private func kind(_ wire: WireArchiveKind) throws(Rejection) -> ArchiveKind {
    switch wire {
    case .backup: .backup
    case .json: .json
    case .classic: .classic
    case .unspecified, .UNRECOGNIZED:
      throw Rejection(.requestInvalid, "This server does not know the kind of archive.")
    }
  }
}
