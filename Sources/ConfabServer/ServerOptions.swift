package import ConfabHub
package import ConfabNetwork
package import ConfabTransfer
package import Logging

/// What the operator chooses when the server starts.
package struct ServerOptions: Sendable {
  /// The folder that holds everything the server keeps; made when it is not there.
  package var dataFolder: String
  /// Port 0 picks a free one.
  package var listen = HostPort(host: "::", port: HostPort.defaultPort)
  /// The host in links; nil finds the machine's own address.
  package var publicAddress: String?
  /// Paths of PEM files; nil makes a certificate on the first start.
  package var certificate: CertificateFiles?
  package var hub = HubOptions()
  /// How much the server forwards for devices that cannot reach each other; nil for nothing.
  package var relay: RelayLimits? = RelayLimits()
  /// Whose `X-Forwarded-For` is believed.
  package var proxies = TrustedProxies()
  /// What `/metrics` asks of callers from elsewhere; nil answers this machine only.
  package var metricsToken: String?
  /// N of scrypt for new passwords; less than the standard is for tests only.
  package var passwordCost = PasswordHasher.standardCost
  package var logger: Logger

  package struct CertificateFiles: Sendable {
    package var certificate: String
    package var key: String

    package init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  package init(dataFolder: String, logger: Logger) {
    self.dataFolder = dataFolder
    self.logger = logger
  }
}
