import ConfabClient
import ConfabDomain
import ConfabNetwork
import ConfabWire
import Primitives

// TLS, the protocol, the session, HTTPS: whether it is the right server, and well.
extension Checkup {
  private static let secondsPerDay: Int64 = 24 * 3600
  /// Certificates of authorities are renewed by programs long before; later, somebody must look.
  private static let daysLeftMin: Int64 = 14
  private static let clockDifferenceMax: Duration = .seconds(5)
  private static let pings = 3

  /// Nil when nothing more should be said to it.
  func checkTLS() async -> Trust? {
    let certificate: CertificateProbe
    do {
      certificate = try await CertificateProbe.look(at: server)
    } catch {
      report(
        .problem(
          .tls, "\(error)", "What listens there is another program, or a proxy that ends TLS.",
          "Confab speaks TLS itself: let a proxy pass TCP through unchanged."))
      skip([.certificate, .protocol, .clock, .signIn, .https])
      return nil
    }
    guard certificate.applicationProtocol == ConnectionLimits.applicationProtocol else {
      report(
        .problem(
          .tls, "it speaks TLS 1.3, but does not know confab/1",
          "What listens there is a web server, or a proxy that ends TLS."))
      skip([.certificate, .protocol, .clock, .signIn, .https])
      return nil
    }
    report(.ok(.tls, "TLS 1.3, confab/1"))
    guard let trust = checkCertificate(certificate) else {
      skip([.protocol, .clock, .signIn, .https])
      return nil
    }
    return trust
  }

  private func checkCertificate(_ certificate: CertificateProbe) -> Trust? {
    let days = (certificate.expiresAt - LocalTime.now.secondsSinceEpoch) / Self.secondsPerDay
    let left = days > 0 ? "\(days) days left" : "out of date"
    if let pin = known?.pin {
      guard pin == certificate.pin.text else {
        report(
          .problem(
            .certificate, "the key is not the one that you know (\(certificate.pin))",
            "Somebody may be in between. If the server was set up anew, its owner knows the new",
            "key: ask for a new link, and sign in with it."))
        return nil
      }
      // The key stands for every other check, the date included.
      report(.ok(.certificate, "the key that you know, \(left)"))
      return Trust(pin: certificate.pin)
    }
    if certificate.isTrusted {
      var finding = Finding.ok(.certificate, "an authority vouches for it, \(left)")
      if days < Self.daysLeftMin {
        finding = .problem(.certificate, finding.words, "Renew it before people are locked out.")
        finding.isEssential = false
      }
      report(finding)
      return Trust(pin: nil)
    }
    if known != nil {
      report(
        .problem(
          .certificate, "no authority vouches for it any more, \(left)",
          "Renew the server's certificate, or ask its owner for a link with a pin."))
      return nil
    }
    report(
      .ok(
        .certificate,
        "self-signed, \(left). Its pin, to compare with the link's: \(certificate.pin)"))
    return Trust(pin: certificate.pin)
  }

  /// Says hello without signing in.
  func checkProtocol(_ trust: Trust) async {
    do {
      let connection = try await Connection.open(
        to: .network(server, pin: trust.pin), credentials: nil, device: nil, client: Release.name)
      let difference = WallTime(millisecondsSinceEpoch: connection.welcome.at).since(LocalTime.now)
      let roundTrip = await roundTrip(connection)
      report(
        .ok(
          .protocol,
          "version \(connection.welcome.version), \(connection.welcome.server), "
            + "round trip \(Self.text(roundTrip))"))
      await connection.close()
      checkClock(difference)
    } catch {
      report(.problem(.protocol, words(error), "Upgrade the older of the two programs."))
      skip([.clock])
    }
  }

  /// The shortest of a few. A refusal takes as long as an answer.
  private func roundTrip(_ connection: Connection) async -> Duration {
    var shortest = Duration.seconds(3_600)
    for _ in 0..<Self.pings {
      let began = LocalTime.monotonic
      _ = try? await connection.request(.ping(WirePing()))
      shortest = min(shortest, LocalTime.monotonic.since(began))
    }
    return shortest
  }

  private func checkClock(_ difference: Duration) {
    let seconds = abs(difference.milliseconds) / 1000
    guard Duration.seconds(seconds) >= Self.clockDifferenceMax else {
      return report(.ok(.clock, "the server's clock and yours agree"))
    }
    report(
      .problem(
        .clock,
        "the server's clock is \(seconds) s \(difference > .zero ? "ahead of" : "behind") yours",
        "Times of messages are the server's. On the machine that is wrong:",
        "  sudo timedatectl set-ntp true"))
  }

  func checkSignIn(_ trust: Trust) async {
    guard let known, let token = known.token.flatMap({ [UInt8](base64URL: $0) }) else {
      return report(.skipped(.signIn, "you are not signed in to \(server)"))
    }
    do {
      let device = try profile.device()
      let connection = try await Connection.open(
        to: .network(server, pin: trust.pin),
        credentials: Credentials(.token(token), device: device.publicKeys), device: device,
        client: Release.name)
      report(.ok(.signIn, "as \(connection.signedIn?.name ?? known.account)"))
      await connection.close()
    } catch {
      report(
        .problem(.signIn, words(error), "Sign in anew: confab sign-in \(known.account)@\(server)"))
    }
  }

  func checkHTTPS(_ trust: Trust) async {
    do {
      let line = try await HealthProbe.ask(server, pin: trust.pin)
      report(
        line.split(separator: " ").dropFirst().first == "200"
          ? .ok(.https, "/health answers \(line)")
          : .problem(
            .https, "/health answers \(line)", "Look into the server's log for what is wrong."))
    } catch {
      report(.problem(.https, words(error), "Browsers cannot use this server."))
    }
  }

  private func words(_ error: any Error) -> String {
    guard let rejection = error as? Rejection else { return "\(error)" }
    return rejection.message
  }
}
