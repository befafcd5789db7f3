import ConfabClient
import ConfabNetwork
import ConfabTransfer
import Primitives
import Testing

/// Forwards between two who know their tokens, as the server does.
///
/// Proof: everything that changes is touched on the loop's thread only.
private final class TestRelay: LoopEndpoint, @unchecked Sendable {
  /// What the server's relay takes.
  private static let datagramBytesMax = 2_047

  private static let nonce: UInt64 = 9

  private var ends: [TransferToken: PathAddress] = [:]
  private var line: [(bytes: [UInt8], to: PathAddress)] = []
  private let tokens: [TransferToken]
  private(set) var forwarded = 0

  init(_ tokens: [TransferToken]) {
    self.tokens = tokens
  }

  func receive(_ slot: ReceiveBatch.Slot, at now: MonotonicTime) {
    var start = 0
    while start < slot.bytes.count {
      let end = min(start + slot.segmentBytes, slot.bytes.count)
      handle(UnsafeRawBufferPointer(rebasing: slot.bytes[start..<end]), from: slot.source)
      start = end
    }
  }

  private func handle(_ datagram: UnsafeRawBufferPointer, from source: PathAddress) {
    if case .bind(let token, let shown)? = RelayDatagram(datagram) {
      guard let nonce = RelayNonce(Self.nonce) else { return }
      guard shown == nonce else {
        return line.append((RelayDatagram.challenge(token, nonce).encoded, source))
      }
      guard tokens.contains(token) else {
        return line.append((RelayDatagram.refused(token, .tokenUnknown).encoded, source))
      }
      ends[token] = source
      return line.append((RelayDatagram.bound(token, nonce).encoded, source))
    }
    guard datagram.count <= Self.datagramBytesMax,
      RelayDatagram.forwardedFirstBytes.contains(datagram[0]),
      let other = ends.values.first(where: { $0 != source }), ends.values.contains(source)
    else { return }
    forwarded += 1
    line.append((Array(datagram), other))
  }

  func endReceiveBatch(socketDrops: (socket: UInt8, count: UInt32)?, at now: MonotonicTime) {}

  func nextTrain(
    into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime
  ) -> OutgoingTrain? {
    guard !line.isEmpty else { return nil }
    let (bytes, address) = line.removeFirst()
    buffer.copyBytes(from: bytes)
    return OutgoingTrain(one: bytes.count, to: address)
  }

  func wasTooLarge(_ train: OutgoingTrain, at now: MonotonicTime) {}
  var nextDeadline: MonotonicTime? { nil }
  func timeout(at now: MonotonicTime) {}
}

@Suite(.serialized, .timeLimit(.minutes(2))) struct RelayedTransferTests {
  @Test func `where nothing else is known the relay carries it`() async throws {
    let harness = try TransferHarness()
    let tokens = [1, 2].compactMap { TransferToken([UInt8](repeating: $0, count: 16)) }
    let relay = TestRelay(tokens)
    let port = try await harness.loop.perform { state in
      try state.openSocket(for: state.attach(relay)).port
    }
    let address = PathAddress(ipv4: 0x7F00_0001, port: port)
    let (source, target) = (ScratchFolder(), ScratchFolder())
    let content = patternBytes(2 << 20)
    let path = source.write(content, to: "relayed")
    let offering = try await harness.offer([path])
    let reception = try await harness.reception(.folder(target.path))
    let settled = TransferHarness.settle()
    reception.begin(
      settled.recipient, relay: RelayPlace(address: address, token: tokens[0]))
    let presentation = try await offering.accept(
      settled.presenter, relay: RelayPlace(address: address, token: tokens[1]))
    async let presented = presentation.updates.end()
    let got = await reception.updates.end()
    #expect(got.report?.path == .relay)
    #expect(await presented.report?.path == .relay)
    #expect(target.read("ann_relayed") == content)
    let forwarded = try await harness.loop.perform { _ in relay.forwarded }
    #expect(forwarded > 1_000)
  }

  @Test(arguments: [true, false])
  func `an address that is told late takes the transfer off the relay`(
    _ isToldToPresenter: Bool
  ) async throws {
    let harness = try TransferHarness()
    let tokens = [1, 2].compactMap { TransferToken([UInt8](repeating: $0, count: 16)) }
    let relay = TestRelay(tokens)
    let port = try await harness.loop.perform { state in
      try state.openSocket(for: state.attach(relay)).port
    }
    let address = PathAddress(ipv4: 0x7F00_0001, port: port)
    let (source, target) = (ScratchFolder(), ScratchFolder())
    let content = patternBytes(3 << 20)
    let path = source.write(content, to: "relayed")
    let offering = try await harness.offer([path])
    let reception = try await harness.reception(.folder(target.path))
    var settled = TransferHarness.settle()
    settled.presenter.rateLimit = 2 << 20
    reception.begin(
      settled.recipient, relay: RelayPlace(address: address, token: tokens[0]))
    let presentation = try await offering.accept(
      settled.presenter, relay: RelayPlace(address: address, token: tokens[1]))
    let late = TransferHarness.loopback(
      isToldToPresenter ? await reception.candidates() : await offering.candidates())
    async let presented = presentation.updates.end()
    var isTold = false
    let got = await reception.updates.end { progress in
      guard progress.bytesDone > 0, !isTold else { return }
      isTold = true
      #expect(progress.path == .relay)
      for candidate in late {
        if isToldToPresenter { presentation.add(candidate) } else { reception.add(candidate) }
      }
    }
    #expect(isTold)
    #expect(got.report?.path == .direct)
    #expect(await presented.report?.path == .direct)
    #expect(target.read("ann_relayed") == content)
  }

  /// Each is told where the other is, and the one that only wants the relay goes nowhere else.
  @Test(arguments: [true, false])
  func `who wants only the relay shows nobody where he is`(_ isPresenter: Bool) async throws {
    let harness = try TransferHarness()
    let tokens = [1, 2].compactMap { TransferToken([UInt8](repeating: $0, count: 16)) }
    let relay = TestRelay(tokens)
    let port = try await harness.loop.perform { state in
      try state.openSocket(for: state.attach(relay)).port
    }
    let address = PathAddress(ipv4: 0x7F00_0001, port: port)
    let (source, target) = (ScratchFolder(), ScratchFolder())
    let content = patternBytes(3 << 20)
    let path = source.write(content, to: "relayed")
    let offering = try await harness.offer([path])
    let reception = try await harness.reception(.folder(target.path))
    var settled = TransferHarness.settle()
    settled.presenter.isRelayOnly = isPresenter
    settled.recipient.isRelayOnly = !isPresenter
    settled.presenter.candidates = TransferHarness.loopback(await reception.candidates())
    settled.recipient.candidates = TransferHarness.loopback(await offering.candidates())
    // What pretends to be a relay is an address like others.
    settled.presenter.candidates += settled.presenter.candidates.map {
      Candidate(.relay, high: $0.high, low: $0.low, port: $0.port)
    }
    reception.begin(
      settled.recipient, relay: RelayPlace(address: address, token: tokens[0]))
    let presentation = try await offering.accept(
      settled.presenter, relay: RelayPlace(address: address, token: tokens[1]))
    async let presented = presentation.updates.end()
    let got = await reception.updates.end()
    #expect(got.report?.path == .relay)
    #expect(await presented.report?.path == .relay)
    #expect(target.read("ann_relayed") == content)
  }
}
