import ConfabNetwork

/// The lines that open a port in the firewalls that a Linux server may have.
enum FirewallAdvice {
  enum Transport: String {
    case tcp, udp
  }

  static func lines(_ transport: Transport, _ port: Int) -> [String] {
    let name = transport.rawValue
    return [
      "On the server, open \(name.uppercased()) port \(port) in the firewall that it has:",
      "  ufw:        sudo ufw allow \(port)/\(name)",
      "  firewalld:  sudo firewall-cmd --permanent --add-port=\(port)/\(name) && "
        + "sudo firewall-cmd --reload",
      "  nftables:   sudo nft add rule inet filter input \(name) dport \(port) accept",
      "At a provider also in its console; behind a router, forward the port to the server.",
    ]
  }
}
