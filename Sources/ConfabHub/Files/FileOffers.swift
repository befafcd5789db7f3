import ConfabDomain
import OrderedCollections
import Primitives

/// All offers of files that are open, and why the latest others are not.
struct FileOffers: Sendable {
  /// In the order in which they were made, and so in which they expire.
  private(set) var open: OrderedDictionary<TransferID, OpenFileOffer> = [:]
  private(set) var acceptanceCount = 0
  private var countByAccount: [AccountID: Int] = [:]
  /// By whose offers they are of.
  private var acceptancesByAccount: [AccountID: Int] = [:]
  /// Which offers a connection made or accepted.
  private var byConnection: [ConnectionID: OrderedSet<TransferID>] = [:]
  /// Offers whose sender is lost, in the order in which that ends them.
  private var graces: OrderedDictionary<TransferID, MonotonicTime> = [:]
  private var ended: OrderedDictionary<TransferID, FileWithdrawal> = [:]
  private var nextPairing: UInt64
  /// What other servers have not been told yet.
  private var untold: [OfferChange] = []
  /// The number of the latest change that they were told.
  private(set) var revision: UInt64 = 0
  private let node: NodeID?

  /// - Parameters:
  ///   - node: this server's name among several, which are then told of changes.
  ///   - firstPairing: servers of one place must not give out the same numbers.
  init(node: NodeID?, firstPairing: UInt64) {
    self.node = node
    nextPairing = firstPairing
  }

  var count: Int { open.count }

  func count(of account: AccountID) -> Int { countByAccount[account] ?? 0 }

  /// How many take something of this account at the same time.
  func acceptanceCount(of account: AccountID) -> Int { acceptancesByAccount[account] ?? 0 }

  private mutating func countAcceptances(_ change: Int, of account: AccountID) {
    acceptanceCount += change
    let count = acceptanceCount(of: account) + change
    acceptancesByAccount[account] = count > 0 ? count : nil
  }

  /// Why an offer that was open lately is not any more.
  func ending(of id: TransferID) -> FileWithdrawal? { ended[id] }

  var nextDeadline: MonotonicTime? {
    [graces.values.first, open.values.first?.expiresAt].compactMap(\.self).min()
  }

  /// Those that are over, and why.
  func due(at now: MonotonicTime) -> [(TransferID, FileWithdrawal)] {
    let lost = graces.elements.prefix { $0.value <= now }
      .map { ($0.key, FileWithdrawal.senderLeft) }
    let old = open.values.elements.prefix { $0.expiresAt <= now }
      .filter { offer in graces[offer.id].map { $0 > now } ?? true }
    return lost + old.map { ($0.id, .expired) }
  }

  mutating func makePairing() -> PairingID {
    defer { nextPairing += 1 }
    return PairingID(nextPairing)
  }

  // MARK: - Offers

  mutating func insert(_ offer: OpenFileOffer) {
    open[offer.id] = offer
    ended[offer.id] = nil
    countByAccount[offer.from, default: 0] += 1
    if let connection = offer.connection { involve(.here(connection), offer.id) }
    noteMade(offer.id)
  }

  @discardableResult
  mutating func end(_ id: TransferID, _ reason: FileWithdrawal) -> OpenFileOffer? {
    guard let offer = remove(id) else { return nil }
    noteEnding(of: id, reason)
    note(.over(id, reason))
    return offer
  }

  /// Why an offer ended, here or elsewhere.
  mutating func noteEnding(of id: TransferID, _ reason: FileWithdrawal) {
    ended[id] = reason
    if ended.count > HubLimits.endedFileOffersMax { ended.removeFirst() }
  }

  /// Its sender offers it at another server now, which tells everybody.
  mutating func handOver(_ id: TransferID) { _ = remove(id) }

  private mutating func remove(_ id: TransferID) -> OpenFileOffer? {
    guard let offer = open.removeValue(forKey: id) else { return nil }
    graces[id] = nil
    let left = count(of: offer.from) - 1
    countByAccount[offer.from] = left > 0 ? left : nil
    countAcceptances(-offer.acceptances.count, of: offer.from)
    if let connection = offer.connection { release(.here(connection), id) }
    for (_, acceptance) in offer.acceptances { release(acceptance.taker, id) }
    return offer
  }

  /// The sender offers again, perhaps from another connection.
  mutating func resume(_ id: TransferID, on connection: ConnectionID, _ device: DeviceID) {
    guard let old = open[id] else { return }
    graces[id] = nil
    open[id]?.connection = connection
    open[id]?.device = device
    if let before = old.connection, before != connection {
      releaseUnlessNeeded(.here(before), id)
    }
    involve(.here(connection), id)
  }

  /// Begins an offer anew with other bytes: who accepted the old ones is asked again.
  ///
  /// - Returns: the acceptances that are over.
  mutating func replace(
    _ id: TransferID, offer: [UInt8], summary: FileSummary, entry: UInt64
  ) -> [OpenFileOffer.Acceptance] {
    guard let old = open[id] else { return [] }
    for (account, _) in old.acceptances { setAnswer(nil, of: account, to: id) }
    open[id]?.offer = offer
    open[id]?.summary = summary
    open[id]?.entry = entry
    noteMade(id)
    return old.acceptances.map(\.acceptance)
  }

  // MARK: - Answers

  mutating func setAnswer(
    _ answer: OpenFileOffer.Answer?, of account: AccountID, to id: TransferID
  ) {
    guard let offer = open[id] else { return }
    if let old = offer.acceptance(of: account) {
      countAcceptances(-1, of: offer.from)
      open[id]?.answers[account] = nil
      releaseUnlessNeeded(old.taker, id)
    }
    open[id]?.answers[account] = answer
    if case .accepted(let acceptance) = answer {
      countAcceptances(1, of: offer.from)
      involve(acceptance.taker, id)
    }
    noteAnswer(of: account, to: id)
  }

  /// A device that accepted is back on another connection.
  mutating func reattach(_ account: AccountID, to id: TransferID, on taker: Endpoint) {
    guard var acceptance = open[id]?.acceptance(of: account) else { return }
    acceptance.taker = taker
    acceptance.lostAt = nil
    setAnswer(.accepted(acceptance), of: account, to: id)
  }

  mutating func countCandidates(of account: AccountID, to id: TransferID) {
    guard var acceptance = open[id]?.acceptance(of: account) else { return }
    acceptance.candidates += 1
    open[id]?.answers[account] = .accepted(acceptance)
  }

  // MARK: - Connections

  func involving(_ connection: ConnectionID) -> [TransferID] {
    Array(byConnection[connection] ?? [])
  }

  /// The connection is no more: what it offered waits for its sender, what it accepted for its device.
  mutating func lose(_ connection: ConnectionID, at now: MonotonicTime) {
    for id in involving(connection) {
      guard let offer = open[id] else { continue }
      if offer.connection == connection {
        open[id]?.connection = nil
        graces[id] = now + HubLimits.fileOfferGrace
      }
      for (account, acceptance) in offer.acceptances where acceptance.taker == .here(connection) {
        loseTaker(account, of: id, at: now)
      }
    }
    byConnection[connection] = nil
  }

  /// Whoever took it up is not connected any more, here or elsewhere.
  mutating func loseTaker(_ account: AccountID, of id: TransferID, at now: MonotonicTime) {
    guard var acceptance = open[id]?.acceptance(of: account), acceptance.lostAt == nil else {
      return
    }
    acceptance.lostAt = now
    open[id]?.answers[account] = .accepted(acceptance)
    noteAnswer(of: account, to: id)
  }

  private mutating func involve(_ taker: Endpoint, _ id: TransferID) {
    guard taker.node == nil else { return }
    byConnection[taker.connection, default: []].append(id)
  }

  private mutating func release(_ taker: Endpoint, _ id: TransferID) {
    guard taker.node == nil else { return }
    byConnection[taker.connection]?.remove(id)
    if byConnection[taker.connection]?.isEmpty == true { byConnection[taker.connection] = nil }
  }

  /// Who offers to himself has both ends, and they may be on one connection for a moment.
  private mutating func releaseUnlessNeeded(_ taker: Endpoint, _ id: TransferID) {
    guard let offer = open[id], offer.connection.map({ .here($0) }) != taker,
      !offer.acceptances.contains(where: { $0.acceptance.taker == taker })
    else { return }
    release(taker, id)
  }

  // MARK: - Other servers

  private mutating func note(_ change: OfferChange) {
    if node != nil { untold.append(change) }
  }

  private mutating func noteMade(_ id: TransferID) {
    guard let node, let offer = open[id] else { return }
    note(.made(offer.copy(from: node)))
  }

  private mutating func noteAnswer(of account: AccountID, to id: TransferID) {
    guard let node, let answer = open[id]?.answers[account] else { return }
    note(.answered(id, account, answer.copy(from: node)))
  }

  /// What other servers are to be told now, each with its number.
  mutating func takeChanges() -> [(revision: UInt64, OfferChange)] {
    guard !untold.isEmpty else { return [] }
    defer { untold = [] }
    return untold.map { change in
      revision += 1
      return (revision, change)
    }
  }

  /// All that there are.
  var copies: [OfferCopy] {
    guard let node else { return [] }
    return open.values.map { $0.copy(from: node) }
  }

  // MARK: - A journal that fails

  /// Forgets what was decided and is not durable. None of it was told.
  mutating func forget(after entry: UInt64) {
    for offer in open.values where offer.entry > entry { _ = remove(offer.id) }
    for offer in open.values {
      for (account, answer) in offer.answers where answer.entry ?? 0 > entry {
        setAnswer(nil, of: account, to: offer.id)
      }
    }
  }
}
