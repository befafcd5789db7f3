import Primitives

/// Builds the text of a description. Lines end with CR LF, and the last one does too.
struct SDPWriter {
  private(set) var text = ""

  mutating func line(_ line: String) {
    text += line
    text += "\r\n"
  }

  /// What stands before the first section.
  ///
  /// - Parameter bundle: the mids of all sections that are in use.
  mutating func session(id: UInt64, version: UInt64, bundle: [String]) {
    line("v=0")
    // The address is one that no reader uses (RFC 9429 §5.2.1).
    line("o=- \(id) \(version) IN IP4 0.0.0.0")
    line("s=-")
    line("t=0 0")
    if !bundle.isEmpty { line("a=group:BUNDLE " + bundle.joined(separator: " ")) }
    line("a=ice-lite")
    line("a=extmap-allow-mixed")
    line("a=msid-semantic: WMS *")
  }

  mutating func section(_ media: String, proto: String, formats: [String]) {
    line("m=\(media) 9 \(proto) " + formats.joined(separator: " "))
    line("c=IN IP4 0.0.0.0")
    line("a=rtcp:9 IN IP4 0.0.0.0")
  }

  /// Keeps the place of a section that we do not take.
  mutating func rejected(_ section: MediaSection) {
    line("m=\(section.media) 0 \(section.proto) " + section.formats.joined(separator: " "))
    line("c=IN IP4 0.0.0.0")
    if let mid = section.mid { line("a=mid:\(mid)") }
    line("a=inactive")
  }

  mutating func transport(_ local: LocalTransport, setup: SetupRole) {
    line("a=ice-ufrag:\(local.iceUsernameFragment)")
    line("a=ice-pwd:\(local.icePassword)")
    let pairs = local.fingerprint.map { [$0].hex.uppercased() }
    line("a=fingerprint:sha-256 " + pairs.joined(separator: ":"))
    line("a=setup:\(setup.rawValue)")
    for candidate in local.candidates { line("a=\(candidate)") }
    line("a=end-of-candidates")
  }

  mutating func codec(_ codec: Codec) {
    let channels = codec.channels > 1 ? "/\(codec.channels)" : ""
    line("a=rtpmap:\(codec.payloadType) \(codec.name)/\(codec.clockRate)\(channels)")
    if !codec.parameters.isEmpty { line("a=fmtp:\(codec.payloadType) \(codec.parameters)") }
    for feedback in codec.feedback { line("a=rtcp-fb:\(codec.payloadType) \(feedback)") }
  }

  mutating func extensions(_ mappings: [ExtensionMapping]) {
    for mapping in mappings { line("a=extmap:\(mapping.number) \(mapping.uri)") }
  }
}
