import ConfabDomain
import OrderedCollections
import Primitives

// Offers whose senders are connected to other servers of the place: what is heard of them, and what
// people here have to say to them.
extension Hub {
  mutating func heardOffer(_ revision: UInt64, _ change: OfferChange, of node: NodeID) {
    guard offersElsewhere.follows(revision, of: node) else { return }
    switch change {
    case .made(let copy): heardOffer(copy, of: node)
    case .answered(let id, let account, let answer):
      guard let offer = offersElsewhere.open[id], offer.home == node else { return }
      heardAnswer(
        OpenFileOffer.Answer(answer, from: offer.from, here: options.node, at: now.monotonic),
        of: account, to: offer)
    case .over(let id, let reason): heardEnd(of: id, reason, at: node)
    }
  }

  private mutating func heardOffer(_ copy: OfferCopy, of node: NodeID) {
    let offer = OpenFileOffer(copy, home: node, here: options.node, at: now.monotonic)
    if let ours = files.open[copy.id] {
      // The journal says who was first, or where a sender went last.
      guard ours.from == copy.from, ours.entry < copy.entry else { return }
      handOver(ours)
    }
    if let known = offersElsewhere.open[copy.id] {
      guard known.from == copy.from, known.entry <= copy.entry else { return }
      let isNews = known.entry < copy.entry
      offersElsewhere.put(offer)
      guard isNews else { return }
    } else {
      offersElsewhere.put(offer)
    }
    tellOffer(offer)
  }

  /// Another server keeps the offer from now on. Until that one tells of it, it is nobody's.
  mutating func handOver(_ offer: OpenFileOffer) {
    files.handOver(offer.id)
    if let sender = offer.connection { hold(.notify(sender, .fileWithdrawn(offer.id, .cancelled))) }
    var copy = offer
    copy.connection = nil
    copy.offer = []
    offersElsewhere.put(copy)
    offersElsewhere.setAdrift(offer.id, at: now.monotonic)
  }

  private mutating func heardAnswer(
    _ answer: OpenFileOffer.Answer, of account: AccountID, to offer: OpenFileOffer
  ) {
    let before = offer.answers[account]
    offersElsewhere.setAnswer(answer, of: account, to: offer.id)
    switch (answer, before) {
    case (.accepted(let acceptance), .accepted(let known)?)
    where acceptance.pairing == known.pairing && acceptance.taker == known.taker:
      break
    case (.accepted(let acceptance), _):
      guard acceptance.lostAt == nil else { return }
      tellWithdrawal(of: offer, to: account, .takenElsewhere, except: acceptance.taker)
    case (.refused, .refused?), (.complete, .complete?): break
    case (.refused(_, let by), _):
      tellWithdrawal(of: offer, to: account, .refusedElsewhere, except: by)
    case (.complete, _): tellWithdrawal(of: offer, to: account, .complete)
    }
  }

  private mutating func heardEnd(of id: TransferID, _ reason: FileWithdrawal, at node: NodeID) {
    guard let offer = offersElsewhere.open[id], offer.home == node else { return }
    offersElsewhere.remove(id)
    files.noteEnding(of: id, reason)
    tellEnd(of: offer, reason)
  }

  /// The whole list of a server, after something was missed.
  mutating func heardOffers(
    _ revision: UInt64, page: Int, pages: Int, _ copies: [OfferCopy], of node: NodeID
  ) {
    guard
      let all = offersElsewhere.gather(revision, page: page, pages: pages, copies, of: node)
    else { return }
    let ids = Set(all.map(\.id))
    for gone in offersElsewhere.offers(of: node) where !ids.contains(gone.id) {
      heardEnd(of: gone.id, .cancelled, at: node)
    }
    for copy in all {
      let before = offersElsewhere.open[copy.id]
      heardOffer(copy, of: node)
      guard let before, before.home == node, before.entry == copy.entry,
        let offer = offersElsewhere.open[copy.id]
      else { continue }
      for (account, answer) in offer.answers { heardAnswer(answer, of: account, to: before) }
    }
  }

  /// All offers that this server keeps, for one that missed something.
  mutating func sendOffers(to node: NodeID) {
    let copies = files.copies
    let size = HubLimits.offerCopiesPerPage
    let pages = max(1, (copies.count + size - 1) / size)
    for page in 0..<pages {
      let part = Array(copies.dropFirst(page * size).prefix(size))
      tellNodes(
        .offers(revision: files.revision, page: page, pages: pages, part), to: node)
    }
  }

  mutating func tellFileChanges() {
    for (revision, change) in files.takeChanges() {
      tellNodes(.offerChanged(revision: revision, change))
    }
  }

  // MARK: - Servers that are gone

  mutating func loseOffers(of node: NodeID) {
    offersElsewhere.lose(node, at: now.monotonic)
    for offer in files.open.values {
      for (account, acceptance) in offer.acceptances where acceptance.taker.node == node {
        files.loseTaker(account, of: offer.id, at: now.monotonic)
      }
    }
  }

  mutating func expireOffersElsewhere() {
    for id in offersElsewhere.due(at: now.monotonic) {
      guard let offer = offersElsewhere.remove(id) else { continue }
      files.noteEnding(of: id, .senderLeft)
      tellEnd(of: offer, .senderLeft)
    }
  }

  // MARK: - People here

  mutating func answerElsewhere(
    _ caller: Caller, _ id: TransferID, _ person: AccountID, _ answer: FileAnswer
  ) throws(Rejection) {
    guard caller.elsewhere == nil, let offer = offersElsewhere.open[id], let home = offer.home,
      mayReceive(person, offer)
    else { throw ending(of: id) }
    guard !offersElsewhere.isAdrift(id) else {
      throw Rejection(
        .fileOfferGone, "The sender is not connected any more. The offer comes back with them.")
    }
    let device = device(of: caller)
    let question: NodeQuestion
    switch answer {
    case .accept(let bytes):
      try Self.checkOffer(byteCount: bytes.count)
      question = .accept(id, person, device, caller.connection, EncodedBytes(bytes))
    case .refuse(let reason):
      guard reason.utf8.count <= Limits.fileRefusalBytesMax else { throw Self.reasonTooLong }
      question = .refuse(id, person, device, caller.connection, reason: reason)
    }
    try ask(caller, question, of: home)
  }

  mutating func takeFileAnswer(
    _ answer: NodeAnswer, to open: NodeQuestions.Open, from node: NodeID
  ) {
    switch (answer, open.question) {
    case (.accepted(let pairing, let token), .accept(let id, _, let device?, _, _)):
      took(open.caller, id, device, pairing, relayToken: token.bytes, at: node)
    case (.offer(let bytes), .readOffer(let id, let person)):
      var offers: [FileOfferView] = []
      if var offer = offersElsewhere.open[id], !bytes.bytes.isEmpty, isConcerned(person, offer) {
        offer.offer = bytes.bytes
        offers = [view(of: offer, for: person, open.caller.connection, true)]
      }
      reply(open.caller, .fileOffers(offers, more: false))
    default: reply(open.caller, .done)
    }
  }

  private mutating func took(
    _ caller: Caller, _ id: TransferID, _ device: DeviceID, _ pairing: PairingID,
    relayToken: [UInt8], at node: NodeID
  ) {
    guard let account = connections[caller.connection]?.account else {
      // They hung up meanwhile; what the server tells of it next says so too.
      return
    }
    if let offer = offersElsewhere.open[id], offer.home == node {
      let acceptance = OpenFileOffer.Acceptance(
        grant: RelayGrant(
          pairing: pairing, sender: offer.from, taker: account, presenter: [], recipient: []),
        device: device, answer: [], entry: 0, taker: caller.endpoint)
      heardAnswer(.accepted(acceptance), of: account, to: offer)
    }
    reply(
      caller,
      .fileAcceptance(
        FileAcceptanceView(
          id: id, pairing: pairing, relayToken: relayToken,
          relayServer: nodes.address(of: node)?.address)))
  }

  /// Passes addresses on to the server that knows the other end.
  mutating func passOnElsewhere(
    _ caller: Caller, _ id: TransferID, _ pairing: PairingID, _ person: AccountID,
    _ candidates: [UInt8]
  ) throws(Rejection) {
    guard let offer = offersElsewhere.open[id], let home = offer.home,
      let acceptance = offer.acceptance(of: person), acceptance.pairing == pairing,
      acceptance.taker == caller.endpoint
    else { throw ending(of: id) }
    try limitFiles(person)
    tellNodes(
      .candidates(
        id, pairing, person, caller.connection, EncodedBytes(candidates), toSender: true),
      to: home)
    reply(caller, .done)
  }

  /// Addresses that another server passes on.
  mutating func heardCandidates(
    _ id: TransferID, _ pairing: PairingID, _ account: AccountID, _ connection: ConnectionID,
    _ bytes: [UInt8], toSender: Bool, from node: NodeID
  ) {
    guard toSender else {
      guard connections[connection]?.account == account else { return }
      return hold(.notify(connection, .fileCandidates(id, pairing, bytes)))
    }
    guard let offer = files.open[id], let acceptance = offer.acceptance(of: account),
      acceptance.pairing == pairing,
      acceptance.taker == Endpoint(node: node, connection: connection),
      acceptance.candidates < HubLimits.fileCandidatesPerPairingMax
    else { return }
    files.countCandidates(of: account, to: id)
    if let sender = offer.connection {
      hold(.notify(sender, .fileCandidates(id, pairing, bytes)))
    }
  }

  // MARK: - Takers

  /// A device that took files up is back on this connection.
  mutating func reattach(
    _ account: AccountID, to offer: OpenFileOffer, on connection: ConnectionID
  ) {
    guard let home = offer.home else {
      return files.reattach(account, to: offer.id, on: .here(connection))
    }
    tellNodes(.taker(offer.id, account, connection, isLost: false), to: home)
  }

  mutating func loseOffersElsewhere(of connection: ConnectionID) {
    for (offer, account, _) in offersElsewhere.taken({ $0 == connection }) {
      tellLostTaker(of: offer, account, connection)
    }
  }

  /// What was said of connections that are gone may have been lost.
  mutating func tellLostTakers(to home: NodeID) {
    for (offer, account, connection) in offersElsewhere.taken({ connections[$0] == nil })
    where offer.home == home { tellLostTaker(of: offer, account, connection) }
  }

  private mutating func tellLostTaker(
    of offer: OpenFileOffer, _ account: AccountID, _ connection: ConnectionID
  ) {
    tellNodes(.taker(offer.id, account, connection, isLost: true), to: offer.home)
  }

  mutating func heardTaker(
    _ id: TransferID, _ account: AccountID, _ taker: Endpoint, isLost: Bool
  ) {
    guard let acceptance = files.open[id]?.acceptance(of: account) else { return }
    if !isLost {
      files.reattach(account, to: id, on: taker)
    } else if acceptance.taker == taker {
      files.loseTaker(account, of: id, at: now.monotonic)
    }
  }
}
