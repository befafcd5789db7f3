package import ConfabMedia

/// A stream that a program publishes.
package struct PeerStream: Hashable, Sendable {
  package let mid: String
  package let kind: MediaKind
  package let ssrc: UInt32

  package init(mid: String, kind: MediaKind, ssrc: UInt32) {
    self.mid = mid
    self.kind = kind
    self.ssrc = ssrc
  }

  /// Opus or VP8, under the numbers that browsers use.
  package var payloadType: UInt8 { kind == .audio ? 111 : 96 }
}

/// A program's own descriptions: an offer of Opus and VP8 without layers, and the answer that
/// takes all that was offered.
package enum PeerSession {
  /// The number of the header extension that carries the section's name.
  package static let midExtension: UInt8 = 4
  /// And of the one that says how loud a packet of sound is.
  package static let levelExtension: UInt8 = 1

  package static func offer(
    _ streams: [PeerStream], local: ICECredentials, fingerprint: CertificateFingerprint,
    setup: String = "actpass"
  ) -> String {
    var lines = beginning(mids: streams.map(\.mid))
    for stream in streams {
      let name = stream.kind == .audio ? "audio" : "video"
      let codec = stream.kind == .audio ? "opus/48000/2" : "VP8/90000"
      lines += ["m=\(name) 9 UDP/TLS/RTP/SAVPF \(stream.payloadType)", "c=IN IP4 0.0.0.0"]
      lines += transport(local, fingerprint, setup: setup)
      lines += [
        "a=mid:\(stream.mid)", "a=extmap:\(midExtension) \(HeaderExtensionKind.mid.uri)",
        "a=sendonly", "a=rtcp-mux", "a=rtcp-rsize", "a=rtpmap:\(stream.payloadType) \(codec)",
      ]
      switch stream.kind {
      case .video:
        lines += ["nack", "nack pli"].map { "a=rtcp-fb:\(stream.payloadType) \($0)" }
      case .audio:
        lines.append("a=extmap:\(levelExtension) \(HeaderExtensionKind.audioLevel.uri)")
      }
      lines += ["a=ssrc:\(stream.ssrc) cname:confab"]
    }
    return lines.map { $0 + "\r\n" }.joined()
  }

  /// - Parameter offer: the server's, of its subscribing connection.
  package static func answer(
    to offer: String, local: ICECredentials, fingerprint: CertificateFingerprint
  ) -> String {
    let offered = offer.split(whereSeparator: \.isNewline)
    let kept = [
      "m=", "a=mid:", "a=rtcp-mux", "a=rtcp-rsize", "a=rtpmap:", "a=fmtp:", "a=rtcp-fb:",
      "a=extmap:",
    ]
    var lines = beginning(
      mids: offered.filter { $0.hasPrefix("a=mid:") }.map { String($0.dropFirst(6)) })
    // Once for all sections: some servers read no more than 8 KiB.
    lines += transport(local, fingerprint, setup: "active")
    for line in offered where kept.contains(where: line.hasPrefix) {
      lines.append(String(line))
      guard line.hasPrefix("m=") else { continue }
      lines += ["c=IN IP4 0.0.0.0", "a=recvonly"]
    }
    return lines.map { $0 + "\r\n" }.joined()
  }

  private static func beginning(mids: [String]) -> [String] {
    [
      "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0",
      "a=group:BUNDLE \(mids.joined(separator: " "))", "a=msid-semantic: WMS *",
    ]
  }

  private static func transport(
    _ local: ICECredentials, _ fingerprint: CertificateFingerprint, setup: String
  ) -> [String] {
    [
      "a=ice-ufrag:\(local.fragment)", "a=ice-pwd:\(local.password)",
      "a=fingerprint:sha-256 \(fingerprint.text)", "a=setup:\(setup)",
    ]
  }
}
