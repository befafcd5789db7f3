import ConfabNetwork
import ConfabServer
import ConfabWire
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import Synchronization
import Testing

extension ServerTests {
  @Suite struct CertificateTests {
    @Test func aChangedCertificateIsShownToTheNextConnection() async throws {
      let folder = TestServer.temporaryFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let files = try Files(in: folder + "-tls")
      defer { try? FileManager.default.removeItem(atPath: folder + "-tls") }
      try files.write(try Self.certificate("one.example.org"))
      let configure = { (options: inout ServerOptions) in options.certificate = files.options }
      try await TestServer.with(configure: configure) { server in
        let first = try await TestClient.connect(port: server.port)
        let shown = try await Self.shown(port: server.port)
        server.server.reloadCertificate()
        let unchanged = try await Self.shown(port: server.port)
        #expect(unchanged == shown)
        // Half a change: the old one stays until the key has come too.
        let next = try Self.certificate("two.example.org")
        try Data(next.certificatePEM.utf8).write(to: URL(fileURLWithPath: files.certificate))
        server.server.reloadCertificate()
        let afterHalf = try await Self.shown(port: server.port)
        #expect(afterHalf == shown)
        try files.write(next)
        server.server.reloadCertificate()
        let changed = try await Self.shown(port: server.port)
        #expect(changed != shown)
        // Who was connected stays so.
        try await first.request(.ping(WirePing()))
      }
    }

    @Test func aCertificateThatCannotBeReadIsNamed() throws {
      let folder = TestServer.temporaryFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      #expect(throws: StartFailure.self) {
        try TestServer.make(folder: folder) {
          $0.certificate = .init(certificate: "/nowhere/cert.pem", key: "/nowhere/key.pem")
        }
      }
    }

    private struct Files {
      let certificate: String
      let key: String

      init(in folder: String) throws {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        certificate = folder + "/cert.pem"
        key = folder + "/key.pem"
      }

      var options: ServerOptions.CertificateFiles { .init(certificate: certificate, key: key) }

      func write(_ made: SelfSignedCertificate) throws {
        try Data(made.privateKeyPEM.utf8).write(to: URL(fileURLWithPath: key))
        try Data(made.certificatePEM.utf8).write(to: URL(fileURLWithPath: certificate))
      }
    }

    private static func certificate(_ host: String) throws -> SelfSignedCertificate {
      try SelfSignedCertificate(
        hosts: [host],
        now: WallTime(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000)))
    }

    /// The bytes of the certificate that a new connection is shown.
    private static func shown(port: Int) async throws -> [UInt8] {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.certificateVerification = .noHostnameVerification
      configuration.applicationProtocols = ["confab/1"]
      let context = try NIOSSLContext(configuration: configuration)
      let seen = Sight()
      let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
              try NIOSSLClientHandler(
                context: context, serverHostname: nil,
                customVerificationCallback: { certificates, promise in
                  seen.certificate.withLock { $0 = (try? certificates.first?.toDERBytes()) ?? [] }
                  promise.succeed(.certificateVerified)
                }))
          }
        }
        .connect(host: "127.0.0.1", port: port).get()
      while seen.certificate.withLock({ $0.isEmpty }) {
        try await Task.sleep(for: .milliseconds(5))
      }
      try await channel.close()
      return seen.certificate.withLock { $0 }
    }
  }
}

private final class Sight: Sendable {
  let certificate = Mutex<[UInt8]>([])
}
