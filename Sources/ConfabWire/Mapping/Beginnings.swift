package import ConfabDomain
package import Primitives

extension WireHello {
  package init(versions: ClosedRange<UInt32>, client: String) {
    self.init()
    versionMin = versions.lowerBound
    versionMax = versions.upperBound
    self.client = client
  }
}

extension WireWelcome {
  package init(
    version: UInt32, server: String, place: [UInt8], challenge: [UInt8], at time: WallTime
  ) {
    self.init()
    self.version = version
    self.server = server
    self.place = field(place)
    self.challenge = field(challenge)
    at = time.millisecondsSinceEpoch
    limits.frameBytesMax = UInt32(WireLimits.frameBytesMax)
    limits.messageBytesMax = UInt32(Limits.messageBytesMax)
  }

  /// What a client cannot go on with, as a sentence; nil when all is well.
  var problem: String? {
    if byteCount(place) != WireLimits.placeBytes {
      return "The server's Welcome names its place with \(byteCount(place)) bytes."
    }
    if byteCount(challenge) != WireLimits.challengeBytes {
      return "The server's Welcome holds a challenge of \(byteCount(challenge)) bytes."
    }
    return nil
  }
}

extension WireSignIn {
  package init(_ credentials: Credentials, proof: [UInt8]) {
    self.init()
    switch credentials.method {
    case .password(let name, let password):
      self.password.name = name
      self.password.password = password
    case .token(let token):
      self.token.token = field(token)
    case .invitation(let secret, let name, let password):
      invitation.secret = field(secret)
      invitation.name = name
      invitation.password = password
    }
    if let keys = credentials.device {
      device = WireDevice(keys)
      deviceProof = field(proof)
    }
  }

  /// What makes no sense in it, as a sentence; nil when all is well.
  var problem: String? {
    guard let method else { return "SignIn needs a password, a token or an invitation." }
    if case .token(let token) = method, byteCount(token.token) != WireLimits.tokenBytes {
      return "A session's token has \(WireLimits.tokenBytes) bytes."
    }
    guard hasDevice else {
      return byteCount(deviceProof) == 0 ? nil : "There is a proof for a device, but no device."
    }
    guard DeviceKeys(device) != nil else {
      return "A device has two keys of \(DeviceKeys.keyBytes) bytes each."
    }
    guard byteCount(deviceProof) == WireLimits.signatureBytes else {
      return "A device's proof is a signature of \(WireLimits.signatureBytes) bytes."
    }
    return nil
  }
}

extension WireSignedIn {
  /// - Parameter token: of a new session; empty when the connection signed in with one.
  package init(
    account: AccountID, name: String, role: Role, session: SessionID, token: [UInt8]
  ) {
    self.init()
    self.account = account.rawValue
    self.name = name
    self.role = WireRole(role)
    self.session = session.rawValue
    self.token = field(token)
  }
}
