/// An address at which an end of a transfer may be reached.
package struct Candidate: Hashable, Sendable {
  /// How it was found out, which is also how likely it works and what it costs (RFC 8445 §5.1.1).
  package enum Kind: UInt8, CaseIterable, Sendable {
    /// Of an interface of its own.
    case host = 1
    /// As a server sees it, behind address translators.
    case reflexive = 2
    /// The server's relay, which forwards for both.
    case relay = 3
  }

  package var kind: Kind
  /// Halves of the IPv6 address, or of `::ffff:a.b.c.d`, as numbers.
  package var high: UInt64
  package var low: UInt64
  package var port: UInt16

  package init(_ kind: Kind, high: UInt64, low: UInt64, port: UInt16) {
    self.kind = kind
    self.high = high
    self.low = low
    self.port = port
  }

  /// False for what is no host's address: a peer cannot make us send there. That are port 0, the
  /// unspecified addresses, multicast (RFC 4291 §2.7, RFC 5771) and the limited broadcast address.
  package var isUsable: Bool {
    guard port != 0, high >> 56 != 0xFF, (high, low) != (0, 0) else { return false }
    guard high == 0, low >> 32 == 0xFFFF else { return true }
    let firstByte = low >> 24 & 0xFF
    return firstByte != 0 && !(224...239).contains(firstByte) && low & 0xFFFF_FFFF != 0xFFFF_FFFF
  }
}

extension BlobWriter {
  mutating func write(_ candidates: [Candidate]) {
    precondition(candidates.count <= OfferLimits.candidatesMax)
    write(UInt8(candidates.count))
    for candidate in candidates {
      write(candidate.kind.rawValue)
      write(candidate.high)
      write(candidate.low)
      write(candidate.port)
    }
  }
}

extension BlobReader {
  /// Leaves out kinds that a later version knows and addresses that lead nowhere.
  mutating func candidates() throws(BlobError) -> [Candidate] {
    let count = try Int(number(UInt8.self))
    guard count <= OfferLimits.candidatesMax else { throw .malformed }
    var candidates: [Candidate] = []
    for _ in 0..<count {
      let kind = Candidate.Kind(rawValue: try number())
      let (high, low, port) = (
        try number(UInt64.self), try number(UInt64.self), try number(UInt16.self)
      )
      guard let kind else { continue }
      let candidate = Candidate(kind, high: high, low: low, port: port)
      if candidate.isUsable { candidates.append(candidate) }
    }
    return candidates
  }
}
