import ConfabClient
import ConfabNetwork
import NIOCore

/// Walks the way to a server, each step as far as those before it allow.
struct Checkup {
  let server: HostPort
  /// What the profile remembers of the server; nil when it never signed in there.
  let known: KnownServer?
  let profile: Profile
  let report: (Finding) -> Void

  func run() async {
    guard let addresses = await checkName(), let first = addresses.first else {
      return skip([.tcp, .tls, .certificate, .protocol, .clock, .signIn, .https, .udp])
    }
    let address = await checkTCP(addresses)
    if address != nil, let trust = await checkTLS() {
      await checkProtocol(trust)
      await checkSignIn(trust)
      await checkHTTPS(trust)
    }
    await checkUDP(address ?? first)
  }

  func skip(_ checks: [Check]) {
    for check in checks { report(.skipped(check, "an earlier step must work first")) }
  }
}

/// How the server proved itself.
struct Trust {
  /// Nil when an authority vouches for it.
  var pin: CertificatePin?
}
