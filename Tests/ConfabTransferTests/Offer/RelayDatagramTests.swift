import ConfabTransfer
import Primitives
import Testing

@Suite struct RelayDatagramTests {
  private static let all: [RelayDatagram] = [
    .bind(Example.token(1), nil), .bind(Example.token(1), Example.nonce(1)),
    .bound(Example.token(2), Example.nonce(2)), .challenge(Example.token(3), Example.nonce(.max)),
    .refused(Example.token(4), .tokenUnknown), .refused(Example.token(4), .expired),
    .refused(Example.token(4), .quotaUsedUp), .refused(Example.token(4), .busy),
    .refused(Example.token(4), .other(0xFFFF)),
  ]

  @Test func allArriveAsTheyWere() {
    for datagram in Self.all {
      #expect(read(datagram.encoded) == datagram)
      #expect(datagram.encoded.count == RelayDatagram.byteCount)
      #expect(RelayDatagram.firstBytes.contains(datagram.encoded[0]))
    }
    #expect(!RelayDatagram.firstBytes.overlaps(RelayDatagram.forwardedFirstBytes))
  }

  /// A changed bit makes it none, or visibly another: nothing protects them but the token.
  @Test func whatIsChangedIsNotTheSame() {
    for datagram in Self.all {
      for changed in datagram.encoded.bitFlips {
        if let other = read(changed) {
          #expect(other != datagram)
          #expect(other.encoded == changed)
        }
      }
      for short in datagram.encoded.prefixes { #expect(read(short) == nil) }
      #expect(read(datagram.encoded + [0]) == nil)
    }
  }

  @Test func otherKindsAndVersionsAreNone() {
    var bytes = RelayDatagram.bind(Example.token(1), nil).encoded
    for kind in UInt8.min...UInt8.max where !(0x70...0x73).contains(kind) {
      bytes[0] = kind
      #expect(read(bytes) == nil)
    }
    bytes[0] = 0x70
    bytes[1] = 2
    #expect(read(bytes) == nil)
    #expect(RelayNonce(0) == nil)
    #expect(TransferToken([UInt8](repeating: 0, count: 15)) == nil)
    #expect(TransferToken([UInt8](repeating: 0, count: 17)) == nil)
  }

  /// An answer without a nonce would be none, and a refusal has nothing to prove.
  @Test func noncesAreWhereTheyBelong() {
    var bytes = RelayDatagram.bind(Example.token(1), nil).encoded
    for kind in UInt8(0x71)...0x73 {
      bytes[0] = kind
      #expect(read(bytes) == nil)
    }
    bytes = RelayDatagram.bound(Example.token(1), Example.nonce(1)).encoded
    bytes[0] = 0x72
    bytes[3] = 1
    #expect(read(bytes) == nil)
  }

  private func read(_ bytes: [UInt8]) -> RelayDatagram? {
    bytes.withUnsafeBytes { RelayDatagram($0) }
  }
}
