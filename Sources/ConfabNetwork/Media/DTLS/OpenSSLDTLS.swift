import COpenSSL
package import ConfabMedia
import Glibc
package import Primitives

/// A DTLS 1.2 association of OpenSSL, fed with datagrams.
///
/// OpenSSL measures its own waits with the system's clock; `now` only translates them into deadlines.
package struct OpenSSLDTLS: DTLSEngine, ~Copyable {
  /// Records and their headers in one datagram: what passes every path (RFC 8261 §5 reckons likewise).
  package static let datagramBytesMax = 1_200
  private static let exporterLabel = "EXTRACTOR-dtls_srtp"
  /// RFC 6347 §4.2.4.1 wants a second; media cannot wait that long.
  private static let firstWaitMicroseconds: UInt32 = 100_000
  private static let longestWaitMicroseconds: UInt32 = 4_000_000

  /// It is kept as long as OpenSSL's pointer to it.
  private let pipe = DatagramPipe()
  private let ssl: OpaquePointer
  private let context: DTLSContext
  package private(set) var state = DTLSState.handshaking
  package private(set) var nextDeadline: MonotonicTime?

  package init(_ context: DTLSContext, role: DTLSRole) {
    guard let ssl = SSL_new(context.pointer), let bio = pipe.makeBIO() else {
      preconditionFailure("no memory for a DTLS association")
    }
    self.ssl = ssl
    self.context = context
    SSL_set_bio(ssl, bio, bio)
    SSL_ctrl(ssl, SSL_CTRL_SET_MTU, Self.datagramBytesMax, nil)
    DTLS_set_timer_cb(ssl) { _, previous in
      previous == 0
        ? OpenSSLDTLS.firstWaitMicroseconds
        : min(2 * previous, OpenSSLDTLS.longestWaitMicroseconds)
    }
    switch role {
    case .client: SSL_set_connect_state(ssl)
    case .server: SSL_set_accept_state(ssl)
    }
  }

  deinit {
    SSL_free(ssl)
  }

  package mutating func start(at now: MonotonicTime) { step(with: nil, at: now) }

  package mutating func receive(_ datagram: UnsafeRawBufferPointer, at now: MonotonicTime) {
    step(with: datagram, at: now)
  }

  package mutating func timeout(at now: MonotonicTime) {
    guard case .handshaking = state else { return }
    ERR_clear_error()
    if SSL_ctrl(ssl, DTLS_CTRL_HANDLE_TIMEOUT, 0, nil) < 0 { state = .failed(openSSLReason()) }
    setDeadline(at: now)
  }

  package mutating func close() {
    ERR_clear_error()
    takeBuffers()
    SSL_shutdown(ssl)
  }

  package mutating func nextDatagram() -> [UInt8]? { pipe.takeFirst() }

  // MARK: - Steps

  private mutating func step(with datagram: UnsafeRawBufferPointer?, at now: MonotonicTime) {
    ERR_clear_error()
    var next = state
    let ssl = ssl
    takeBuffers()
    pipe.withIncoming(datagram) {
      if case .handshaking = next { next = Self.handshake(ssl) }
      if case .connected = next { next = Self.read(ssl) ?? next }
    }
    // Hardly anything comes any more once the keys are agreed upon. It fails while something is in them.
    if case .connected = next { _ = SSL_free_buffers(ssl) }
    state = next
    setDeadline(at: now)
  }

  /// OpenSSL's buffers for records, of 17 KiB each; nothing happens when they are there.
  private func takeBuffers() {
    guard SSL_alloc_buffers(ssl) == 1 else { preconditionFailure("no memory for DTLS") }
  }

  private static func handshake(_ ssl: OpaquePointer) -> DTLSState {
    let result = SSL_do_handshake(ssl)
    guard result != 1 else { return agreement(ssl) }
    return switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: .handshaking
    case SSL_ERROR_ZERO_RETURN: .closed
    default: .failed(openSSLReason())
    }
  }

  /// Reads away what comes later: the other side repeats itself, or says goodbye.
  private static func read(_ ssl: OpaquePointer) -> DTLSState? {
    withUnsafeTemporaryAllocation(byteCount: datagramBytesMax, alignment: 1) { buffer in
      while true {
        let count = SSL_read(ssl, buffer.baseAddress, Int32(buffer.count))
        if count > 0 { continue }
        return switch SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: nil
        case SSL_ERROR_ZERO_RETURN: .closed
        default: .failed(openSSLReason())
        }
      }
    }
  }

  /// RFC 5764 §4.2.
  private static func agreement(_ ssl: OpaquePointer) -> DTLSState {
    guard let chosen = SSL_get_selected_srtp_profile(ssl),
      let profile = SRTPProfile(rawValue: UInt16(truncatingIfNeeded: chosen.pointee.id))
    else { return .failed("the other side knows no SRTP that is known here") }
    var bytes = [UInt8](repeating: 0, count: profile.exportedBytes)
    guard
      SSL_export_keying_material(
        ssl, &bytes, bytes.count, exporterLabel, exporterLabel.utf8.count, nil, 0, 0) == 1,
      let keys = SRTPKeys(exported: bytes, profile: profile)
    else { return .failed(openSSLReason()) }
    let certificate = SSL_get1_peer_certificate(ssl)
    defer { X509_free(certificate) }
    guard let certificate, let peer = CertificateFingerprint(of: certificate) else {
      return .failed("the other side showed no certificate")
    }
    return .connected(keys, peer: peer)
  }

  private mutating func setDeadline(at now: MonotonicTime) {
    var wait = timeval()
    guard case .handshaking = state, SSL_ctrl(ssl, DTLS_CTRL_GET_TIMEOUT, 0, &wait) == 1 else {
      nextDeadline = nil
      return
    }
    nextDeadline = now + .microseconds(Int64(wait.tv_sec) * 1_000_000 + Int64(wait.tv_usec))
  }
}
