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
  private var nextPairing: UInt64 = 1

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
    if let connection = offer.connection { involve(connection, offer.id) }
  }

  @discardableResult
  mutating func end(_ id: TransferID, _ reason: FileWithdrawal) -> OpenFileOffer? {
    guard let offer = remove(id) else { return nil }
    ended[id] = reason
    if ended.count > HubLimits.endedFileOffersMax { ended.removeFirst() }
    return offer
  }

  private mutating func remove(_ id: TransferID) -> OpenFileOffer? {
    guard let offer = open.removeValue(forKey: id) else { return nil }
    graces[id] = nil
    let left = count(of: offer.from) - 1
    countByAccount[offer.from] = left > 0 ? left : nil
    countAcceptances(-offer.acceptances.count, of: offer.from)
    if let connection = offer.connection { release(connection, id) }
    for (_, acceptance) in offer.acceptances { release(acceptance.connection, id) }
    return offer
  }

  /// The sender offers again, perhaps from another connection.
  mutating func resume(_ id: TransferID, on connection: ConnectionID, _ device: DeviceID) {
    guard let old = open[id] else { return }
    graces[id] = nil
    open[id]?.connection = connection
    open[id]?.device = device
    if let before = old.connection, before != connection { releaseUnlessNeeded(before, id) }
    involve(connection, id)
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
      releaseUnlessNeeded(old.connection, id)
    }
    open[id]?.answers[account] = answer
    if case .accepted(let acceptance) = answer {
      countAcceptances(1, of: offer.from)
      involve(acceptance.connection, id)
    }
  }

  /// A device that accepted is back on another connection.
  mutating func reattach(_ account: AccountID, to id: TransferID, on connection: ConnectionID) {
    guard var acceptance = open[id]?.acceptance(of: account) else { return }
    acceptance.connection = connection
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
      for (account, acceptance) in offer.acceptances where acceptance.connection == connection {
        var lost = acceptance
        lost.lostAt = now
        open[id]?.answers[account] = .accepted(lost)
      }
    }
    byConnection[connection] = nil
  }

  private mutating func involve(_ connection: ConnectionID, _ id: TransferID) {
    byConnection[connection, default: []].append(id)
  }

  private mutating func release(_ connection: ConnectionID, _ id: TransferID) {
    byConnection[connection]?.remove(id)
    if byConnection[connection]?.isEmpty == true { byConnection[connection] = nil }
  }

  /// Who offers to himself has both ends, and they may be on one connection for a moment.
  private mutating func releaseUnlessNeeded(_ connection: ConnectionID, _ id: TransferID) {
    guard let offer = open[id], offer.connection != connection,
      !offer.acceptances.contains(where: { $0.acceptance.connection == connection })
    else { return }
    release(connection, id)
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
