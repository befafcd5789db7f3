package import ConfabTransfer
import Glibc

/// The addresses of this machine's own interfaces, as candidates for others to reach us at.
package enum LocalAddresses {
  /// - Parameter includesLoopback: for places that exist on one machine only.
  package static func find(
    port: UInt16, localSocket: UInt8 = 0, includesLoopback: Bool
  ) -> [PathAddress] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var found: [PathAddress] = []
    var next = list
    while let interface = next?.pointee {
      next = interface.ifa_next
      let isUp = interface.ifa_flags & UInt32(IFF_UP) != 0
      guard isUp, let name = interface.ifa_addr,
        let address = address(name, port: port, localSocket: localSocket),
        includesLoopback || !address.isLoopback, !address.isLinkLocal, !found.contains(address)
      else { continue }
      found.append(address)
    }
    return found
  }

  private static func address(
    _ name: UnsafeMutablePointer<sockaddr>, port: UInt16, localSocket: UInt8
  ) -> PathAddress? {
    switch Int32(name.pointee.sa_family) {
    case AF_INET:
      name.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        PathAddress(
          ipv4: UInt32(bigEndian: $0.pointee.sin_addr.s_addr), port: port,
          localSocket: localSocket)
      }
    case AF_INET6:
      name.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { name in
        withUnsafeBytes(of: name.pointee.sin6_addr) {
          PathAddress(bytes: Array($0), port: port, localSocket: localSocket)
        }
      }
    default: nil
    }
  }
}

extension PathAddress {
  /// fe80::/10 and 169.254.0.0/16 mean nothing without naming an interface, or elsewhere.
  fileprivate var isLinkLocal: Bool {
    high >> 54 == 0xFE80 >> 6 || (high == 0 && low >> 16 == 0xFFFF_A9FE)
  }
}
