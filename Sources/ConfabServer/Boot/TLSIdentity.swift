import ConfabNetwork
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL
import Primitives

/// The certificate that the server shows: its own, made on the first start, or the operator's, which
/// is loaded again when its files change.
final class TLSIdentity: Sendable {
  /// Nil when the operator's certificate is shown: then authorities vouch for it.
  let pin: CertificatePin?

  private struct State {
    var context: NIOSSLContext
    var modification: [String]
  }

  private let files: ServerOptions.CertificateFiles
  private let state: NIOLockedValueBox<State>

  /// Uses the operator's files.
  init(files: ServerOptions.CertificateFiles) throws {
    self.files = files
    pin = nil
    state = .init(try Self.load(files))
  }

  /// Uses the server's own certificate, and makes it when there is none.
  init(folder: DataFolder, hosts: [String], now: WallTime) throws {
    files = .init(certificate: folder.certificate, key: folder.privateKey)
    if DataFolder.modification(of: files.certificate) == nil
      || DataFolder.modification(of: files.key) == nil
    {
      let made = try SelfSignedCertificate(hosts: hosts, now: now)
      // The key first: a certificate without its key would be taken for complete.
      try DataFolder.writeSecret(Array(made.privateKeyPEM.utf8), to: files.key)
      try DataFolder.writeSecret(Array(made.certificatePEM.utf8), to: files.certificate)
    }
    state = .init(try Self.load(files))
    let pem = String(decoding: DataFolder.read(files.certificate) ?? [], as: UTF8.self)
    pin = try CertificatePin(certificatePEM: pem)
  }

  /// For the next connection; those that are open keep what they have.
  var context: NIOSSLContext { state.withLockedValue { $0.context } }

  /// Loads the files when they changed.
  func reload(logger: Logger) {
    let modification = Self.modification(of: files)
    guard modification != state.withLockedValue({ $0.modification }) else { return }
    do {
      let loaded = try Self.load(files)
      state.withLockedValue { $0 = loaded }
      logger.info("the certificate was loaded again", metadata: ["file": "\(files.certificate)"])
    } catch {
      // Half a change (a certificate without its new key) is mended by the next look.
      logger.warning("the changed certificate cannot be used, the old one stays: \(error)")
    }
  }

  private static func modification(of files: ServerOptions.CertificateFiles) -> [String] {
    [files.certificate, files.key].flatMap { DataFolder.modification(of: $0) ?? [] }
  }

  private static func load(_ files: ServerOptions.CertificateFiles) throws -> State {
    let modification = modification(of: files)
    let certificates = try pem(files.certificate, "--tls-certificate") {
      try NIOSSLCertificate.fromPEMBytes($0)
    }
    let key = try pem(files.key, "--tls-key") { try NIOSSLPrivateKey(bytes: $0, format: .pem) }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv13
    configuration.applicationProtocols = [ProtocolRouter.native, ProtocolRouter.http]
    configuration.shutdownTimeout = .seconds(ServerLimits.farewellSeconds)
    do {
      return State(
        context: try NIOSSLContext(configuration: configuration), modification: modification)
    } catch {
      throw StartFailure(
        "the certificate \(files.certificate) and the key \(files.key) do not fit each other")
    }
  }

  private static func pem<Value>(
    _ path: String, _ option: String, _ parse: ([UInt8]) throws -> Value
  ) throws -> Value {
    guard let bytes = DataFolder.read(path) else {
      throw StartFailure("\(path) cannot be read: check \(option)")
    }
    guard let value = try? parse(bytes) else {
      throw StartFailure("\(path) is not a PEM file of the right kind: check \(option)")
    }
    return value
  }
}
