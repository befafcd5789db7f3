// Each state can be made only from the one before it, so that none is reached by another way.
extension ClientConnection {
  /// What Welcome said that later states need.
  struct Session: Sendable {
    let version: UInt32
    let challenge: [UInt8]
  }

  /// Not connected.
  struct Idle: Sendable {
    let credentials: Credentials?
  }

  /// Hello is on its way, and with a token SignIn behind it.
  struct AwaitingWelcome: Sendable {
    let credentials: Credentials?
    let request: UInt64
    /// The number of the SignIn that was sent already.
    var signIn: UInt64?
    var outstanding = OutstandingRequests()

    init(from old: Idle, request: UInt64) {
      credentials = old.credentials
      self.request = request
    }
  }

  /// The device's key may be behind a prompt or on a card, so the signature may take its time.
  struct AwaitingProof: Sendable {
    let session: Session
    let credentials: Credentials
    /// Asked behind an earlier SignIn, which was refused; the server refuses them as well.
    var outstanding = OutstandingRequests()
  }

  /// The server checks who we are, and takes what is asked meanwhile afterwards.
  struct AwaitingSignedIn: Sendable {
    let session: Session
    let request: UInt64
    var outstanding: OutstandingRequests

    init(from old: AwaitingProof, request: UInt64) {
      session = old.session
      outstanding = old.outstanding
      self.request = request
    }

    init(from old: AwaitingWelcome, session: Session, request: UInt64) {
      self.session = session
      outstanding = old.outstanding
      self.request = request
    }
  }

  /// Refused; the challenge stays good for another try.
  struct AwaitingCredentials: Sendable {
    let session: Session
    var outstanding: OutstandingRequests

    init(from old: AwaitingSignedIn) {
      session = old.session
      outstanding = old.outstanding
    }
  }

  /// Signed in, or the operator.
  struct Ready: Sendable {
    let version: UInt32
    var outstanding = OutstandingRequests()

    init(from old: AwaitingSignedIn) {
      version = old.session.version
      outstanding = old.outstanding
    }

    init(operatorFrom _: AwaitingWelcome, version: UInt32) {
      self.version = version
    }
  }
}
