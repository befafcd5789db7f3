import ConfabDomain
import OrderedCollections
import Primitives

// An offer on its way to other servers of the place, and from them.
extension OpenFileOffer {
  func copy(from node: NodeID) -> OfferCopy {
    OfferCopy(
      id: id, from: from, recipient: recipient, channelPosition: channelPosition,
      at: at.millisecondsSinceEpoch, device: device, summary: summary, entry: entry,
      answers: answers.prefix(HubLimits.answerCopiesMax).map {
        OfferCopy.PersonAnswer(account: $0.key, answer: $0.value.copy(from: node))
      })
  }

  /// - Parameters:
  ///   - home: the server that keeps it.
  ///   - here: this server's name.
  init(_ copy: OfferCopy, home: NodeID, here: NodeID?, at now: MonotonicTime) {
    self.init(
      id: copy.id, home: home, from: copy.from, recipient: copy.recipient,
      channelPosition: copy.channelPosition, at: WallTime(millisecondsSinceEpoch: copy.at),
      // Its home says when it is over.
      expiresAt: now + Periods.fileOffer, device: copy.device, connection: nil, offer: [],
      summary: copy.summary, entry: copy.entry)
    for one in copy.answers.prefix(HubLimits.answerCopiesMax) {
      answers[one.account] = Answer(one.answer, from: copy.from, here: here, at: now)
    }
  }
}

extension OpenFileOffer.Answer {
  func copy(from node: NodeID) -> AnswerCopy {
    switch self {
    case .accepted(let acceptance):
      .accepted(
        acceptance.taker.node ?? node, acceptance.taker.connection, acceptance.device,
        acceptance.pairing, isLost: acceptance.lostAt != nil)
    case .refused(_, let by): .refused(by.map { $0.node ?? node }, by?.connection)
    case .complete: .complete
    }
  }

  init(_ copy: AnswerCopy, from sender: AccountID, here: NodeID?, at now: MonotonicTime) {
    func endpoint(_ node: NodeID, _ connection: ConnectionID) -> Endpoint {
      Endpoint(node: node == here ? nil : node, connection: connection)
    }
    switch copy {
    case .accepted(let node, let connection, let device, let pairing, let isLost):
      self = .accepted(
        OpenFileOffer.Acceptance(
          grant: RelayGrant(
            pairing: pairing, sender: sender, taker: sender, presenter: [], recipient: []),
          device: device, answer: [], entry: 0, taker: endpoint(node, connection),
          lostAt: isLost ? now : nil))
    case .refused(let node, let connection):
      var by: Endpoint?
      if let node, let connection { by = endpoint(node, connection) }
      self = .refused(entry: 0, by: by)
    case .complete: self = .complete
    }
  }
}
