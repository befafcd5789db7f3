import ConfabDomain
import OrderedCollections
import Primitives

/// A connection to this server, or to another of the place.
struct Endpoint: Hashable, Sendable {
  /// Nil for this one.
  var node: NodeID?
  var connection: ConnectionID

  static func here(_ connection: ConnectionID) -> Endpoint {
    Endpoint(node: nil, connection: connection)
  }
}

/// An offer of files that may be answered. It lives in memory only: without its sender it is worth
/// nothing, and a sender whose server begins anew offers again.
///
/// It is kept by the server that its sender is connected to, which decides who takes it; the others
/// have copies without what only the devices understand.
struct OpenFileOffer: Sendable {
  let id: TransferID
  /// The server that keeps it; nil for this one.
  var home: NodeID?
  let from: AccountID
  let recipient: NewFileOffer.Recipient
  /// Where its channel stood: who joins a private room later is not asked.
  let channelPosition: UInt64
  let at: WallTime
  let expiresAt: MonotonicTime
  var device: DeviceID
  /// Nil while the sender is lost and may come back.
  var connection: ConnectionID?
  var offer: [UInt8]
  var summary: FileSummary
  /// What the journal must have before this counts.
  var entry: UInt64
  var answers: OrderedDictionary<AccountID, Answer> = [:]

  enum Answer: Sendable {
    case accepted(Acceptance)
    case refused(entry: UInt64, by: Endpoint?)
    case complete

    /// Nil for what no entry stands behind.
    var entry: UInt64? {
      switch self {
      case .accepted(let acceptance): acceptance.entry
      case .refused(let entry, _): entry
      case .complete: nil
      }
    }
  }

  struct Acceptance: Sendable {
    let grant: RelayGrant
    let device: DeviceID
    let answer: [UInt8]
    let entry: UInt64
    var taker: Endpoint
    /// The number of the question by which another server asked for it, so that asking again is no
    /// second acceptance.
    var question: UInt64?
    /// When the connection that accepted was lost.
    var lostAt: MonotonicTime?
    var candidates = 0

    var pairing: PairingID { grant.pairing }

    /// Whether it keeps another connection of the person from accepting: for as long as the one that
    /// accepted is there, and a while longer against other devices.
    func holds(against device: DeviceID?, at now: MonotonicTime) -> Bool {
      guard let lostAt else { return true }
      return device != self.device && now.since(lostAt) < HubLimits.fileOfferGrace
    }
  }

  func acceptance(of account: AccountID) -> Acceptance? {
    if case .accepted(let acceptance)? = answers[account] { acceptance } else { nil }
  }

  var acceptances: [(account: AccountID, acceptance: Acceptance)] {
    answers.compactMap { account, answer in
      if case .accepted(let acceptance) = answer { (account, acceptance) } else { nil }
    }
  }

  /// As the connection of a recipient sees it.
  func state(
    for account: AccountID, _ connection: Endpoint, _ device: DeviceID?, at now: MonotonicTime
  ) -> FileOfferState {
    guard let acceptance = acceptance(of: account), acceptance.taker != connection else {
      return state(of: account)
    }
    // A device that comes to another server has left the one before, which may not have said so yet.
    let hasMoved = acceptance.device == device && acceptance.taker.node != connection.node
    if !hasMoved, acceptance.holds(against: device, at: now) { return .taken }
    return acceptance.device == device ? .accepted : .waiting
  }

  /// As its sender sees a recipient.
  func state(of account: AccountID) -> FileOfferState {
    switch answers[account] {
    case nil: .waiting
    case .accepted: .accepted
    case .refused: .refused
    case .complete: .complete
    }
  }
}
