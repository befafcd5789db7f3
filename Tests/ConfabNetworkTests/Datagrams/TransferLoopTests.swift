import ConfabNetwork
import ConfabTransfer
import Primitives
import STUN
import Testing

@Suite struct TransferLoopTests {
  /// Sends back what it gets, once for each datagram.
  ///
  /// Proof: everything that changes is touched on the loop's thread only.
  private final class Echo: LoopEndpoint, @unchecked Sendable {
    private var line: [(bytes: [UInt8], to: PathAddress)] = []

    func receive(_ slot: ReceiveBatch.Slot, at now: MonotonicTime) {
      line.append((Array(slot.bytes), slot.source))
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

  /// Says something to an address at a time, and notes the answer.
  ///
  /// Proof: everything that changes is touched on the loop's thread only.
  private final class Asker: LoopEndpoint, @unchecked Sendable {
    let address: PathAddress
    private var deadline: MonotonicTime?
    private var isDue = false
    private let answer: @Sendable ([UInt8]) -> Void

    init(
      _ address: PathAddress, at deadline: MonotonicTime,
      answer: @escaping @Sendable ([UInt8]) -> Void
    ) {
      self.address = address
      self.deadline = deadline
      self.answer = answer
    }

    func receive(_ slot: ReceiveBatch.Slot, at now: MonotonicTime) { answer(Array(slot.bytes)) }
    func endReceiveBatch(socketDrops: (socket: UInt8, count: UInt32)?, at now: MonotonicTime) {}

    func nextTrain(
      into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime
    ) -> OutgoingTrain? {
      guard isDue else { return nil }
      isDue = false
      buffer.copyBytes(from: [7, 8, 9])
      return OutgoingTrain(one: 3, to: address)
    }

    func wasTooLarge(_ train: OutgoingTrain, at now: MonotonicTime) {}
    var nextDeadline: MonotonicTime? { deadline }

    func timeout(at now: MonotonicTime) {
      deadline = nil
      isDue = true
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `a deadline wakes the loop, and what is sent is answered`() async throws {
    let loop = try TransferLoop()
    defer { loop.stop() }
    let port = try await loop.perform { state in
      try state.openSocket(for: state.attach(Echo())).port
    }
    let echo = PathAddress(ipv4: 0x7F00_0001, port: port)
    let answer = await withCheckedContinuation { continuation in
      loop.post { state in
        let asker = Asker(echo, at: state.now + .milliseconds(5)) {
          continuation.resume(returning: $0)
        }
        let id = state.attach(asker)
        _ = try? state.openSocket(for: id)
      }
    }
    #expect(answer == [7, 8, 9])
  }

  @Test(.timeLimit(.minutes(1)))
  func `commands run in the order of posting, and none after the end`() async throws {
    let loop = try TransferLoop()
    let collected = try await loop.perform { _ in Collected() }
    for number in 0..<1_000 { loop.post { _ in collected.numbers.append(number) } }
    let numbers = try await loop.perform { _ in collected.numbers }
    #expect(numbers == Array(0..<1_000))
    loop.stop()
    #expect(!loop.post { _ in collected.numbers.append(-1) })
    await #expect(throws: CancellationError.self) { try await loop.perform { _ in } }
  }

  /// Proof: touched on the loop's thread only.
  private final class Collected: @unchecked Sendable {
    var numbers: [Int] = []
  }
}

@Suite struct RendezvousTests {
  private let server = PathAddress(ipv4: 0x7F00_0001, port: 4_747)
  private let start = MonotonicTime(nanoseconds: 1_000_000_000)

  @Test func `the server's answer tells our address`() throws {
    var random = SeededRandom(seed: 3)
    var query = ReflexiveQuery(server, at: start, using: &random)
    let asked = query.nextDatagram(at: start)
    let request = try #require(asked)
    let again = query.nextDatagram(at: start)
    #expect(again == nil)
    let seen = try #require(MappedAddress(address: [203, 0, 113, 9], port: 5_000))
    let answer = try #require(BindingResponder.answer(to: request, from: seen))
    query.receive(Array(answer.dropLast()), from: server)
    #expect(query.answer == nil)
    query.receive(answer, from: server)
    #expect(query.answer == .seen(PathAddress(ipv4: 0xCB00_7109, port: 5_000)))
    #expect(query.nextDeadline == nil)
  }

  @Test func `an answer to somebody else is none`() throws {
    var random = SeededRandom(seed: 3)
    var query = ReflexiveQuery(server, at: start, using: &random)
    var other = ReflexiveQuery(server, at: start, using: &random)
    _ = query.nextDatagram(at: start)
    let asked = other.nextDatagram(at: start)
    let request = try #require(asked)
    let seen = try #require(MappedAddress(address: [203, 0, 113, 9], port: 5_000))
    query.receive(try #require(BindingResponder.answer(to: request, from: seen)), from: server)
    #expect(query.answer == nil)
  }

  @Test func `a server that is silent is asked some times`() {
    var random = SeededRandom(seed: 3)
    var query = ReflexiveQuery(server, at: start, using: &random)
    var asked = 0
    while let deadline = query.nextDeadline {
      if query.nextDatagram(at: deadline) != nil { asked += 1 }
    }
    #expect(asked == 4)
    #expect(query.answer == .silence)
  }

  @Test func `a place at the relay is asked for, kept, and given up`() throws {
    let token = try #require(TransferToken([UInt8](repeating: 5, count: 16)))
    let other = try #require(TransferToken([UInt8](repeating: 6, count: 16)))
    let nonces = (1...3).compactMap { RelayNonce($0) }
    var random = SeededRandom(seed: 1)
    var binding = RelayBinding(server, at: start, using: &random)
    // Before there is a token: the nonce is asked for, and kept fresh.
    guard case .bind(let question, nil)? = binding.nextDatagram(at: start).flatMap(read) else {
      Issue.record("nothing was asked")
      return
    }
    #expect(!tell(&binding, .challenge(other, nonces[0])))
    #expect(binding.state == .asking)
    #expect(!tell(&binding, .challenge(question, nonces[0])))
    #expect(binding.state == .ready)
    #expect(binding.nextDatagram(at: start + .seconds(14)) == nil)
    #expect(
      binding.nextDatagram(at: start + .seconds(15))
        == RelayDatagram.bind(question, nonces[0]).encoded)
    #expect(!tell(&binding, .bound(question, nonces[1])))
    #expect(binding.state == .ready)
    // With a token it is one question and one answer.
    binding.claim(token, at: start)
    #expect(binding.nextDatagram(at: start) == RelayDatagram.bind(token, nonces[0]).encoded)
    #expect(!tell(&binding, .bound(other, nonces[1])))
    #expect(binding.state == .asking)
    #expect(!tell(&binding, .bound(token, nonces[1])))
    #expect(binding.state == .bound)
    let early = binding.nextDatagram(at: start + .seconds(14))
    #expect(early == nil)
    let renewal = binding.nextDatagram(at: start + .seconds(15))
    #expect(renewal == RelayDatagram.bind(token, nonces[1]).encoded)
    // Our address has changed meanwhile.
    #expect(!tell(&binding, .challenge(token, nonces[2])))
    #expect(binding.nextDatagram(at: start) == RelayDatagram.bind(token, nonces[2]).encoded)
    #expect(tell(&binding, .bound(token, nonces[2])))
    #expect(!tell(&binding, .refused(token, .expired)))
    #expect(binding.state == .refused(.expired))
    #expect(binding.nextDeadline == nil)
    binding.release(at: start)
    #expect(!tell(&binding, .challenge(token, nonces[0])))
    #expect(binding.state == .ready)
    var silent = RelayBinding(server, at: start, using: &random)
    while let deadline = silent.nextDeadline { _ = silent.nextDatagram(at: deadline) }
    #expect(silent.state == .silent)
  }

  private func read(_ bytes: [UInt8]) -> RelayDatagram? {
    bytes.withUnsafeBytes { RelayDatagram($0) }
  }

  private func tell(_ binding: inout RelayBinding, _ datagram: RelayDatagram) -> Bool {
    datagram.encoded.withUnsafeBytes { binding.receive($0, at: start) }
  }

  @Test func `our own addresses are those of the interfaces`() {
    let all = LocalAddresses.find(port: 9, includesLoopback: true)
    #expect(all.contains(PathAddress(ipv4: 0x7F00_0001, port: 9)))
    #expect(!LocalAddresses.find(port: 9, includesLoopback: false).contains { $0.isLoopback })
  }
}
