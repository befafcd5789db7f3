import ConfabDomain
import ConfabHub
import Crypto
import CryptoExtras
import FoundationEssentials
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Synchronization

/// Hashes and checks passwords on threads of its own, so many at once and so many waiting: a flood of
/// sign-ins takes its own time and nobody else's.
final class PasswordHasher: Sendable {
  /// RFC 7914 parameters for new hashes: with the standard cost 32 MiB and some 80 ms each.
  static let standardCost: UInt32 = 1 << 15
  private static let blockSize: UInt32 = 8
  private static let parallelism: UInt32 = 1
  private static let saltBytes = 16
  private static let hashBytes = 32

  private let threads: NIOThreadPool
  private let waiting = Atomic<Int>(0)
  /// Stands in for the hash of a name that does not exist, so that the answer takes as long.
  private let decoy: PasswordHash
  private let cost: UInt32

  init(cost: UInt32) {
    self.cost = cost
    decoy = PasswordHash(
      salt: [UInt8](repeating: 0, count: Self.saltBytes),
      hash: [UInt8](repeating: 0, count: Self.hashBytes),
      cost: cost, blockSize: Self.blockSize, parallelism: Self.parallelism)
    threads = NIOThreadPool(numberOfThreads: max(1, System.coreCount / 2))
    threads.start()
  }

  func stop() async throws {
    try await threads.shutdownGracefully()
  }

  func hash(_ password: Secret, then answer: @escaping @Sendable (PasswordHash?) -> Void) {
    let accepted = submit { [cost] in
      var random = SystemRandomNumberGenerator()
      let salt = (0..<Self.saltBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
      var made = PasswordHash(
        salt: salt, hash: [], cost: cost, blockSize: Self.blockSize,
        parallelism: Self.parallelism)
      guard let hash = Self.derive(password, made, byteCount: Self.hashBytes) else {
        return answer(nil)
      }
      made.hash = hash
      answer(made)
    }
    if !accepted { answer(nil) }
  }

  func check(_ check: PasswordCheck, then answer: @escaping @Sendable (PasswordVerdict) -> Void) {
    let accepted = submit { [decoy] in
      if let proof = check.proof, !Self.isGood(proof) { return answer(.proofWrong) }
      let expected = check.hash ?? decoy
      let hash = Self.derive(check.password, expected, byteCount: expected.hash.count)
      let isRight = hash.map { Self.isEqual($0, expected.hash) } ?? false
      answer(isRight && check.hash != nil ? .right : .wrong)
    }
    if !accepted { answer(.busy) }
  }

  private func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
    let waits = waiting.wrappingAdd(1, ordering: .relaxed).newValue
    guard waits <= ServerLimits.waitingPasswordsMax else {
      waiting.wrappingSubtract(1, ordering: .relaxed)
      return false
    }
    threads.submit { [self] _ in
      waiting.wrappingSubtract(1, ordering: .relaxed)
      work()
    }
    return true
  }

  private static func derive(
    _ password: Secret, _ parameters: PasswordHash, byteCount: Int
  ) -> [UInt8]? {
    let key = try? KDF.Scrypt.deriveKey(
      from: password.bytes, salt: parameters.salt, outputByteCount: byteCount,
      rounds: Int(parameters.cost), blockSize: Int(parameters.blockSize),
      parallelism: Int(parameters.parallelism))
    return key?.withUnsafeBytes { Array($0) }
  }

  /// Whether the device that claims the attempt holds its key (RFC 8032).
  private static func isGood(_ proof: DeviceProof) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: proof.identity) else {
      return false
    }
    return key.isValidSignature(proof.signature, for: proof.message)
  }

  /// Takes the same time wherever the two differ.
  private static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
