/// Opens what comes from one participant. Nothing changes until a packet has proved to be his.
package struct SRTPReceiver<Cipher: SRTPCipher & ~Copyable>: ~Copyable {
  /// SSRCs remembered at once. A participant with a camera in three layers, a screen, a microphone
  /// and retransmissions has nine.
  package static var streamsMax: Int { 64 }

  package let profile: SRTPProfile
  private var cipher: Cipher
  private var controlCipher: Cipher
  private let salt: SRTPSalt
  private let controlSalt: SRTPSalt
  private var streams = StreamTable(countMax: Self.streamsMax, overflow: .forgetOldest)
  private var controlStreams = StreamTable(countMax: Self.streamsMax, overflow: .forgetOldest)
  package private(set) var counts = SRTPReceiverCounts()

  package init(profile: SRTPProfile, master: SRTPMasterKey) {
    let keys = SessionKeys<Cipher>(profile: profile, master: master)
    self.profile = profile
    cipher = keys.makeCipher()
    controlCipher = keys.makeControlCipher()
    salt = keys.salt
    controlSalt = keys.controlSalt
  }

  /// - Parameter output: where the packet's header and its opened payload go: the packet's own place,
  ///   or as much room elsewhere.
  /// - Returns: the size of the RTP packet; nil for one that is broken, forged or a repetition.
  package mutating func openRTP(
    _ packet: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer
  ) -> Int? {
    guard let headerBytes = RTPBounds.headerBytes(packet), let base = packet.baseAddress,
      packet.count >= headerBytes + profile.tagBytes
    else {
      counts.malformed += 1
      return nil
    }
    let ssrc = RTPBounds.ssrc(packet)
    guard let index = streams.index(of: ssrc, sequence: RTPBounds.sequence(packet)) else {
      counts.replayed += 1
      return nil
    }
    let payload = UnsafeRawBufferPointer(
      rebasing: packet[headerBytes..<(packet.count - profile.tagBytes)])
    let isAuthentic = cipher.open(
      payload, into: output + headerBytes, tag: base + (packet.count - profile.tagBytes),
      vector: salt.vector(ssrc: ssrc, index: index),
      authenticating: SRTPAuthenticated(
        header: UnsafeRawBufferPointer(rebasing: packet[..<headerBytes]),
        trailer: profile.rolloverTrailer(index: index)))
    guard isAuthentic, streams.insert(index, of: ssrc) else {
      counts.forged += 1
      return nil
    }
    if output != UnsafeMutableRawPointer(mutating: base) {
      output.copyMemory(from: base, byteCount: headerBytes)
    }
    return headerBytes + payload.count
  }

  /// Opens an RTCP packet in place.
  ///
  /// - Returns: its size; nil for one that is broken, forged, a repetition or not encrypted.
  package mutating func openRTCP(_ packet: UnsafeMutableRawBufferPointer) -> Int? {
    guard packet.count >= RTPBounds.controlHeaderBytes + profile.controlOverhead,
      let base = packet.baseAddress
    else {
      counts.malformed += 1
      return nil
    }
    let isGCM = profile == .aes128GCM
    let count = packet.count - profile.controlOverhead
    let wordOffset = isGCM ? packet.count - 4 : count
    let word = UInt32(bigEndian: base.loadUnaligned(fromByteOffset: wordOffset, as: UInt32.self))
    guard word & RTPBounds.encryptedFlag != 0 else {
      counts.malformed += 1
      return nil
    }
    let index = UInt64(word & ~RTPBounds.encryptedFlag)
    let header = UnsafeRawBufferPointer(start: base, count: RTPBounds.controlHeaderBytes)
    let ssrc = RTPBounds.controlSSRC(header)
    guard controlStreams.isNew(index, of: ssrc) else {
      counts.replayed += 1
      return nil
    }
    let body = base + RTPBounds.controlHeaderBytes
    let isAuthentic = controlCipher.open(
      UnsafeRawBufferPointer(start: body, count: count - RTPBounds.controlHeaderBytes), into: body,
      tag: base + (isGCM ? count : count + 4), vector: controlSalt.vector(ssrc: ssrc, index: index),
      authenticating: SRTPAuthenticated(header: header, trailer: word))
    guard isAuthentic, controlStreams.insert(index, of: ssrc) else {
      counts.forged += 1
      return nil
    }
    return count
  }

  /// What was refused since this was asked last.
  package mutating func takeCounts() -> SRTPReceiverCounts {
    defer { counts = SRTPReceiverCounts() }
    return counts
  }

  /// How many SSRCs are remembered.
  package var streamCount: Int { streams.count + controlStreams.count }
}

/// Why packets were dropped.
package struct SRTPReceiverCounts: Hashable, Sendable {
  package var malformed = 0
  package var replayed = 0
  package var forged = 0

  package init() {}
}
