import ConfabHub
import ConfabNetwork
import ConfabServer
import ConfabTransfer
import Configuration
import Foundation
import Logging

/// What `confab serve` does, after options, environment and file have spoken in this order.
struct ServeSettings {
  let data: String
  let listen: HostPort
  let publicAddress: String?
  let certificate: ServerOptions.CertificateFiles?
  let hub: HubOptions
  /// Nil forwards nothing.
  let relay: RelayLimits?
  let proxies: TrustedProxies
  let metricsToken: String?
  let journal: JournalChoice
  let logFormat: LineLogHandler.Format
  let logLevel: Logger.Level

  private static let failedSignIns = 1...20
  private static let lockoutSeconds = 1...86_400

  init(_ given: ServeOptions) throws(UsageError) {
    let sources = try ServeSources(file: given.config, data: given.data)
    data = Self.absolute(sources.value(given.data, "data") ?? ServeSources.standardData)
    let listenText = sources.value(given.listen, "listen") ?? "[::]:4747"
    guard let listen = HostPort(listenText) else {
      throw UsageError(
        "--listen \(listenText) is not HOST:PORT, like 0.0.0.0:4747 or [::]:4747")
    }
    self.listen = listen
    publicAddress = try Self.host(sources.value(given.publicAddress, "public-address"))
    certificate = try Self.certificate(
      sources.value(given.tlsCertificate, "tls-certificate"),
      sources.value(given.tlsKey, "tls-key"))
    hub = try Self.hubOptions(given, sources)
    relay = try Self.relay(given, sources)
    proxies = try Self.proxies(sources.value(given.trustedProxy, "trusted-proxy"))
    metricsToken = try Self.token(file: sources.value(given.metricsToken, "metrics-token"))
    logFormat = try Self.choice(sources.value(given.logFormat, "log-format"), "--log-format", .text)
    logLevel = try Self.choice(sources.value(given.logLevel, "log-level"), "--log-level", .info)
    journal = try JournalChoice(
      sources.value(given.journal, "journal") ?? "sqlite", option: "--journal",
      credentials: sources.value(given.journalCredentials, "journal-credentials"),
      authorities: sources.value(given.journalAuthorities, "journal-authorities"),
      backup: sources.value(given.journalBackup, "journal-backup"))
  }

  func server(logger: Logger) -> ServerOptions {
    var options = ServerOptions(dataFolder: data, logger: logger)
    options.listen = listen
    options.publicAddress = publicAddress
    options.certificate = certificate
    options.hub = hub
    options.relay = relay
    options.proxies = proxies
    options.metricsToken = metricsToken
    return options
  }
}

// One rule for each option; each says what would be right.
extension ServeSettings {
  private static func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path
  }

  private static func host(_ text: String?) throws(UsageError) -> String? {
    guard let text else { return nil }
    guard let address = HostPort(text, defaultPort: 0), address.port == 0 else {
      throw UsageError(
        "--public-address \(text) is no HOST, like chat.example.org or 192.0.2.7; the port is that of "
          + "--listen")
    }
    return address.host
  }

  private static func certificate(
    _ certificate: String?, _ key: String?
  ) throws(UsageError) -> ServerOptions.CertificateFiles? {
    switch (certificate, key) {
    case (nil, nil): return nil
    case (let certificate?, let key?): return .init(certificate: certificate, key: key)
    default: throw UsageError("--tls-certificate and --tls-key are given together or not at all")
    }
  }

  private static func hubOptions(
    _ given: ServeOptions, _ sources: ServeSources
  ) throws(UsageError) -> HubOptions {
    var options = HubOptions()
    options.registration = try choice(
      sources.value(given.registration, "registration"), "--registration", .invite)
    if let text = sources.value(given.maxFailedSignIns, "max-failed-sign-ins") {
      guard let count = Int(text), failedSignIns.contains(count) else {
        throw UsageError(
          "--max-failed-sign-ins \(text) is invalid: it is a whole number from 1 to 20")
      }
      options.failedSignInsMax = count
    }
    if let text = sources.value(given.lockout, "lockout") {
      guard let seconds = Int(text), lockoutSeconds.contains(seconds) else {
        throw UsageError(
          "--lockout \(text) is invalid: it is a whole number of seconds from 1 to 86400")
      }
      options.lockout = .seconds(seconds)
    }
    return options
  }

  private enum Switch: String, CaseIterable {
    case on, off
  }

  /// Faster is not a limit, and slower is no use.
  private static let relayRates = 8_000...10_000_000_000

  private static func relay(
    _ given: ServeOptions, _ sources: ServeSources
  ) throws(UsageError) -> RelayLimits? {
    var limits = RelayLimits()
    if let text = sources.value(given.relayRate, "relay-rate") {
      guard let rate = BitRate(text), relayRates.contains(rate.bitsPerSecond) else {
        throw UsageError(
          "--relay-rate \(text) is invalid: it is a rate from 8kbit to 10Gbit, like 20Mbit")
      }
      limits.bytesPerSecondMax = rate.bitsPerSecond / 8
    }
    if let text = sources.value(given.relayQuota, "relay-quota") {
      guard let amount = ByteAmount(text), amount.bytes > 0 else {
        throw UsageError("--relay-quota \(text) is invalid: it is an amount like 500MB or 2TiB")
      }
      limits.bytesPerDayMax = UInt64(amount.bytes)
    }
    let isOn = try choice(sources.value(given.relay, "relay"), "--relay", Switch.on)
    return isOn == .on ? limits : nil
  }

  private static func proxies(_ text: String?) throws(UsageError) -> TrustedProxies {
    guard let text else { return TrustedProxies() }
    guard let proxies = TrustedProxies(text) else {
      throw UsageError(
        "--trusted-proxy \(text) is invalid: it is addresses or networks with commas between them, like "
          + "127.0.0.1,10.0.0.0/8")
    }
    return proxies
  }

  private static func choice<Value: RawRepresentable & CaseIterable>(
    _ text: String?, _ option: String, _ standard: Value
  ) throws(UsageError) -> Value where Value.RawValue == String {
    guard let text else { return standard }
    guard let value = Value(rawValue: text) else {
      let values = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw UsageError("\(option) \(text) is invalid: it is one of \(values)")
    }
    return value
  }

  private static func token(file: String?) throws(UsageError) -> String? {
    guard let file else { return nil }
    let text = try? String(contentsOfFile: file, encoding: .utf8)
    guard let token = text?.split(whereSeparator: \.isWhitespace).first else {
      throw UsageError("--metrics-token \(file) cannot be read, or is empty")
    }
    return String(token)
  }
}

/// The environment and the file.
struct ServeSources {
  private let environment = ConfigReader(provider: EnvironmentVariablesProvider())
    .scoped(to: "confab")
  private let file: [String: String]

  static let standardData = "./confab-data"

  /// - Parameter path: nil is `confab.json` in the data folder, if that is there.
  init(file path: String?, data: String?) throws(UsageError) {
    let folder = data ?? environment.string(forKey: "data") ?? Self.standardData
    let standard = "\(folder)/confab.json"
    guard let path = path ?? (FileManager.default.fileExists(atPath: standard) ? standard : nil)
    else {
      file = [:]
      return
    }
    guard let bytes = FileManager.default.contents(atPath: path),
      let object = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any]
    else {
      throw UsageError("\(path) cannot be read, or is no JSON object: check it, or --config")
    }
    if let unknown = object.keys.sorted().first(where: { !Self.keys.contains($0) }) {
      throw UsageError(
        "\(path) has \(unknown), which is no option: it may hold \(Self.keys.joined(separator: ", "))"
      )
    }
    // A number is as good as a text.
    file = object.mapValues { "\($0)" }
  }

  /// Every option by its long name, as the parser makes it of the property's.
  private static let keys: [String] = Mirror(reflecting: ServeOptions()).children
    .compactMap { child in
      child.label.map { label in
        label.drop { $0 == "_" }.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }
          .joined()
      }
    }
    .filter { $0 != "config" }.sorted()

  func value(_ given: String?, _ key: String) -> String? {
    given ?? environment.string(forKey: ConfigKey([key])) ?? file[key]
  }
}
