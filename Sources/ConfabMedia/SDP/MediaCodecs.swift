/// How a track's packets are to be read and forwarded.
package enum CodecKind: UInt8, Hashable, Sendable {
  case opus
  case vp8
  case h264

  package var clockRate: UInt32 { self == .opus ? 48_000 : 90_000 }
}

/// What we take from an offer, and the numbers under which we send.
enum MediaCodecs {
  /// To encoders: repair single losses within the stream, and send next to nothing in silence.
  static let opusParameters = "minptime=10;useinbandfec=1;usedtx=1"
  /// Constrained baseline at level 3.1: what all browsers decode.
  static let h264Parameters =
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
  static let audioFeedback = ["transport-cc"]
  static let videoFeedback = ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"]

  static let audioExtensions: [HeaderExtensionKind] = [.mid, .audioLevel, .transportSequence]
  static let videoExtensions: [HeaderExtensionKind] = [
    .mid, .rid, .repairedRid, .transportSequence, .videoOrientation,
  ]

  static func extensions(of kind: MediaKind) -> [HeaderExtensionKind] {
    kind == .audio ? audioExtensions : videoExtensions
  }

  /// Our payload types towards viewers.
  enum PayloadType {
    static let opus: UInt8 = 111
    static let vp8: UInt8 = 96
    static let vp8Repair: UInt8 = 97
    static let h264: UInt8 = 102
    static let h264Repair: UInt8 = 103
  }

  static func payloadType(of codec: CodecKind) -> UInt8 {
    switch codec {
    case .opus: PayloadType.opus
    case .vp8: PayloadType.vp8
    case .h264: PayloadType.h264
    }
  }

  /// Nil for sound, which is not sent again.
  static func repairPayloadType(of codec: CodecKind) -> UInt8? {
    switch codec {
    case .opus: nil
    case .vp8: PayloadType.vp8Repair
    case .h264: PayloadType.h264Repair
    }
  }

  /// Our numbers towards viewers; no browser has others for these.
  static let offeredNumbers: [(HeaderExtensionKind, Int)] = [
    (.audioLevel, 1), (.transportSequence, 3), (.mid, 4), (.videoOrientation, 13),
  ]

  static func offered(_ kind: MediaKind) -> [Codec] {
    switch kind {
    case .audio:
      var opus = Codec(payloadType: PayloadType.opus, name: "opus", clockRate: 48_000)
      opus.channels = 2
      opus.parameters = opusParameters
      opus.feedback = audioFeedback
      return [opus]
    case .video:
      var vp8 = Codec(payloadType: PayloadType.vp8, name: "VP8", clockRate: 90_000)
      vp8.feedback = videoFeedback
      var h264 = Codec(payloadType: PayloadType.h264, name: "H264", clockRate: 90_000)
      h264.parameters = h264Parameters
      h264.feedback = videoFeedback
      return [
        vp8, repair(PayloadType.vp8Repair, of: vp8), h264, repair(PayloadType.h264Repair, of: h264),
      ]
    }
  }

  private static func repair(_ payloadType: UInt8, of codec: Codec) -> Codec {
    var repair = Codec(payloadType: payloadType, name: "rtx", clockRate: codec.clockRate)
    repair.parameters = "apt=\(codec.payloadType)"
    return repair
  }

  /// The best of what a publisher offers: VP8, because all browsers send it in layers; then H.264 in
  /// the form that all browsers decode.
  static func choose(_ section: MediaSection) -> (CodecKind, Codec)? {
    let offered = section.codecs.filter { section.formats.contains(String($0.payloadType)) }
    switch section.kind {
    case .audio:
      return offered.first { $0.isNamed("opus") && $0.clockRate == 48_000 }.map { (.opus, $0) }
    case .video:
      if let vp8 = offered.first(where: { $0.isNamed("VP8") }) { return (.vp8, vp8) }
      return offered.first { $0.isNamed("H264") && isBaseline($0) }.map { (.h264, $0) }
    case nil: return nil
    }
  }

  private static func isBaseline(_ codec: Codec) -> Bool {
    let profile = codec.parameter("profile-level-id")?.lowercased() ?? "420010"
    return profile.hasPrefix("42") && codec.parameter("packetization-mode") == "1"
  }
}
