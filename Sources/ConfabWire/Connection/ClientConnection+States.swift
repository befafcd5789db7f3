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

  /// Hello is on its way.
  struct AwaitingWelcome: Sendable {
    let credentials: Credentials?
    let request: UInt64

    init(from old: Idle, request: UInt64) {
      credentials = old.credentials
      self.request = request
    }
  }

  /// The device's key may be behind a prompt or on a card, so the signature may take its time.
  struct AwaitingProof: Sendable {
    let session: Session
    let credentials: Credentials
  }

  /// The server checks who we are.
  struct AwaitingSignedIn: Sendable {
    let session: Session
    let request: UInt64

    init(from old: AwaitingProof, request: UInt64) {
      session = old.session
      self.request = request
    }
  }

  /// Refused; the challenge stays good for another try.
  struct AwaitingCredentials: Sendable {
    let session: Session

    init(from old: AwaitingSignedIn) {
      session = old.session
    }
  }

  /// Signed in, or the operator.
  struct Ready: Sendable {
    let version: UInt32
    var outstanding = OutstandingRequests()

    init(from old: AwaitingSignedIn) {
      version = old.session.version
    }

    init(operatorFrom _: AwaitingWelcome, version: UInt32) {
      self.version = version
    }
  }
}
