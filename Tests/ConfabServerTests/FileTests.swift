import ConfabDomain
import ConfabHub
import ConfabServer
import ConfabTransfer
import ConfabWire
import Crypto
import Foundation
import NIOCore
import NIOPosix
import Primitives
import SwiftProtobuf
import Testing

extension ServerTests {
  @Suite struct FileTests {
    @Test func twoDevicesMeetAndTheRelayJoinsThem() async throws {
      try await TestServer.withOpenRegistration { server in
        let (ann, bob) = (try await person("ann", server), try await person("bob", server))
        let id = transfer(1)
        let standing = try await ann.request(.offerFile(offer(id, to: "@bob")))
        guard case .fileOfferStanding(let standing) = standing else {
          Issue.record("not offered: \(standing)")
          return
        }
        #expect(standing.recipients.map(\.name) == ["bob"])
        #expect(standing.recipients.map(\.canReceive) == [true])
        #expect(standing.relay)
        guard case .fileOffered(let offered) = try await bob.news() else {
          Issue.record("not told")
          return
        }
        #expect(offered.from == "ann")
        #expect(offered.offer == Data("an offer".utf8))
        #expect(offered.device.identityKey.count == 32)
        let accept = WireAnswerFile.with { ($0.transferID, $0.accept) = (id, Data("yes".utf8)) }
        guard case .fileAcceptance(let acceptance) = try await bob.request(.answerFile(accept)),
          case .fileAnswered(let answered) = try await ann.news()
        else {
          Issue.record("not accepted")
          return
        }
        #expect(answered.accept == Data("yes".utf8))
        #expect(answered.pairing == acceptance.pairing)
        try await meet(acceptance.relayToken, answered.relayToken, server)
        let candidates = WireFileCandidates.with {
          ($0.transferID, $0.pairing) = (id, acceptance.pairing)
          $0.candidates = Data([1])
        }
        #expect(try await ann.request(.sendFileCandidates(candidates)) == .done(.init()))
        #expect(try await bob.news() == .fileCandidates(candidates))
        let end = WireWithdrawFile.with { ($0.transferID, $0.complete) = (id, true) }
        #expect(try await ann.request(.withdrawFile(end)) == .done(.init()))
        let withdrawn = WireFileWithdrawn.with { ($0.transferID, $0.reason) = (id, .complete) }
        #expect(try await bob.news() == .fileWithdrawn(withdrawn))
        let metrics = server.server.metrics.rendered()
        #expect(metrics.contains("\nconfab_files_offered_total 1\n"))
        #expect(metrics.contains("\nconfab_files_accepted_total 1\n"))
      }
    }

    /// Each end binds and sends; what opens a connection waits for the other.
    private func meet(_ first: Data, _ second: Data, _ server: TestServer) async throws {
      let one = try await DatagramSocket.open(to: server.port)
      let two = try await DatagramSocket.open(to: server.port)
      let opening: [UInt8] = [0x40, 1, 2, 3]
      let packet: [UInt8] = [0x60] + [UInt8](repeating: 9, count: 1_400)
      try await one.bind(first)
      try await one.send(opening)
      // Answered, so that the relay has the one before it too.
      try await one.bind(first)
      try await two.bind(second)
      #expect(await two.next() == opening)
      try await two.send(packet)
      #expect(await one.next() == packet)
      try await one.send([0x6F])
      #expect(await two.next() == [0x6F])
      // Nobody else is let in between.
      let stranger = try await DatagramSocket.open(to: server.port)
      try await stranger.send(packet)
      let unknown = try #require(TransferToken([UInt8](repeating: 1, count: 16)))
      let nonce = try #require(try await stranger.nonce(for: unknown))
      try await stranger.send(RelayDatagram.bind(unknown, nonce).encoded)
      let refused = RelayDatagram.refused(unknown, .tokenUnknown).encoded
      #expect(await stranger.next() == refused)
      // A device that moved says so.
      try await stranger.bind(second)
      try await one.send([0x61])
      #expect(await stranger.next() == [0x61])
      for socket in [one, two, stranger] { try await socket.close() }
    }

    @Test func withoutARelayNothingIsForwarded() async throws {
      let configure: (inout ServerOptions) -> Void = {
        $0.hub.registration = .open
        $0.relay = nil
      }
      try await TestServer.with(configure: configure) { server in
        let (ann, bob) = (try await person("ann", server), try await person("bob", server))
        let id = transfer(1)
        guard
          case .fileOfferStanding(let standing) = try await ann.request(
            .offerFile(offer(id, to: "@bob")))
        else {
          Issue.record("not offered")
          return
        }
        #expect(!standing.relay)
        _ = try await bob.news()
        let accept = WireAnswerFile.with { ($0.transferID, $0.accept) = (id, Data([1])) }
        guard case .fileAcceptance(let acceptance) = try await bob.request(.answerFile(accept))
        else {
          Issue.record("not accepted")
          return
        }
        #expect(acceptance.relayToken.isEmpty)
      }
    }

    @Test func whatMakesNoSenseIsRefused() async throws {
      try await TestServer.withOpenRegistration { server in
        let ann = try await person("ann", server)
        var short = offer(transfer(1), to: "@ann")
        short.transferID = Data([1])
        #expect(try await ann.request(.offerFile(short)).refusalCode == 1006)
        let neither = WireAnswerFile.with { $0.transferID = transfer(1) }
        #expect(try await ann.request(.answerFile(neither)).refusalCode == 1006)
        let nowhere = WireAnswerFile.with { ($0.transferID, $0.refuse) = (transfer(1), "no") }
        #expect(try await ann.request(.answerFile(nowhere)).refusalCode == 8001)
        let plain = try await TestClient.connect(port: server.port)
        _ = try await plain.join(nil, name: "bob")
        let bare = try await plain.request(.offerFile(offer(transfer(1), to: "@ann")))
        #expect(bare.refusalCode == 8005)
      }
    }

    private func transfer(_ number: UInt8) -> Data { Data(repeating: number, count: 16) }

    private func offer(_ id: Data, to label: String) -> WireOfferFile {
      .with {
        $0.transferID = id
        $0.to = .with { $0.name = label }
        $0.offer = Data("an offer".utf8)
        $0.summary = .with { ($0.name, $0.files, $0.bytes) = ("talk.mp4", 1, 1_000) }
      }
    }

    /// Somebody with a device that can receive files.
    private func person(_ name: String, _ server: TestServer) async throws -> TestClient {
      let client = try await TestClient.connect(port: server.port)
      let key = Curve25519.Signing.PrivateKey()
      let challenge = Array(client.welcome.challenge)
      let proof = try key.signature(for: DeviceProof.message(challenge: challenge))
      _ = try await client.request(
        .signIn(
          .with {
            $0.invitation = .with { ($0.name, $0.password) = (name, TestClient.password) }
            $0.device = .with {
              $0.identityKey = key.publicKey.rawRepresentation
              $0.agreementKey = Data(repeating: 2, count: 32)
              $0.name = "\(name)'s"
            }
            $0.deviceProof = proof
          }))
      _ = try await client.request(.subscribe(.with { $0.canReceiveFiles = true }))
      return client
    }
  }
}

extension TestClient {
  /// The next news of files.
  fileprivate func news() async throws -> WireServerFrame.OneOf_Body {
    while true {
      let body = try await push()
      switch body {
      case .fileOffered, .fileAnswered, .fileWithdrawn, .fileCandidates: return body
      default: continue
      }
    }
  }
}

/// A UDP socket that speaks with the server.
private final class DatagramSocket {
  private let channel: any NIOCore.Channel
  private let server: SocketAddress
  private var received: AsyncStream<[UInt8]>.Iterator

  private init(
    channel: any NIOCore.Channel, server: SocketAddress, received: AsyncStream<[UInt8]>.Iterator
  ) {
    self.channel = channel
    self.server = server
    self.received = received
  }

  static func open(to port: Int) async throws -> DatagramSocket {
    let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
    let channel = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Receiver(continuation))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return DatagramSocket(
      channel: channel, server: try SocketAddress(ipAddress: "127.0.0.1", port: port),
      received: stream.makeAsyncIterator())
  }

  func send(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(
      AddressedEnvelope(remoteAddress: server, data: ByteBuffer(bytes: bytes)))
  }

  func next() async -> [UInt8]? { await received.next() }

  /// Binds, and sees that it is so.
  func bind(_ token: Data) async throws {
    let token = try #require(TransferToken(token))
    let nonce = try #require(try await nonce(for: token))
    try await send(RelayDatagram.bind(token, nonce).encoded)
    guard case .bound(token, _)? = await nextOfRelay() else {
      Issue.record("not bound")
      return
    }
  }

  /// What the relay sends to the address.
  func nonce(for token: TransferToken) async throws -> RelayNonce? {
    try await send(RelayDatagram.bind(token, nil).encoded)
    guard case .challenge(token, let nonce)? = await nextOfRelay() else { return nil }
    return nonce
  }

  private func nextOfRelay() async -> RelayDatagram? {
    guard let bytes = await next() else { return nil }
    return bytes.withUnsafeBytes { RelayDatagram($0) }
  }

  func close() async throws { try await channel.close() }

  private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let continuation: AsyncStream<[UInt8]>.Continuation

    init(_ continuation: AsyncStream<[UInt8]>.Continuation) {
      self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      continuation.yield(Array(unwrapInboundIn(data).data.readableBytesView))
    }
  }
}
