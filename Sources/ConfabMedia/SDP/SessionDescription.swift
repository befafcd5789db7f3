/// What we need to know of a session description (RFC 8866, and JSEP's profile of it, RFC 9429).
package struct SessionDescription: Hashable, Sendable {
  /// The mids of `a=group:BUNDLE`.
  package var bundle: [String] = []
  /// What stands before the first section holds for all of them.
  package var transport = TransportAttributes()
  package var sections: [MediaSection] = []

  package init() {}

  /// A section's own attributes, else the session's.
  package func transport(of section: MediaSection) -> TransportAttributes {
    TransportAttributes(
      iceUsernameFragment: section.transport.iceUsernameFragment ?? transport.iceUsernameFragment,
      icePassword: section.transport.icePassword ?? transport.icePassword,
      fingerprint: section.transport.fingerprint ?? transport.fingerprint,
      setup: section.transport.setup ?? transport.setup)
  }
}

package struct TransportAttributes: Hashable, Sendable {
  package var iceUsernameFragment: String?
  package var icePassword: String?
  /// SHA-256; others are not looked at.
  package var fingerprint: [UInt8]?
  package var setup: SetupRole?

  package init(
    iceUsernameFragment: String? = nil, icePassword: String? = nil, fingerprint: [UInt8]? = nil,
    setup: SetupRole? = nil
  ) {
    self.iceUsernameFragment = iceUsernameFragment
    self.icePassword = icePassword
    self.fingerprint = fingerprint
    self.setup = setup
  }
}

/// Who begins the DTLS handshake (RFC 8842).
package enum SetupRole: String, Hashable, Sendable {
  case active
  case passive
  case actpass
}

package enum MediaDirection: String, Hashable, Sendable {
  case sendrecv
  case sendonly
  case recvonly
  case inactive

  package var sends: Bool { self == .sendrecv || self == .sendonly }
  package var receives: Bool { self == .sendrecv || self == .recvonly }
}

/// An `m=` line and what belongs to it.
package struct MediaSection: Hashable, Sendable {
  /// `audio`, `video`, `application`…
  package var media: String
  /// 0 when it is rejected, or not used any more.
  package var port: Int
  package var proto: String
  package var formats: [String]
  package var mid: String?
  package var direction = MediaDirection.sendrecv
  package var transport = TransportAttributes()
  package var isRTCPMultiplexed = false
  package var isRTCPReducedSize = false
  package var codecs: [Codec] = []
  /// Of `a=rtcp-fb:*`.
  package var feedbackOfAll: [String] = []
  package var extensions: [ExtensionMapping] = []
  /// The restriction identifiers that the sender of the description sends.
  package var sentRids: [String] = []
  /// Those of `a=simulcast:send`, in its order, the first of each set of alternatives.
  package var simulcastRids: [String] = []
  /// In the order of the lines.
  package var ssrcs: [UInt32] = []
  /// Media and repair streams of `a=ssrc-group:FID`.
  package var repairPairs: [RepairPair] = []

  package init(media: String, port: Int, proto: String, formats: [String]) {
    self.media = media
    self.port = port
    self.proto = proto
    self.formats = formats
  }

  package var kind: MediaKind? {
    switch media {
    case "audio": .audio
    case "video": .video
    default: nil
    }
  }

  package func has(_ feedback: String, for codec: Codec) -> Bool {
    codec.feedback.contains(feedback) || feedbackOfAll.contains(feedback)
  }

  /// The codec that repairs another one's losses (RFC 4588 §8).
  package func repair(of payloadType: UInt8) -> Codec? {
    codecs.first { $0.isNamed("rtx") && $0.parameter("apt") == String(payloadType) }
  }
}

package struct RepairPair: Hashable, Sendable {
  package var media: UInt32
  package var repair: UInt32
}

package struct ExtensionMapping: Hashable, Sendable {
  package var number: Int
  package var uri: String
}

/// A payload type: `a=rtpmap`, and its `a=fmtp` and `a=rtcp-fb`.
package struct Codec: Hashable, Sendable {
  package var payloadType: UInt8
  package var name: String
  package var clockRate: Int
  package var channels = 1
  /// The value of its `fmtp` line.
  package var parameters = ""
  package var feedback: [String] = []

  package init(payloadType: UInt8, name: String, clockRate: Int) {
    self.payloadType = payloadType
    self.name = name
    self.clockRate = clockRate
  }

  /// Names have no case (RFC 4855 §3).
  package func isNamed(_ other: String) -> Bool { name.lowercased() == other.lowercased() }

  package func parameter(_ key: String) -> String? {
    for pair in parameters.split(separator: ";") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].trimmed.lowercased() == key else { continue }
      return String(parts[1].trimmed)
    }
    return nil
  }
}

extension Substring {
  /// Without spaces at its ends.
  var trimmed: Substring {
    var rest = self
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return rest
  }
}
