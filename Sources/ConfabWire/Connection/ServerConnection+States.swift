// Each state can be made only from the one before it, so that none is reached by another way.
extension ServerConnection {
  /// What the peer said in Hello.
  package struct Greeting: Sendable, Equatable {
    /// The version that both sides go on with.
    package let version: UInt32
    /// The program's name and release, fit for a line of the log.
    package let client: String

    init(version: UInt32, client: String) {
      self.version = version
      // A log must not be written to by strangers' control characters.
      let visible = client.utf8.lazy.filter { (32...126).contains($0) }
      self.client = String(
        decoding: visible.prefix(WireLimits.clientNameBytesMax), as: UTF8.self)
    }
  }

  /// Connected; the peer has said nothing that counts.
  struct AwaitingHello: Sendable {
    /// What a stranger may still send.
    var bytesLeft = WireLimits.preSignInBytesMax
  }

  /// Greeted; the peer must say who it is.
  struct AwaitingSignIn: Sendable {
    let greeting: Greeting
    var bytesLeft: Int

    init(from old: AwaitingHello, greeting: Greeting) {
      self.greeting = greeting
      bytesLeft = old.bytesLeft
    }

    init(from old: SigningIn) {
      greeting = old.greeting
      bytesLeft = old.bytesLeft
    }
  }

  /// The shell checks the one sign-in that is under way.
  struct SigningIn: Sendable {
    let greeting: Greeting
    let request: UInt64
    var bytesLeft: Int

    init(from old: AwaitingSignIn, request: UInt64) {
      greeting = old.greeting
      self.request = request
      bytesLeft = old.bytesLeft
    }
  }

  /// Known; requests are served, so many at once.
  struct Ready: Sendable {
    let greeting: Greeting
    var outstanding = OutstandingRequests()
    /// We stopped reading, because too many requests wait for their answers.
    var isPaused = false

    init(from old: SigningIn) {
      greeting = old.greeting
    }

    /// On the operator's socket there is no signing in.
    init(operatorFrom _: AwaitingHello, greeting: Greeting) {
      self.greeting = greeting
    }
  }
}
