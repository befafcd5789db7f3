import ConfabDomain

/// Makes a state from entries, and believes nothing that does not fit.
enum Replay {
  static func take(
    _ stored: StoredEntry, into state: inout PlaceState, chain: inout AuditChain
  ) throws(JournalError) {
    chain.extend(by: stored.payload)
    guard stored.entry == chain.entry, stored.chain == chain.value else {
      throw .corrupt("entry \(chain.entry) does not fit the audit chain")
    }
    let stamped = try stored.decoded()
    guard state.apply(stamped.event) == stamped else {
      throw .corrupt("entry \(stored.entry) has other numbers than its events give")
    }
  }
}
