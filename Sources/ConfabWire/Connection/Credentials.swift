package import ConfabDomain

/// How a client says who it is.
package struct Credentials: Sendable, Equatable {
  package enum Method: Sendable, Equatable {
    case password(name: String, password: String)
    /// Of a session that was opened before.
    case token([UInt8])
    /// Makes an account. The secret may be empty where registration is open.
    case invitation(secret: [UInt8], name: String, password: String)
  }

  package var method: Method
  /// The public keys of this device; nil for a program that has none.
  package var device: DeviceKeys?

  package init(_ method: Method, device: DeviceKeys?) {
    self.method = method
    self.device = device
  }
}
