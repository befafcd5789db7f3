import ConfabNetwork
import Glibc
import NIOCore
import NIOPosix
import Primitives

// Name, TCP, UDP: whether packets come through.
extension Checkup {
  /// More than a server has; each may cost a timeout.
  private static let addressesMax = 4
  private static let connectMax = TimeAmount.seconds(4)

  /// Nil when there is none.
  func checkName() async -> [SocketAddress]? {
    let (host, port) = (server.host, server.port)
    let addresses = try? await NIOThreadPool.singleton.runIfActive {
      try Self.addresses(of: host, port: port)
    }
    guard let addresses, !addresses.isEmpty else {
      report(
        .problem(
          .name, "there is no address for \(host)",
          "Is it spelled as in the link? Does this machine have a network?",
          "Look it up yourself: getent ahosts \(host)"))
      return nil
    }
    let texts = addresses.map(IPAddressText.text(of:))
    report(
      .ok(
        .name,
        IPAddressText.bytes(of: host) == nil
          ? "\(host) is \(texts.joined(separator: ", "))" : "\(host) is an address already"))
    return addresses
  }

  private static func addresses(of host: String, port: Int) throws -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let info = next, addresses.count < addressesMax {
      if let address = Self.socketAddress(info.pointee) { addresses.append(address) }
      next = info.pointee.ai_next
    }
    return addresses
  }

  private static func socketAddress(_ info: addrinfo) -> SocketAddress? {
    guard let bytes = info.ai_addr else { return nil }
    switch info.ai_family {
    case AF_INET:
      return bytes.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        SocketAddress($0.pointee)
      }
    case AF_INET6:
      return bytes.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
        SocketAddress($0.pointee)
      }
    default: return nil
    }
  }

  /// The first address that takes a connection.
  func checkTCP(_ addresses: [SocketAddress]) async -> SocketAddress? {
    var working: SocketAddress?
    var words: [String] = []
    var timedOut = false
    for address in addresses {
      let text = HostPort(host: IPAddressText.text(of: address), port: server.port).description
      do {
        let began = LocalTime.monotonic
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
          .connectTimeout(Self.connectMax).connect(to: address).get()
        words.append("\(text) answers in \(Self.text(LocalTime.monotonic.since(began)))")
        channel.close(promise: nil)
        working = working ?? address
      } catch {
        words.append("\(text) \(Self.reason(error))")
        if case ChannelError.connectTimeout = error { timedOut = true }
      }
    }
    let text = words.joined(separator: "; ")
    if working != nil {
      report(.ok(.tcp, text))
    } else {
      report(
        timedOut
          ? .problem(.tcp, text, advice: FirewallAdvice.lines(.tcp, server.port))
          : .problem(
            .tcp, text, "Does the server run, and is the port right? On its machine: confab serve"))
      skip([.tls, .certificate, .protocol, .clock, .signIn, .https])
    }
    return working
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case ChannelError.connectTimeout: "does not answer"
    case let error as IOError where error.errnoCode == ECONNREFUSED:
      "refuses: nothing listens there"
    case let error as IOError: "fails: \(String(cString: strerror(error.errnoCode)))"
    default: "fails: \(error)"
    }
  }

  func checkUDP(_ address: SocketAddress) async {
    do {
      switch try await RendezvousQuery.ask(address) {
      case .seen(let seen, let time):
        report(
          .ok(
            .udp,
            "the server sees you as \(seen), after \(Self.text(.nanoseconds(time.nanoseconds)))"))
      case .refused:
        report(
          .problem(
            .udp, "nothing listens on UDP port \(server.port)",
            "The server opens it beside TCP. Does it run, and on this port?"))
      case .silent:
        report(
          .problem(
            .udp, "no answer on UDP port \(server.port): something on the way drops it",
            advice: FirewallAdvice.lines(.udp, server.port)))
      }
    } catch {
      report(.problem(.udp, "no datagram can be sent: \(Self.reason(error))"))
    }
  }

  static func text(_ duration: Duration) -> String {
    let tenths = duration.nanoseconds / 100_000
    return tenths < 1_000 ? "\(tenths / 10).\(tenths % 10) ms" : "\(tenths / 10) ms"
  }
}
