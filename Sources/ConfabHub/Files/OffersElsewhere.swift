import ConfabDomain
import OrderedCollections
import Primitives

/// Copies of the offers that other servers of the place keep.
struct OffersElsewhere: Sendable {
  private(set) var open: OrderedDictionary<TransferID, OpenFileOffer> = [:]
  /// The number of the latest change of each server that was taken in.
  private var known: [NodeID: UInt64] = [:]
  private var gathering: [NodeID: Gathering] = [:]
  /// Offers whose server is gone, in the order in which that ends them: senders come back elsewhere.
  private var graces: OrderedDictionary<TransferID, MonotonicTime> = [:]

  /// Pages of one server's whole list.
  private struct Gathering: Sendable {
    var revision: UInt64
    var next: Int
    var copies: [OfferCopy]
  }

  var nextDeadline: MonotonicTime? { graces.values.first }

  func count(of account: AccountID) -> Int { open.values.count { $0.from == account } }

  /// Whether its server is gone, and its sender may come back at another.
  func isAdrift(_ id: TransferID) -> Bool { graces[id] != nil }

  // MARK: - What a server tells

  /// False when changes before it were missed: then the whole list makes up for it.
  mutating func follows(_ revision: UInt64, of node: NodeID) -> Bool {
    guard known[node] == revision - 1 else { return false }
    known[node] = revision
    return true
  }

  /// Whether the server must be asked for its whole list.
  mutating func misses(_ revision: UInt64, of node: NodeID) -> Bool {
    if known[node] == nil, revision == 0 { known[node] = 0 }
    return known[node] != revision
  }

  /// - Returns: the whole list once its last page is there.
  mutating func gather(
    _ revision: UInt64, page: Int, pages: Int, _ copies: [OfferCopy], of node: NodeID
  ) -> [OfferCopy]? {
    if page == 0 { gathering[node] = Gathering(revision: revision, next: 0, copies: []) }
    guard var list = gathering[node], list.revision == revision, list.next == page,
      list.copies.count + copies.count <= HubLimits.fileOffersMax
    else {
      gathering[node] = nil
      return nil
    }
    list.copies += copies
    list.next += 1
    gathering[node] = list
    guard list.next == pages else { return nil }
    gathering[node] = nil
    known[node] = revision
    return list.copies
  }

  func offers(of node: NodeID) -> [OpenFileOffer] { open.values.filter { $0.home == node } }

  // MARK: - Offers

  mutating func put(_ offer: OpenFileOffer) {
    open[offer.id] = offer
    graces[offer.id] = nil
  }

  @discardableResult
  mutating func remove(_ id: TransferID) -> OpenFileOffer? {
    graces[id] = nil
    return open.removeValue(forKey: id)
  }

  mutating func setAnswer(
    _ answer: OpenFileOffer.Answer, of account: AccountID, to id: TransferID
  ) {
    open[id]?.answers[account] = answer
  }

  /// Nothing is heard of the server any more.
  mutating func lose(_ node: NodeID, at now: MonotonicTime) {
    known[node] = nil
    gathering[node] = nil
    for offer in offers(of: node) { setAdrift(offer.id, at: now) }
  }

  /// It is another server's now, which is still to tell of it, or nobody's.
  mutating func setAdrift(_ id: TransferID, at now: MonotonicTime) {
    if graces[id] == nil { graces[id] = now + HubLimits.fileOfferGrace }
  }

  func due(at now: MonotonicTime) -> [TransferID] {
    graces.elements.prefix { $0.value <= now }.map(\.key)
  }

  // MARK: - Takers

  /// Offers that connections of this server have taken up, as their servers believe.
  func taken(_ isTaker: (ConnectionID) -> Bool) -> [(OpenFileOffer, AccountID, ConnectionID)] {
    open.values.flatMap { offer in
      offer.acceptances.compactMap { account, acceptance in
        guard acceptance.taker.node == nil, acceptance.lostAt == nil,
          isTaker(acceptance.taker.connection)
        else { return nil }
        return (offer, account, acceptance.taker.connection)
      }
    }
  }
}
