import ConfabMedia
import ConfabNetwork
import Primitives
import Testing

@Suite struct SRTPTests {
  static func master(_ profile: SRTPProfile, seed: UInt64 = 1) -> SRTPMasterKey {
    var random = SeededRandom(seed: seed)
    return SRTPMasterKey(
      key: .random(count: SRTPProfile.keyBytes, using: &random),
      salt: .random(count: profile.saltBytes, using: &random))
  }

  /// With one contributing source and a one-byte header extension, as browsers send them.
  static func packet(sequence: UInt16, ssrc: UInt32 = 0xDEAD_BEEF, payload: Int = 40) -> [UInt8] {
    var bytes: [UInt8] = [0x91, 0x60, UInt8(sequence >> 8), UInt8(truncatingIfNeeded: sequence)]
    bytes += [1, 2, 3, 4]
    bytes += (0..<4).map { UInt8(truncatingIfNeeded: ssrc >> UInt32(24 - 8 * $0)) }
    bytes += [9, 9, 9, 9, 0xBE, 0xDE, 0, 1, 0x10, 0x55, 0, 0]
    return bytes + (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ Int(sequence)) }
  }

  static func control(ssrc: UInt32 = 0xDEAD_BEEF) -> [UInt8] {
    [0x80, 201, 0, 1] + (0..<4).map { UInt8(truncatingIfNeeded: ssrc >> UInt32(24 - 8 * $0)) }
      + [0x81, 206, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]
  }

  static let headerBytes = 24

  @Test(arguments: SRTPProfile.allCases)
  func whatIsSealedIsOpenedAcrossRollOver(_ profile: SRTPProfile) throws {
    let sender = SealingSide(profile: profile, master: Self.master(profile))
    let receiver = OpeningSide(profile: profile, master: Self.master(profile))
    var sequence: UInt16 = 65_000
    for _ in 0..<70_000 {
      let plain = Self.packet(sequence: sequence)
      let sealed = try #require(sender.seal(plain))
      #expect(sealed.count == plain.count + profile.tagBytes)
      // One of three is lost.
      if sequence % 3 != 0 { #expect(receiver.open(sealed) == plain) }
      sequence &+= 1
    }
    let plain = Self.control()
    let sealed = try #require(sender.sealControl(plain))
    #expect(sealed.count == plain.count + profile.controlOverhead)
    #expect(receiver.openControl(sealed) == plain)
    #expect(receiver.openControl(sealed) == nil)
    #expect(receiver.counts.replayed == 1)
    #expect(receiver.counts.forged == 0)
  }

  @Test(arguments: SRTPProfile.allCases)
  func everyFlippedBitIsRefusedAndChangesNothing(_ profile: SRTPProfile) throws {
    let sender = SealingSide(profile: profile, master: Self.master(profile))
    let receiver = OpeningSide(profile: profile, master: Self.master(profile))
    let plain = Self.packet(sequence: 7)
    let sealed = try #require(sender.seal(plain))
    let control = try #require(sender.sealControl(Self.control()))
    for index in sealed.indices {
      var forged = sealed
      forged[index] ^= 0x01
      #expect(receiver.open(forged) == nil, "byte \(index)")
    }
    for index in control.indices {
      var forged = control
      forged[index] ^= 0x80
      #expect(receiver.openControl(forged) == nil, "byte \(index)")
    }
    for count in sealed.indices { #expect(receiver.open(Array(sealed[..<count])) == nil) }
    #expect(receiver.streamCount == 0)
    #expect(receiver.open(sealed) == plain)
    #expect(receiver.openControl(control) == Self.control())
  }

  @Test(arguments: SRTPProfile.allCases)
  func reorderedWithinTheWindowIsTakenOnce(_ profile: SRTPProfile) throws {
    let sender = SealingSide(profile: profile, master: Self.master(profile))
    let receiver = OpeningSide(profile: profile, master: Self.master(profile))
    var sealed: [[UInt8]] = []
    for sequence in 0..<2_000 as Range<UInt16> {
      sealed.append(try #require(sender.seal(Self.packet(sequence: sequence))))
    }
    #expect(receiver.open(sealed[0]) != nil)
    #expect(receiver.open(sealed[1_999]) != nil)
    #expect(receiver.open(sealed[1_100]) != nil)
    #expect(receiver.open(sealed[1_100]) == nil)
    #expect(receiver.open(sealed[1_999]) == nil)
    // Too old to tell.
    #expect(receiver.open(sealed[500]) == nil)
  }

  @Test func sameSequenceNumberIsNeverSealedTwice() throws {
    let sender = SealingSide(profile: .aes128GCM, master: Self.master(.aes128GCM))
    #expect(sender.seal(Self.packet(sequence: 9)) != nil)
    #expect(sender.seal(Self.packet(sequence: 9, payload: 3)) == nil)
    #expect(sender.seal(Self.packet(sequence: 9, ssrc: 4)) != nil)
  }

  @Test func forgedStreamsTakeNoRoomAndRealOnesAreBounded() throws {
    let sender = SealingSide(profile: .aes128GCM, master: Self.master(.aes128GCM))
    let stranger = SealingSide(profile: .aes128GCM, master: Self.master(.aes128GCM, seed: 2))
    let receiver = OpeningSide(profile: .aes128GCM, master: Self.master(.aes128GCM))
    for ssrc in 1...1_000 as ClosedRange<UInt32> {
      let forged = try #require(stranger.seal(Self.packet(sequence: 1, ssrc: ssrc)))
      #expect(receiver.open(forged) == nil)
    }
    #expect(receiver.streamCount == 0)
    #expect(receiver.counts.forged == 1_000)
    for ssrc in 1...100 as ClosedRange<UInt32> {
      let packet = Self.packet(sequence: 1, ssrc: ssrc)
      let sealed = try #require(sender.seal(packet))
      #expect(receiver.open(sealed) == packet)
    }
    #expect(receiver.streamCount == OpeningSide.streamsMax)
  }

  @Test func unencryptedControlIsRefused() {
    let receiver = OpeningSide(profile: .aes128GCM, master: Self.master(.aes128GCM))
    #expect(receiver.openControl(Self.control() + [UInt8](repeating: 0, count: 20)) == nil)
    #expect(receiver.counts.malformed == 1)
  }

  // MARK: - Vectors

  /// RFC 3711 appendix B.3.
  @Test func keysAreDerivedAsInTheSample() throws {
    let key = try #require([UInt8](hex: "e1f97a0d3e018be0d64fa32c06de4139"))
    let salt = try #require([UInt8](hex: "0ec675ad498afeebb6960b3aabe6"))
    func derived(_ label: UInt8, _ count: Int) -> String {
      var counter = salt + [0, 0]
      counter[7] ^= label
      return OpenSSLMediaCipher.keystream(key: key, counter: counter, count: count).hex
    }
    #expect(derived(0, 16) == "c61e7a93744f39ee10734afe3ff7a087")
    #expect(derived(2, 14) == "30cbbc08863d8c85d49db34a9ae1")
    #expect(derived(1, 20) == "cebe321f6ff7716b6fd4ab49af256a156d38baa4")
  }

  /// RFC 7714 §16.1.1.
  @Test func sampleIsSealedAsInTheStandard() throws {
    let packet = try #require(
      [UInt8](
        hex: """
          8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e697320646976697361\
          20696e207061727465732074726573
          """))
    var cipher = OpenSSLMediaCipher(
      profile: .aes128GCM, key: Array(0..<16), authenticationKey: [])
    var output = [UInt8](repeating: 0, count: packet.count + 16)
    packet.withUnsafeBytes { plain in
      output.withUnsafeMutableBytes { out in
        guard let base = out.baseAddress else { return }
        cipher.seal(
          SRTPPlaintext(UnsafeRawBufferPointer(rebasing: plain[12...])), into: base + 12,
          tag: base + packet.count,
          vector: SRTPVector(high: 0x5175_3c65_80c2_726f, low: 0x2071_8414_0000_0000),
          authenticating: SRTPAuthenticated(
            header: UnsafeRawBufferPointer(rebasing: plain[..<12]), trailer: nil))
      }
    }
    #expect(
      Array(output[12...]).hex == """
        f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833\
        899d7f27beb16a9152cf765ee4390cce
        """)
  }
}

/// A direction's sealing half, as a reference so that expectations can call it.
final class SealingSide {
  private var sender: SRTPSender<OpenSSLMediaCipher>

  init(profile: SRTPProfile, master: SRTPMasterKey) {
    sender = SRTPSender(profile: profile, master: master)
  }

  func seal(_ packet: [UInt8]) -> [UInt8]? {
    let headerBytes = SRTPTests.headerBytes
    var output = [UInt8](repeating: 0, count: packet.count + 32)
    output.replaceSubrange(0..<headerBytes, with: packet[..<headerBytes])
    // In two parts, none of which fills a block.
    let middle = headerBytes + min(3, packet.count - headerBytes)
    let count = packet.withUnsafeBytes { plain in
      output.withUnsafeMutableBytes { out -> Int? in
        guard let base = out.baseAddress else { return nil }
        return sender.sealRTP(
          at: base, headerBytes: headerBytes,
          SRTPPlaintext(
            prefix: UnsafeRawBufferPointer(rebasing: plain[headerBytes..<middle]),
            payload: UnsafeRawBufferPointer(rebasing: plain[middle...])))
      }
    }
    return count.map { Array(output[..<$0]) }
  }

  func sealControl(_ packet: [UInt8]) -> [UInt8]? {
    var buffer = packet + [UInt8](repeating: 0, count: sender.profile.controlOverhead)
    let count = buffer.withUnsafeMutableBytes { sender.sealRTCP($0, count: packet.count) }
    return count.map { Array(buffer[..<$0]) }
  }
}

/// The other half.
final class OpeningSide {
  static let streamsMax = SRTPReceiver<OpenSSLMediaCipher>.streamsMax
  private var receiver: SRTPReceiver<OpenSSLMediaCipher>

  init(profile: SRTPProfile, master: SRTPMasterKey) {
    receiver = SRTPReceiver(profile: profile, master: master)
  }

  var counts: SRTPReceiverCounts { receiver.counts }
  var streamCount: Int { receiver.streamCount }

  func open(_ packet: [UInt8]) -> [UInt8]? {
    var output = [UInt8](repeating: 0, count: packet.count)
    let count = packet.withUnsafeBytes { sealed in
      output.withUnsafeMutableBytes { out -> Int? in
        guard let base = out.baseAddress else { return nil }
        return receiver.openRTP(sealed, into: base)
      }
    }
    return count.map { Array(output[..<$0]) }
  }

  func openControl(_ packet: [UInt8]) -> [UInt8]? {
    var buffer = packet
    let count = buffer.withUnsafeMutableBytes { receiver.openRTCP($0) }
    return count.map { Array(buffer[..<$0]) }
  }
}
