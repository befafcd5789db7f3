import NIOCore

/// A browser that came without TLS, as for `http://` or for an address typed without a scheme: it would show none of
/// our words but in an answer of HTTP, and goes on by itself when it is told where.
struct PlainRequest {
  /// What a request with cookies and a long address takes; more is not looked at.
  private static let headBytesMax = 8_192
  private static let hostBytesMax = 255

  /// With `https://`; nil when the request says no host that could be trusted in an answer.
  let secureAddress: String?

  /// - Parameter bytes: what has come so far.
  /// - Returns: nil when it is nothing that a browser asks first.
  init?(_ bytes: ByteBuffer) {
    let count = min(bytes.readableBytes, Self.headBytesMax)
    let head = bytes.getString(at: bytes.readerIndex, length: count) ?? ""
    guard head.hasPrefix("GET /") || head.hasPrefix("HEAD /") else { return nil }
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
    let target = lines[0].split(separator: " ").dropFirst().first ?? "/"
    let host = lines.dropFirst().lazy.prefix { !$0.isEmpty }
      .first { $0.lowercased().hasPrefix("host:") }
      .map { $0.dropFirst("host:".count).filter { $0 != " " } }
    guard let host, Self.isHost(host), target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      secureAddress = nil
      return
    }
    secureAddress = "https://\(host)\(target)"
  }

  /// - Parameter words: for whoever reads it.
  func answer(_ words: String) -> String {
    let status =
      secureAddress.map { "307 Temporary Redirect\r\nLocation: \($0)" } ?? "400 Bad Request"
    return [
      "HTTP/1.1 \(status)", "Content-Type: text/plain", "Content-Length: \(words.utf8.count)",
      "Connection: close", "", words,
    ].joined(separator: "\r\n")
  }

  /// A name or an address, with or without a port (RFC 9110 §7.2).
  private static func isHost(_ text: String) -> Bool {
    let extra = Set(".-:[]".utf8)
    return !text.isEmpty && text.utf8.count <= hostBytesMax
      && text.utf8.allSatisfy { byte in
        extra.contains(byte) || (byte >= 0x30 && byte <= 0x39)
          || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a)
      }
  }
}
