import ConfabDomain
import OrderedCollections
import Primitives

// The door: each request is sent to the file that holds its matter, and whatever it throws is the one
// answer to it.
extension Hub {
  mutating func handle(_ request: Request, _ caller: Caller) {
    // What is remembered now may be more than what the journal has.
    guard !isReloading else { return refuse(caller, Self.journalRefusal) }
    do throws(Rejection) {
      try keepOrder(request, caller)
      try limitRate(request, caller)
      try limitGuests(request, caller)
      try route(request, caller)
    } catch {
      refuse(caller, holdingBack(behind: request, caller, error))
    }
    flushAfterReply()
  }

  mutating func flushAfterReply() {
    for effect in afterReply { hold(effect) }
    afterReply = []
  }

  private mutating func limitRate(_ request: Request, _ caller: Caller) throws(Rejection) {
    guard let account = connections[caller.connection]?.account else { return }
    guard let wait = rateLimits.take(account, cost(of: request), at: now.monotonic) else { return }
    throw Rejection(
      .rateLimited, "Too many requests at once. Slow down a little.", retryAfter: wait)
  }

  /// In requests: what walks all people or all channels costs as many as its time is worth.
  private func cost(of request: Request) -> Double {
    let walked =
      switch request {
      case .listMembers, .who, .listAccounts: state.accounts.count
      case .listChannels(notJoined: true, _), .listAllRooms, .search: state.channels.count
      default: 0
      }
    return 1 + Double(walked / HubLimits.walkedPerRequest)
  }

  /// A guest takes part in one meeting and talks in its room.
  private func limitGuests(_ request: Request, _ caller: Caller) throws(Rejection) {
    guard let account = connections[caller.connection]?.account,
      state.accounts[account]?.role == .guest
    else { return }
    switch request {
    case .signOut, .subscribe, .markRead, .readMessages, .readEvents, .search,
      .listChannels(notJoined: false, _), .meeting(.join), .meeting(.leave):
      return
    case .meeting(.createGuestLink), .meeting(.createSignInCode): break
    case .listMembers, .send, .edit, .delete, .react, .meeting:
      guard isOutside(account) else { return }
      throw Rejection(.meetingWaiting, "A host has not let you in yet.")
    default: break
    }
    throw Rejection(
      .guestsMayNot, "Guests take part in the meeting and its room's chat, and nothing else.")
  }

  /// Who asks; a refusal when nobody has signed in.
  func actor(_ caller: Caller) throws(Rejection) -> Actor {
    if let account = caller.elsewhere?.account { return .account(account) }
    guard let actor = connections[caller.connection]?.actor else {
      throw Rejection(.requestOutOfOrder, "Sign in first.")
    }
    return actor
  }

  private mutating func route(_ request: Request, _ caller: Caller) throws(Rejection) {
    switch request {
    case .signIn(let attempt): try signIn(caller, attempt)
    case .signOut: try signOut(caller)
    case .changePassword(let old, let new): try changePassword(caller, old: old, new: new)
    case .listSessions, .revokeSession, .subscribe, .listChannels, .listMembers, .who,
      .readDevices:
      try routeLists(request, caller)
    case .send, .edit, .delete, .react, .markRead, .readMessages, .readEvents, .search:
      try routeMessages(request, caller)
    case .createRoom, .createClassicRoom, .joinRoom, .leaveRoom, .inviteMembers, .removeMember,
      .renameRoom, .closeRoom:
      try routeRooms(request, caller)
    case .offerFile, .answerFile, .withdrawFile, .sendFileCandidates, .readFileOffers:
      try routeFiles(request, caller)
    case .meeting(let request): try routeMeetings(request, caller)
    case .addAccount, .listAccounts, .listAllRooms, .listAllSessions, .createInvitation,
      .listInvitations, .revokeInvitation, .setAccount, .resetPassword, .readAudit, .verifyAudit,
      .readDiskUse, .openArchive, .readArchive:
      try routeAdministration(request, caller)
    }
  }
}
