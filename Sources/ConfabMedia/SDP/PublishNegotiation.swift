/// What a publisher's offer and our answer agreed on.
struct PublishNegotiation {
  var answer: String
  var remote: RemoteTransport
  var tracks: [NegotiatedTrack]
  var numbers: HeaderExtensionNumbers
}

/// A section of a publishing transport from which media come.
struct NegotiatedTrack: Hashable {
  var mid: String
  var kind: MediaKind
  var codec: CodecKind
  var payloadType: UInt8
  var repairPayloadType: UInt8?
  /// In the offer's order; empty when the track has one layer without a name.
  var rids: [String]
  /// How a stream without any identifying extension is recognised.
  var declared: RepairPair?
  var declaredSSRC: UInt32?
  var isNackUsed: Bool
}

extension PublishNegotiation {
  /// - Parameters:
  ///   - session: the number and version of our description's origin.
  ///   - tracksMax: sections beyond these are rejected.
  init(
    offer text: String, local: LocalTransport, session: (id: UInt64, version: UInt64),
    tracksMax: Int
  ) throws(NegotiationError) {
    let offer = try SDPParser.parse(text)
    try Self.checkMids(offer)
    var usable = offer.sections.map { Self.isUsable($0, in: offer) }
    guard let first = usable.firstIndex(of: true) else {
      throw .unsupported("no section with Opus, VP8 or H.264 over DTLS-SRTP")
    }
    var sending = 0
    for index in usable.indices where usable[index] && offer.sections[index].direction.sends {
      sending += 1
      if sending > tracksMax { usable[index] = false }
    }
    remote = try RemoteTransport(offer, section: offer.sections[first], asOfferer: true)
    numbers = HeaderExtensionNumbers(agreeing: offer.sections)
    tracks = []
    var writer = SDPWriter()
    let used = offer.sections.indices.filter { usable[$0] }
    writer.session(
      id: session.id, version: session.version,
      bundle: used.compactMap { offer.sections[$0].mid })
    for (index, section) in offer.sections.enumerated() {
      guard usable[index], let (kind, codec) = MediaCodecs.choose(section),
        let mid = section.mid, let mediaKind = section.kind
      else {
        writer.rejected(section)
        continue
      }
      let track = NegotiatedTrack(section, mid: mid, kind: mediaKind, codec: kind, chosen: codec)
      Self.answer(section, track, codec, numbers, local: local, into: &writer)
      if section.direction.sends { tracks.append(track) }
    }
    answer = writer.text
  }

  /// Sections are found by their mids, in packets too.
  private static func checkMids(_ offer: SessionDescription) throws(NegotiationError) {
    var seen: [String] = []
    for section in offer.sections where section.port != 0 || section.kind != nil {
      guard let mid = section.mid else { throw .malformed("a section has no a=mid") }
      guard !seen.contains(mid) else { throw .malformed("two sections are called \(mid)") }
      seen.append(mid)
    }
  }

  private static func isUsable(_ section: MediaSection, in offer: SessionDescription) -> Bool {
    // Sections that wait for the bundle's first one have port 0 too (`a=bundle-only`), and are used.
    guard let mid = section.mid, offer.bundle.contains(mid) || offer.sections.count == 1 else {
      return false
    }
    return section.proto.hasSuffix("TLS/RTP/SAVPF") && section.isRTCPMultiplexed
      && MediaCodecs.choose(section) != nil
  }

  private static func answer(
    _ section: MediaSection, _ track: NegotiatedTrack, _ codec: Codec,
    _ numbers: HeaderExtensionNumbers, local: LocalTransport, into writer: inout SDPWriter
  ) {
    let repair = track.repairPayloadType.flatMap { type in
      section.codecs.first { $0.payloadType == type }
    }
    writer.section(
      section.media, proto: section.proto,
      formats: [codec, repair].compactMap { $0.map { String($0.payloadType) } })
    writer.line("a=mid:\(track.mid)")
    writer.transport(local, setup: .passive)
    writer.line("a=\(section.direction.sends ? "recvonly" : "inactive")")
    writer.line("a=rtcp-mux")
    if section.isRTCPReducedSize { writer.line("a=rtcp-rsize") }
    writer.codec(accepted(codec, track.kind, in: section))
    if let repair {
      var plain = Codec(
        payloadType: repair.payloadType, name: "rtx", clockRate: repair.clockRate)
      plain.parameters = "apt=\(codec.payloadType)"
      writer.codec(plain)
    }
    writer.extensions(
      MediaCodecs.extensions(of: track.kind).compactMap { kind in
        guard let number = numbers.number(of: kind),
          section.extensions.contains(where: { $0.number == Int(number) && $0.uri == kind.uri })
        else { return nil }
        return ExtensionMapping(number: Int(number), uri: kind.uri)
      })
    for rid in track.rids { writer.line("a=rid:\(rid) recv") }
    if !track.rids.isEmpty {
      writer.line("a=simulcast:recv " + track.rids.joined(separator: ";"))
    }
  }

  /// With the feedback that was offered and that we understand, and what we ask of the encoder.
  private static func accepted(
    _ codec: Codec, _ kind: MediaKind, in section: MediaSection
  ) -> Codec {
    var answer = Codec(
      payloadType: codec.payloadType, name: codec.name, clockRate: codec.clockRate)
    answer.channels = codec.channels
    answer.parameters = kind == .audio ? MediaCodecs.opusParameters : codec.parameters
    let known = kind == .audio ? MediaCodecs.audioFeedback : MediaCodecs.videoFeedback
    answer.feedback = known.filter { section.has($0, for: codec) }
    return answer
  }
}

extension NegotiatedTrack {
  fileprivate init(
    _ section: MediaSection, mid: String, kind: MediaKind, codec: CodecKind, chosen: Codec
  ) {
    self.mid = mid
    self.kind = kind
    self.codec = codec
    payloadType = chosen.payloadType
    repairPayloadType = section.repair(of: chosen.payloadType)?.payloadType
    let sent = section.simulcastRids.filter { section.sentRids.contains($0) }
    rids = kind == .video ? Array(sent.uniqued().prefix(SDPLimits.layersMax)) : []
    declared = section.repairPairs.first
    declaredSSRC = section.repairPairs.first?.media ?? section.ssrcs.first
    isNackUsed = section.has("nack", for: chosen)
  }
}

extension RemoteTransport {
  /// - Parameter asOfferer: an offer must leave the first step of DTLS to its author, because we never
  ///   take it; an answer must take it.
  init(
    _ description: SessionDescription, section: MediaSection, asOfferer: Bool
  ) throws(NegotiationError) {
    let transport = description.transport(of: section)
    guard let fragment = transport.iceUsernameFragment, let password = transport.icePassword,
      fragment.utf8.count >= 4, password.utf8.count >= 22
    else { throw .unsupported("no a=ice-ufrag of 4 or a=ice-pwd of 22 characters") }
    guard let fingerprint = transport.fingerprint else {
      throw .unsupported("no SHA-256 a=fingerprint")
    }
    let setup = transport.setup ?? (asOfferer ? .actpass : .active)
    guard setup == .active || (asOfferer && setup == .actpass) else {
      throw .unsupported("a=setup:\(setup.rawValue): the server is the one that waits")
    }
    self.init(
      iceUsernameFragment: fragment, icePassword: password, fingerprint: fingerprint)
  }
}

extension HeaderExtensionNumbers {
  /// The offerer's numbers, which hold for all sections of the bundle. Where sections contradict each
  /// other, the first one counts.
  init(agreeing sections: [MediaSection]) {
    self.init()
    for section in sections {
      guard let media = section.kind else { continue }
      for mapping in section.extensions {
        guard let kind = HeaderExtensionKind(uri: mapping.uri),
          MediaCodecs.extensions(of: media).contains(kind),
          let number = UInt8(exactly: mapping.number), number >= 1,
          number <= Self.numberMax, self[number] == nil, self.number(of: kind) == nil
        else { continue }
        set(kind, to: number)
      }
    }
  }
}

extension Array where Element: Hashable {
  /// The first of each of equals; for lists of a few.
  fileprivate func uniqued() -> [Element] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
