/// The offer for a subscribing transport: a fixed pool of sections, each with an SSRC that stays, so that
/// who speaks and who is seen changes without a new description.
struct SubscribeOffer {
  var local: LocalTransport
  var session: (id: UInt64, version: UInt64)
  /// The canonical name of all our streams towards this viewer.
  var canonicalName: String
  /// In the order of the sections: those of sound, then those of video.
  var slots: [OfferedSlot]

  var sdp: String {
    var writer = SDPWriter()
    writer.session(id: session.id, version: session.version, bundle: slots.map { $0.slot.mid })
    for slot in slots { write(slot, into: &writer) }
    return writer.text
  }

  private func write(_ offered: OfferedSlot, into writer: inout SDPWriter) {
    let kind = offered.slot.kind
    let codecs = MediaCodecs.offered(kind)
    writer.section(
      kind == .audio ? "audio" : "video", proto: "UDP/TLS/RTP/SAVPF",
      formats: codecs.map { String($0.payloadType) })
    writer.line("a=mid:\(offered.slot.mid)")
    writer.transport(local, setup: .actpass)
    writer.line("a=sendonly")
    writer.line("a=rtcp-mux")
    writer.line("a=rtcp-rsize")
    // A stream of its own for each section: what is in them has nothing to do with each other.
    writer.line("a=msid:\(offered.slot.mid) \(offered.slot.mid)")
    for codec in codecs { writer.codec(codec) }
    let kinds = MediaCodecs.extensions(of: kind)
    writer.extensions(
      MediaCodecs.offeredNumbers.filter { kinds.contains($0.0) }
        .map { ExtensionMapping(number: $0.1, uri: $0.0.uri) })
    if let repair = offered.repairSSRC {
      writer.line("a=ssrc-group:FID \(offered.ssrc) \(repair)")
    }
    for ssrc in [offered.ssrc, offered.repairSSRC].compactMap(\.self) {
      writer.line("a=ssrc:\(ssrc) cname:\(canonicalName)")
      writer.line("a=ssrc:\(ssrc) msid:\(offered.slot.mid) \(offered.slot.mid)")
    }
  }
}

struct OfferedSlot {
  var slot: MediaSlot
  var ssrc: UInt32
  var repairSSRC: UInt32?
}

/// What a viewer's answer took of our offer.
struct SubscribeAnswer {
  var remote: RemoteTransport
  var numbers: HeaderExtensionNumbers
  /// For each section of the offer: the codecs that it may carry; none when it was refused.
  var codecs: [[CodecKind]]
  /// For each section: whether lost packets may be sent again as a stream of their own.
  var isRepaired: [Bool]

  init(_ text: String, to slots: [OfferedSlot]) throws(NegotiationError) {
    let answer = try SDPParser.parse(text)
    guard answer.sections.count == slots.count else {
      throw .mismatched("\(slots.count) sections were offered, \(answer.sections.count) answered")
    }
    for (section, offered) in zip(answer.sections, slots)
    where section.kind != offered.slot.kind || section.mid ?? offered.slot.mid != offered.slot.mid {
      throw .mismatched("the answer to \(offered.slot.mid) is another section")
    }
    guard let first = answer.sections.first(where: { $0.port != 0 }) else {
      throw .mismatched("every section was refused")
    }
    remote = try RemoteTransport(answer, section: first, asOfferer: false)
    numbers = HeaderExtensionNumbers()
    codecs = []
    isRepaired = []
    for section in answer.sections {
      let isTaken = section.port != 0 && section.direction.receives
      let taken = isTaken ? section.codecs.map(\.payloadType) : []
      codecs.append(
        [CodecKind.opus, .vp8, .h264].filter { taken.contains(MediaCodecs.payloadType(of: $0)) })
      isRepaired.append(
        [MediaCodecs.PayloadType.vp8Repair, MediaCodecs.PayloadType.h264Repair]
          .contains { taken.contains($0) })
      for (kind, number) in MediaCodecs.offeredNumbers
      where section.extensions.contains(where: { $0.number == number && $0.uri == kind.uri }) {
        numbers.set(kind, to: UInt8(number))
      }
    }
  }
}
