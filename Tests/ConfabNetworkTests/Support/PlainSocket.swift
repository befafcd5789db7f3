import Glibc

/// An ordinary UDP socket of IPv4 or IPv6 on loopback, as a stranger's program has one.
final class PlainSocket {
  private let descriptor: Int32
  private var isConnected = false

  /// - Parameter waitMilliseconds: how long `receive` waits for something to come.
  init(isIPv6: Bool = false, waitMilliseconds: Int = 2_000) {
    descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var wait = timeval(
      tv_sec: waitMilliseconds / 1_000, tv_usec: waitMilliseconds % 1_000 * 1_000)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    close(descriptor)
  }

  // Names as the system spells them, because several modules claim its structs: family, port,
  // address.
  private static func name(ipv4 host: UInt32, port: Int) -> [UInt8] {
    family(AF_INET) + bytes(UInt16(port).bigEndian) + bytes(host.bigEndian)
      + [UInt8](repeating: 0, count: 8)
  }

  private static func nameIPv6(port: Int) -> [UInt8] {
    family(AF_INET6) + bytes(UInt16(port).bigEndian) + [UInt8](repeating: 0, count: 19) + [1]
      + [UInt8](repeating: 0, count: 4)
  }

  private static func family(_ number: Int32) -> [UInt8] { bytes(UInt16(number)) }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value) { Array($0) }
  }

  private func with(_ name: [UInt8], _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) {
    name.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      _ = body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
  }

  /// Waits on 127.0.0.1 for whoever comes first, and then talks to them alone.
  ///
  /// - Returns: the port.
  func listen() -> Int {
    with(Self.name(ipv4: 0x7F00_0001, port: 0)) { bind(descriptor, $0, $1) }
    var name = [UInt8](repeating: 0, count: 16)
    var length = socklen_t(name.count)
    name.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      _ = getsockname(descriptor, base.assumingMemoryBound(to: sockaddr.self), &length)
    }
    return Int(name[2]) << 8 | Int(name[3])
  }

  /// Only what comes from there is received from now on, as browsers' sockets often are.
  func connect(ipv4 host: UInt32, port: Int) {
    with(Self.name(ipv4: host, port: port)) { Glibc.connect(descriptor, $0, $1) }
    isConnected = true
  }

  /// To `::1`.
  func connectIPv6(port: Int) {
    with(Self.nameIPv6(port: port)) { Glibc.connect(descriptor, $0, $1) }
    isConnected = true
  }

  func send(_ datagram: [UInt8]) { _ = Glibc.send(descriptor, datagram, datagram.count, 0) }

  /// Nil when nothing came in time.
  func receive() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    var name = [UInt8](repeating: 0, count: 28)
    var length = socklen_t(name.count)
    let count = name.withUnsafeMutableBytes { from in
      recvfrom(
        descriptor, &bytes, bytes.count, 0,
        from.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
    }
    guard count >= 0 else { return nil }
    if !isConnected {
      with(Array(name.prefix(Int(length)))) { Glibc.connect(descriptor, $0, $1) }
      isConnected = true
    }
    return Array(bytes[..<count])
  }
}
