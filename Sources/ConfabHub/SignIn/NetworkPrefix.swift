/// The part of an address that one customer of a provider has: an IPv4 address, or the /64 of an IPv6
/// address, within which anybody may choose new ones.
struct NetworkPrefix: Hashable, Sendable {
  private let text: String

  /// - Parameter address: as the operating system spells it; what is no address counts as it stands.
  init(of address: String) {
    let bare = address.prefix { $0 != "%" }
    guard bare.contains(":") else {
      text = String(bare)
      return
    }
    let groups = Self.groups(of: bare)
    // On a socket for both families an IPv4 peer is ::ffff:192.0.2.1.
    if let last = groups.last, last.contains("."),
      groups.dropLast().dropLast().allSatisfy(Self.isZero)
    {
      text = String(last)
    } else {
      text = groups.prefix(4).map { Self.isZero($0) ? "0" : $0.lowercased() }.joined(separator: ":")
    }
  }

  /// With the zeros that `::` stands for.
  private static func groups(of address: Substring) -> [Substring] {
    let parts = address.split(separator: ":", omittingEmptySubsequences: false)
    guard let gap = parts.firstIndex(where: \.isEmpty) else { return parts }
    let head = parts[..<gap]
    let tail = parts[gap...].drop(while: \.isEmpty)
    // A dotted IPv4 address at the end stands for two groups.
    let width = parts.last?.contains(".") == true ? 7 : 8
    let zeros = [Substring](repeating: "0", count: max(0, width - head.count - tail.count))
    return head + zeros + tail
  }

  private static func isZero(_ group: Substring) -> Bool { group.allSatisfy { $0 == "0" } }
}
