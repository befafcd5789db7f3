import ConfabDomain
import Crypto
import OrderedCollections
import Primitives

/// Codes that sign another client of the same person in, for example the browser beside the terminal.
/// They are kept in memory only: who restarts the server asks for another.
struct SignInCodes: Sendable {
  private struct Code: Sendable {
    var account: AccountID
    /// Ended, it takes its codes with it.
    var session: SessionID
    var expiresAt: MonotonicTime
  }

  /// By their hash, in the order in which they end.
  private var codes: OrderedDictionary<[UInt8], Code> = [:]

  /// 128 bits.
  static let codeBytes = 16

  mutating func add(
    _ hash: [UInt8], _ account: AccountID, _ session: SessionID, at now: MonotonicTime
  ) {
    codes[hash] = Code(
      account: account, session: session, expiresAt: now + Periods.signInCode)
    if codes.count > HubLimits.signInCodesMax { codes.removeFirst() }
  }

  /// Whose the code is, and by which session it was made. It is gone with that.
  mutating func take(_ hash: [UInt8], at now: MonotonicTime) -> (AccountID, SessionID)? {
    guard let code = codes.removeValue(forKey: hash), now < code.expiresAt else { return nil }
    return (code.account, code.session)
  }
}

extension Hub {
  /// - Parameter reference: the channel whose meeting the code is for, which another server may hold.
  mutating func makeSignInCode(
    _ caller: Caller, _ reference: ChannelReference?
  ) throws(Rejection) {
    let account = try state.person(try actor(caller))
    if let reference {
      let channel = try state.writable(reference, by: .account(account.id))
      if let meeting = meetingElsewhere(in: channel) {
        return try askAdmission(
          caller, to: meeting, in: channel.id, .createSignInCode(reference))
      }
    }
    guard let session = connections[caller.connection]?.session else {
      throw Rejection(.requestOutOfOrder, "Sign in first.")
    }
    let code = randomBytes(count: SignInCodes.codeBytes)
    signInCodes.add(Array(SHA256.hash(data: code)), account.id, session, at: now.monotonic)
    reply(caller, .signInCode(Secret(code), expiresAt: now.wall + Periods.signInCode))
    log(caller, "made a sign-in code")
  }

  mutating func signIn(_ caller: Caller, codeHash: [UInt8]) throws(Rejection) {
    try requireJournal()
    try requireUnlimited(caller)
    guard let (id, session) = signInCodes.take(codeHash, at: now.monotonic),
      state.sessions[session]?.account == id, let account = state.accounts[id],
      !account.isDisabled
    else {
      countAddressFailure(caller)
      throw Rejection(
        .signInCodeInvalid, "This code was used, or is older than a minute. Ask for a new one.")
    }
    try openSession(for: account.id, caller, device: nil)
  }
}
