import Primitives
import STUN
import Testing

/// The sample messages of RFC 5769.
@Suite struct VectorTests {
  private static let transaction: [UInt8] = [
    0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
  ]

  /// §2.1
  private static let request =
    [UInt8](
      hex: """
        000100582112a442b7e7a701bc34d686fa87dfae80220010\
        5354554e207465737420636c69656e74\
        002400046e0001ff80290008932ff9b151263b36\
        00060009\
        6576746a3a683676592020200008\
        00149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf
        """) ?? []

  /// §2.2
  private static let responseIPv4 =
    [UInt8](
      hex: """
        0101003c2112a442b7e7a701bc34d686fa87dfae8022000b\
        7465737420766563746f7220\
        002000080001a147e112a643\
        000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7\
        80280004c07d4c96
        """) ?? []

  /// §2.3
  private static let responseIPv6 =
    [UInt8](
      hex: """
        010100482112a442b7e7a701bc34d686fa87dfae8022000b\
        7465737420766563746f7220\
        002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9\
        00080014a382954e4be67bf11784c97c8292c275bfe3ed41\
        80280004c8fb0b4c
        """) ?? []

  @Test func sampleRequestIsRead() throws {
    let message = try #require(STUNMessage(Self.request))
    #expect(message.messageClass == .request)
    #expect(message.method == STUNMessage.binding)
    #expect(message.transaction == Self.transaction)
    #expect(message.value(of: AttributeType.username) == Array("evtj:h6vY".utf8))
    #expect(message.value(of: AttributeType.priority) == [0x6e, 0x00, 0x01, 0xff])
  }

  @Test func sampleResponsesTellTheAddress() throws {
    let four = try #require(STUNMessage(Self.responseIPv4))
    #expect(four.messageClass == .success)
    let value = try #require(four.value(of: AttributeType.xorMappedAddress))
    #expect(
      MappedAddress(xored: value, transaction: Self.transaction)
        == MappedAddress(address: [192, 0, 2, 1], port: 32853))
    let six = try #require(STUNMessage(Self.responseIPv6))
    let value6 = try #require(six.value(of: AttributeType.xorMappedAddress))
    #expect(
      MappedAddress(xored: value6, transaction: Self.transaction)
        == MappedAddress(
          address: [
            0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
            0x77,
          ], port: 32853))
  }

  private static let password = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)

  @Test(arguments: [request, responseIPv4, responseIPv6])
  func sampleCodesAreTheirPasswords(_ sample: [UInt8]) {
    #expect(IntegrityKey(password: Self.password).authenticates(sample))
    #expect(!IntegrityKey(password: Self.password.dropLast()).authenticates(sample))
    let end = sample.count - 8
    for index in 4..<end {
      var broken = sample
      broken[index] ^= 1
      #expect(!IntegrityKey(password: Self.password).authenticates(broken), "byte \(index)")
    }
  }

  @Test func whatIsProvedAndFingerprintedIsRead() throws {
    let key = IntegrityKey(password: Self.password)
    let bytes = STUNMessage(
      .success, transaction: Self.transaction,
      attributes: [.init(type: AttributeType.username, value: Array("a:b".utf8))]
    ).encoded(integrity: key, fingerprint: true)
    let message = try #require(STUNMessage(bytes))
    #expect(message.value(of: AttributeType.fingerprint) != nil)
    #expect(key.authenticates(bytes))
    #expect(!key.authenticates(STUNMessage(.success, transaction: Self.transaction).encoded()))
  }

  @Test func whatStandsBehindTheCodeCountsForNothing() throws {
    let key = IntegrityKey(password: Self.password)
    var bytes = STUNMessage(.request, transaction: Self.transaction).encoded(integrity: key)
    bytes += [0x00, 0x25, 0x00, 0x00]
    bytes[3] += 4
    let message = try #require(STUNMessage(bytes))
    #expect(message.value(of: AttributeType.useCandidate) == nil)
    #expect(key.authenticates(bytes))
  }

  @Test func xoringIsItsOwnInverse() throws {
    let address = try #require(MappedAddress(address: [192, 0, 2, 1], port: 32853))
    #expect(
      address.xored(transaction: Self.transaction)
        == [0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43])
  }

  @Test func everyFlippedBitOfAFingerprintedMessageIsRefused() {
    // Changing the fingerprint's own type makes another message, which has none.
    let typeIndexes = (Self.request.count - 8)..<(Self.request.count - 6)
    for index in Self.request.indices where !typeIndexes.contains(index) {
      var broken = Self.request
      broken[index] ^= 1
      // A wrong length shows by itself, anything else by the fingerprint.
      #expect(STUNMessage(broken) == nil, "byte \(index)")
    }
  }

  @Test func everyPrefixIsRefused() {
    for count in Self.request.indices { #expect(STUNMessage(Array(Self.request[..<count])) == nil) }
  }
}
