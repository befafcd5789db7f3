import ConfabMedia

/// Opens the bytes as what a stranger sends, and again with a tag that is right for them. Nothing may be
/// remembered of the former; the latter is taken once.
package func exerciseSRTP(_ bytes: [UInt8]) {
  for profile in SRTPProfile.allCases {
    let master = SRTPMasterKey(
      key: [UInt8](repeating: 1, count: SRTPProfile.keyBytes),
      salt: [UInt8](repeating: 2, count: profile.saltBytes))
    var receiver = SRTPReceiver<SumCipher>(profile: profile, master: master)
    _ = open(bytes, &receiver)
    _ = openControl(bytes, &receiver)
    var sender = SRTPSender<SumCipher>(profile: profile, master: master)
    if let sealed = seal(bytes, &sender) {
      precondition(open(sealed, &receiver) == bytes, "what was sealed was not opened")
      precondition(open(sealed, &receiver) == nil, "a repetition was opened")
      precondition(seal(bytes, &sender) == nil, "a number was used twice")
    }
    if let sealed = sealControl(bytes, &sender) {
      precondition(openControl(sealed, &receiver) == bytes, "what was sealed was not opened")
      precondition(openControl(sealed, &receiver) == nil, "a repetition was opened")
    }
  }
}

private func open(
  _ packet: [UInt8], _ receiver: inout SRTPReceiver<SumCipher>
) -> [UInt8]? {
  var output = packet
  let count = packet.withUnsafeBytes { sealed in
    output.withUnsafeMutableBytes { out in
      out.baseAddress.flatMap { receiver.openRTP(sealed, into: $0) }
    }
  }
  return count.map { Array(output[..<$0]) }
}

private func openControl(
  _ packet: [UInt8], _ receiver: inout SRTPReceiver<SumCipher>
) -> [UInt8]? {
  var buffer = packet
  return buffer.withUnsafeMutableBytes { receiver.openRTCP($0) }.map { Array(buffer[..<$0]) }
}

private func seal(_ packet: [UInt8], _ sender: inout SRTPSender<SumCipher>) -> [UInt8]? {
  // Where the header ends, RTP's own reader says; it refuses some padding that SRTP cannot see.
  guard let header = packet.withUnsafeBytes({ RTPHeader($0) }) else { return nil }
  var output = packet + [UInt8](repeating: 0, count: 16)
  let count = packet.withUnsafeBytes { plain in
    output.withUnsafeMutableBytes { out in
      out.baseAddress.flatMap {
        sender.sealRTP(
          at: $0, headerBytes: header.payloadStart,
          SRTPPlaintext(UnsafeRawBufferPointer(rebasing: plain[header.payloadStart...])))
      }
    }
  }
  return count.map { Array(output[..<$0]) }
}

private func sealControl(_ packet: [UInt8], _ sender: inout SRTPSender<SumCipher>) -> [UInt8]? {
  var buffer = packet + [UInt8](repeating: 0, count: sender.profile.controlOverhead)
  return buffer.withUnsafeMutableBytes { sender.sealRTCP($0, count: packet.count) }.map {
    Array(buffer[..<$0])
  }
}

/// Encrypts nothing and sums everything: fast, and no secret to anybody.
private struct SumCipher: SRTPCipher, ~Copyable {
  private let tagBytes: Int

  static func keystream(key: [UInt8], counter: [UInt8], count: Int) -> [UInt8] {
    [UInt8](repeating: 7, count: count)
  }

  init(profile: SRTPProfile, key: [UInt8], authenticationKey: [UInt8]) {
    tagBytes = profile.tagBytes
  }

  mutating func seal(
    _ plaintext: SRTPPlaintext, into output: UnsafeMutableRawPointer,
    tag: UnsafeMutableRawPointer, vector: SRTPVector, authenticating extra: SRTPAuthenticated
  ) {
    var offset = 0
    for part in [plaintext.prefix, plaintext.payload] {
      for byte in part {
        output.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
        offset += 1
      }
    }
    let sum = sum(UnsafeRawBufferPointer(start: output, count: offset), vector, extra)
    for index in 0..<tagBytes {
      tag.storeBytes(
        of: UInt8(truncatingIfNeeded: sum >> (index % 8 * 8)), toByteOffset: index, as: UInt8.self)
    }
  }

  mutating func open(
    _ ciphertext: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer,
    tag: UnsafeRawPointer, vector: SRTPVector, authenticating extra: SRTPAuthenticated
  ) -> Bool {
    let sum = sum(ciphertext, vector, extra)
    for index in 0..<tagBytes
    where tag.load(fromByteOffset: index, as: UInt8.self)
      != UInt8(truncatingIfNeeded: sum >> (index % 8 * 8))
    {
      return false
    }
    for (offset, byte) in ciphertext.enumerated() {
      output.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }
    return true
  }

  private func sum(
    _ bytes: UnsafeRawBufferPointer, _ vector: SRTPVector, _ extra: SRTPAuthenticated
  ) -> UInt64 {
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ byte: UInt8) { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    for byte in extra.header { add(byte) }
    for byte in bytes { add(byte) }
    vector.withBytes { for index in 0..<12 { add($0[index]) } }
    withUnsafeBytes(of: extra.trailer ?? 0) { for byte in $0 { add(byte) } }
    return sum
  }
}
