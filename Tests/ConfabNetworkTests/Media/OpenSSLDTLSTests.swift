import ConfabMedia
import ConfabNetwork
import Foundation
import Primitives
import Testing

@Suite struct OpenSSLDTLSTests {
  private static let wall = WallTime(millisecondsSinceEpoch: 1_790_000_000_000)

  private static func datagrams(of engine: inout OpenSSLDTLS) -> [[UInt8]] {
    var taken: [[UInt8]] = []
    while let datagram = engine.nextDatagram() { taken.append(datagram) }
    return taken
  }

  private static func receive(_ datagram: [UInt8], _ engine: inout OpenSSLDTLS) {
    datagram.withUnsafeBytes { engine.receive($0, at: MonotonicClock.now) }
  }

  private static func isHandshaking(_ engine: borrowing OpenSSLDTLS) -> Bool {
    if case .handshaking = engine.state { true } else { false }
  }

  /// Both sides over a link that loses some, until both have agreed or neither has anything to say.
  private static func connect(
    _ client: inout OpenSSLDTLS, _ server: inout OpenSSLDTLS, lossPercent: Int, seed: UInt64
  ) async throws {
    var random = SeededRandom(seed: seed)
    client.start(at: MonotonicClock.now)
    for _ in 0..<2_000 where isHandshaking(client) || isHandshaking(server) {
      let (fromClient, fromServer) = (datagrams(of: &client), datagrams(of: &server))
      for datagram in fromClient where Int.random(in: 0..<100, using: &random) >= lossPercent {
        receive(datagram, &server)
      }
      for datagram in fromServer where Int.random(in: 0..<100, using: &random) >= lossPercent {
        receive(datagram, &client)
      }
      guard fromClient.isEmpty, fromServer.isEmpty else { continue }
      guard let deadline = [client.nextDeadline, server.nextDeadline].compactMap(\.self).min()
      else { return }
      try await Task.sleep(for: deadline.since(MonotonicClock.now))
      if let due = client.nextDeadline, due <= MonotonicClock.now {
        client.timeout(at: MonotonicClock.now)
      }
      if let due = server.nextDeadline, due <= MonotonicClock.now {
        server.timeout(at: MonotonicClock.now)
      }
    }
  }

  @Test(arguments: [(0, 1), (20, 2), (20, 3)] as [(Int, UInt64)])
  func bothSidesAgreeThroughLoss(_ lossPercent: Int, _ seed: UInt64) async throws {
    let (one, other) = (
      try DTLSContext(now: Self.wall), try DTLSContext(now: Self.wall)
    )
    var client = OpenSSLDTLS(one, role: .client)
    var server = OpenSSLDTLS(other, role: .server)
    try await Self.connect(&client, &server, lossPercent: lossPercent, seed: seed)
    guard case .connected(let mine, let peer) = client.state,
      case .connected(let theirs, let peerOfPeer) = server.state
    else {
      Issue.record("they did not agree")
      return
    }
    #expect(mine.profile == .aes128GCM)
    #expect(mine.client.key == theirs.client.key && mine.server.salt == theirs.server.salt)
    #expect(mine.client.key != mine.server.key)
    #expect(peer == other.fingerprint)
    #expect(peerOfPeer == one.fingerprint)
    #expect(CertificateFingerprint(text: peer.text) == peer)
  }

  @Test func everyDatagramFitsAndTheLastFlightIsRepeated() async throws {
    let context = try DTLSContext(now: Self.wall)
    var client = OpenSSLDTLS(context, role: .client)
    var server = OpenSSLDTLS(context, role: .server)
    client.start(at: MonotonicClock.now)
    var flights = 0
    while Self.isHandshaking(client) || Self.isHandshaking(server), flights < 10 {
      flights += 1
      for datagram in Self.datagrams(of: &client) {
        #expect(datagram.count <= OpenSSLDTLS.datagramBytesMax)
        #expect(DatagramKind.dtls.contains(datagram[0]))
        // Twice: what comes again must harm nobody.
        Self.receive(datagram, &server)
        Self.receive(datagram, &server)
      }
      let answer = Self.datagrams(of: &server)
      // The server's whole flight in one or two, not in slices.
      #expect(answer.count <= 4)
      for datagram in answer { Self.receive(datagram, &client) }
    }
    let isDone = !Self.isHandshaking(client) && !Self.isHandshaking(server)
    #expect(isDone)
    let deadlines = [client.nextDeadline, server.nextDeadline]
    #expect(deadlines == [nil, nil])
    server.close()
    for datagram in Self.datagrams(of: &server) { Self.receive(datagram, &client) }
    guard case .closed = client.state else {
      Issue.record("the client did not hear the goodbye")
      return
    }
  }

  @Test func noiseHarmsNothing() throws {
    var random = SeededRandom(seed: 8)
    let context = try DTLSContext(now: Self.wall)
    var client = OpenSSLDTLS(context, role: .client)
    client.start(at: MonotonicClock.now)
    let first = client.nextDatagram()
    let hello = try #require(first)
    for _ in 0..<300 {
      var server = OpenSSLDTLS(context, role: .server)
      var bytes = hello
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
      }
      bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
      Self.receive(bytes, &server)
      Self.receive(.random(count: 100, using: &random), &server)
    }
  }

  /// Browsers send a first message larger than a datagram since they know post-quantum keys; here
  /// OpenSSL's client is made to by a small MTU.
  @Test func aStrangersClientConnectsInFragments() async throws {
    let context = try DTLSContext(now: Self.wall)
    let stranger = try StrangersClient(mtu: 400)
    defer { stranger.stop() }
    var server = OpenSSLDTLS(context, role: .server)
    let end = ContinuousClock.now + .seconds(20)
    while Self.isHandshaking(server), ContinuousClock.now < end {
      if let datagram = stranger.receive() { Self.receive(datagram, &server) }
      if let due = server.nextDeadline, due <= MonotonicClock.now {
        server.timeout(at: MonotonicClock.now)
      }
      for datagram in Self.datagrams(of: &server) { stranger.send(datagram) }
    }
    guard case .connected(let keys, _) = server.state else {
      Issue.record("the stranger did not connect")
      return
    }
    // It would take the other first; the server chooses.
    #expect(keys.profile == .aes128GCM)
  }
}

/// `openssl s_client`, which speaks to a socket of ours.
private final class StrangersClient {
  private let socket = PlainSocket(waitMilliseconds: 50)
  private let process = Process()
  private let input = Pipe()
  private let folder: URL

  init(mtu: Int) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "dtls-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let (key, certificate) = (
      folder.appending(path: "key.pem").path, folder.appending(path: "cert.pem").path
    )
    let (maker, words) = (Process(), Pipe())
    maker.standardOutput = words
    try Self.run(
      maker,
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
        "/CN=stranger", "-days", "2", "-keyout", key, "-out", certificate,
      ])
    _ = words.fileHandleForReading.readDataToEndOfFile()
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    try Self.run(
      process,
      [
        "s_client", "-dtls1_2", "-connect", "127.0.0.1:\(socket.listen())", "-mtu", "\(mtu)",
        "-use_srtp", "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM", "-cert", certificate, "-key",
        key,
      ])
  }

  private static func run(_ process: Process, _ arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  func receive() -> [UInt8]? { socket.receive() }

  func send(_ datagram: [UInt8]) { socket.send(datagram) }

  func stop() {
    process.terminate()
    try? FileManager.default.removeItem(at: folder)
  }
}
