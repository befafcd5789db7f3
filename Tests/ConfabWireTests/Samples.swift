import ConfabDomain
import ConfabWire
import Primitives
import SwiftProtobuf

/// Values that many tests begin with.
enum Sample {
  static let place = [UInt8](repeating: 7, count: WireLimits.placeBytes)
  static let challenge = (0..<UInt8(WireLimits.challengeBytes)).map { $0 }
  /// 2026-11-22T12:00:00Z
  static let noon = WallTime(millisecondsSinceEpoch: 1_795_348_800_000)
  static let keys = DeviceKeys(
    identity: [UInt8](repeating: 1, count: 32), agreement: [UInt8](repeating: 2, count: 32),
    name: "laptop")
  static let proof = [UInt8](repeating: 3, count: WireLimits.signatureBytes)
  static let signedIn = WireSignedIn(
    account: AccountID(2), name: "ann", role: .member, session: SessionID(9),
    token: [UInt8](repeating: 4, count: WireLimits.tokenBytes))
  static let password = Credentials(
    .password(name: "ann", password: "correct horse"), device: nil)

  static func server(
    _ authority: ServerConnection.Authority = .network,
    versions: ClosedRange<UInt32> = WireVersion.supported
  ) -> ServerConnection {
    ServerConnection(
      server: "confab test", place: place, challenge: challenge, authority: authority,
      versions: versions)
  }

  static func hello(_ request: UInt64 = 1, _ versions: ClosedRange<UInt32> = 1...1) -> [UInt8] {
    payload(request, .hello(WireHello(versions: versions, client: "test 1")))
  }

  static func signIn(_ request: UInt64 = 2) -> [UInt8] {
    payload(request, .signIn(WireSignIn(password, proof: [])))
  }

  static func payload(_ request: UInt64, _ body: WireClientFrame.OneOf_Body?) -> [UInt8] {
    payload(.with { ($0.request, $0.body) = (request, body) } as WireClientFrame)
  }

  static func payload(_ message: some Message) -> [UInt8] {
    (try? message.serializedBytes()) ?? []
  }

  /// A server's half that has taken Hello and SignIn.
  static func readyServer() throws -> ServerConnection {
    var server = server()
    _ = try server.receive(hello(), at: noon)
    _ = try server.receive(signIn(), at: noon)
    _ = server.signedIn(request: 2, reply: signedIn)
    return server
  }
}
