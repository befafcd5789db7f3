import COpenSSL

/// Between OpenSSL and datagrams: what it reads is the one that just came, what it writes is one to be
/// sent. OpenSSL's own memory would glue datagrams together (openssl/openssl#17110).
final class DatagramPipe {
  /// Datagrams that wait to be sent; a flight has a handful.
  static let outgoingMax = 64

  fileprivate(set) var outgoing: [[UInt8]] = []
  private var incoming: UnsafeRawBufferPointer?

  /// Hands over a datagram for the time that `body` runs.
  func withIncoming(_ datagram: UnsafeRawBufferPointer?, _ body: () -> Void) {
    incoming = datagram
    body()
    incoming = nil
  }

  func takeFirst() -> [UInt8]? { outgoing.isEmpty ? nil : outgoing.removeFirst() }

  /// A BIO that is this pipe, which has to live at least as long.
  func makeBIO() -> OpaquePointer? {
    guard let bio = BIO_new(PipeMethod.shared.pointer) else { return nil }
    BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
    BIO_set_init(bio, 1)
    return bio
  }

  fileprivate func write(_ bytes: UnsafePointer<CChar>, _ count: Int32) -> Int32 {
    // As if the network had lost it.
    guard outgoing.count < Self.outgoingMax else { return count }
    outgoing.append(Array(UnsafeRawBufferPointer(start: bytes, count: Int(count))))
    return count
  }

  /// Nil when there is nothing to read.
  fileprivate func read(into buffer: UnsafeMutablePointer<CChar>, _ count: Int32) -> Int32? {
    guard let datagram = incoming, let base = datagram.baseAddress else { return nil }
    incoming = nil
    let taken = min(datagram.count, Int(count))
    UnsafeMutableRawPointer(buffer).copyMemory(from: base, byteCount: taken)
    return Int32(taken)
  }
}

// Proof: a BIO_METHOD is not changed after it was set up.
private struct PipeMethod: @unchecked Sendable {
  let pointer: OpaquePointer

  static let shared = PipeMethod()

  private init() {
    guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams") else {
      preconditionFailure("no memory")
    }
    BIO_meth_set_write(method) { bio, bytes, count in
      guard let bytes, let pipe = pipe(of: bio) else { return -1 }
      return pipe.write(bytes, count)
    }
    BIO_meth_set_read(method) { bio, buffer, count in
      BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
      guard let buffer, let pipe = pipe(of: bio) else { return -1 }
      if let taken = pipe.read(into: buffer, count) { return taken }
      BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
      return -1
    }
    BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
    pointer = method
  }
}

private func pipe(of bio: OpaquePointer?) -> DatagramPipe? {
  BIO_get_data(bio).map { Unmanaged<DatagramPipe>.fromOpaque($0).takeUnretainedValue() }
}
