import ConfabDomain
import OrderedCollections
import Primitives

// Answering an offer of files, and introducing the two devices to each other.
extension Hub {
  mutating func answerFile(
    _ caller: Caller, _ id: TransferID, _ answer: FileAnswer
  ) throws(Rejection) {
    let person = try state.person(try actor(caller)).id
    let device = device(of: caller)
    guard let offer = files.open[id], mayReceive(person, offer) else {
      return try answerElsewhere(caller, id, person, answer)
    }
    if offer.from == person, device == offer.device {
      throw Rejection(.requestInvalid, "A device does not send files to itself.")
    }
    switch offer.state(for: person, caller.endpoint, device, at: now.monotonic) {
    case .taken:
      throw Rejection(.fileOfferTaken, "Another device of yours takes these files.")
    case .complete:
      throw Rejection(.fileOfferGone, "You have these files already.")
    case .refused:
      if case .refuse = answer { return reply(caller, .done) }
      throw Rejection(.fileOfferGone, "You refused these files. Ask for them once more.")
    case .waiting, .accepted: break
    }
    switch answer {
    case .accept(let bytes): try accept(caller, offer, person, device, bytes)
    case .refuse(let reason): try refuse(caller, offer, person, device, reason)
    }
  }

  /// Why an offer cannot be answered. Who was never asked learns no more than that.
  func ending(of id: TransferID) -> Rejection {
    switch files.ending(of: id) {
    case .expired:
      Rejection(.fileOfferExpired, "The offer waited too long and ended. Ask for the files again.")
    case .senderLeft:
      Rejection(
        .fileOfferGone, "The sender is not connected any more. The offer comes back with them.")
    default: Rejection(.fileOfferGone, "These files are not offered any more.")
    }
  }

  // MARK: - Accepting

  private mutating func accept(
    _ caller: Caller, _ offer: OpenFileOffer, _ person: AccountID, _ device: DeviceID?,
    _ bytes: [UInt8]
  ) throws(Rejection) {
    guard let device else { throw Self.deviceRefusal }
    try Self.checkOffer(byteCount: bytes.count)
    let before = offer.acceptance(of: person)
    if let before, before.taker == caller.endpoint, before.question == caller.request,
      caller.elsewhere != nil
    {
      // Asked again, because the answer was lost.
      return replyAcceptance(caller, offer.id, before)
    }
    if before == nil {
      guard offer.acceptances.count < HubLimits.fileAcceptancesPerOfferMax,
        files.acceptanceCount < HubLimits.fileAcceptancesMax,
        files.acceptanceCount(of: offer.from) < HubLimits.fileAcceptancesPerAccountMax
      else {
        throw Rejection(
          .placeFull, "Too many people take files at this moment. Try again later.")
      }
    }
    try requireJournal()
    try limitFiles(person)
    let accepted = Event.Body.fileAccepted(offer.id, from: offer.from, device: device)
    guard let entry = commit([accepted], by: person).last?.entry else { return }
    if let before { closeRelay(before) }
    let acceptance = OpenFileOffer.Acceptance(
      grant: makeGrant(for: offer.from, and: person), device: device, answer: bytes, entry: entry,
      taker: caller.endpoint, question: caller.elsewhere == nil ? nil : caller.request)
    files.setAnswer(.accepted(acceptance), of: person, to: offer.id)
    // First, so that the relay knows both before one of them asks.
    if options.relaysFiles { hold(.openRelay(acceptance.grant)) }
    replyAcceptance(caller, offer.id, acceptance)
    if let sender = offer.connection {
      hold(.notify(sender, .fileAnswered(view(of: acceptance, by: person, offer.id))))
    }
    tellWithdrawal(of: offer, to: person, .takenElsewhere, except: caller.endpoint)
    log(caller, "accepted files", "\(offer.id) from @\(state.name(of: offer.from))")
  }

  private mutating func replyAcceptance(
    _ caller: Caller, _ id: TransferID, _ acceptance: OpenFileOffer.Acceptance
  ) {
    reply(
      caller,
      .fileAcceptance(
        FileAcceptanceView(
          id: id, pairing: acceptance.pairing, relayToken: acceptance.grant.recipient)))
  }

  private mutating func makeGrant(for sender: AccountID, and taker: AccountID) -> RelayGrant {
    let pairing = files.makePairing()
    guard options.relaysFiles else {
      return RelayGrant(
        pairing: pairing, sender: sender, taker: taker, presenter: [], recipient: [])
    }
    return RelayGrant(
      pairing: pairing, sender: sender, taker: taker,
      presenter: randomBytes(count: RelayGrant.tokenBytes),
      recipient: randomBytes(count: RelayGrant.tokenBytes))
  }

  func view(
    of acceptance: OpenFileOffer.Acceptance, by person: AccountID, _ id: TransferID
  ) -> FileAnsweredView {
    FileAnsweredView(
      id: id, pairing: acceptance.pairing, by: state.name(of: person),
      device: state.devices[acceptance.device]?.keys, answer: .accept(acceptance.answer),
      relayToken: acceptance.grant.presenter)
  }

  // MARK: - Refusing

  private mutating func refuse(
    _ caller: Caller, _ offer: OpenFileOffer, _ person: AccountID, _ device: DeviceID?,
    _ reason: String
  ) throws(Rejection) {
    guard reason.utf8.count <= Limits.fileRefusalBytesMax else { throw Self.reasonTooLong }
    try requireJournal()
    let before = offer.acceptance(of: person)
    let refused = Event.Body.fileRefused(offer.id, from: offer.from)
    guard let entry = commit([refused], by: person).last?.entry else { return }
    files.setAnswer(.refused(entry: entry, by: caller.endpoint), of: person, to: offer.id)
    if let before { closeRelay(before) }
    reply(caller, .done)
    if let sender = offer.connection {
      let view = FileAnsweredView(
        id: offer.id, pairing: before?.pairing, by: state.name(of: person),
        device: device.flatMap { state.devices[$0]?.keys }, answer: .refuse(reason: reason),
        relayToken: [])
      hold(.notify(sender, .fileAnswered(view)))
    }
    tellWithdrawal(of: offer, to: person, .refusedElsewhere, except: caller.endpoint)
    log(caller, "refused files", "\(offer.id) from @\(state.name(of: offer.from))")
  }

  static let reasonTooLong = Rejection(
    .fileOfferUnfit, "A reason has at most \(Limits.fileRefusalBytesMax) bytes.")

  // MARK: - Candidates

  /// Passes addresses on from one end of a pairing to the other.
  mutating func passOn(
    _ caller: Caller, _ id: TransferID, _ pairing: PairingID, _ candidates: [UInt8]
  ) throws(Rejection) {
    let person = try state.person(try actor(caller)).id
    guard (1...Limits.fileCandidatesBytesMax).contains(candidates.count) else {
      throw Rejection(
        .fileOfferUnfit, "Candidates have 1 to \(Limits.fileCandidatesBytesMax) bytes.")
    }
    guard let offer = files.open[id],
      let (recipient, acceptance) = offer.acceptances.first(where: {
        $0.acceptance.pairing == pairing
      })
    else { return try passOnElsewhere(caller, id, pairing, person, candidates) }
    let isTaker = caller.endpoint == acceptance.taker
    guard isTaker || (person == offer.from && caller.endpoint == offer.connection.map { .here($0) })
    else { throw ending(of: id) }
    guard acceptance.candidates < HubLimits.fileCandidatesPerPairingMax else {
      throw Rejection(.rateLimited, "These two devices have exchanged enough addresses.")
    }
    files.countCandidates(of: recipient, to: id)
    // Who is away for a moment does without: addresses grow old quickly.
    if isTaker {
      if let sender = offer.connection {
        hold(.notify(sender, .fileCandidates(id, pairing, candidates)))
      }
    } else if acceptance.lostAt == nil {
      tellTaker(acceptance.taker, of: recipient, id, pairing, candidates)
    }
    reply(caller, .done)
  }

  private mutating func tellTaker(
    _ taker: Endpoint, of account: AccountID, _ id: TransferID, _ pairing: PairingID,
    _ candidates: [UInt8]
  ) {
    guard let node = taker.node else {
      return hold(.notify(taker.connection, .fileCandidates(id, pairing, candidates)))
    }
    tellNodes(
      .candidates(
        id, pairing, account, taker.connection, EncodedBytes(candidates), toSender: false),
      to: node)
  }
}
