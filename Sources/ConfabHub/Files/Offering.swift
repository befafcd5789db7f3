import ConfabDomain
import OrderedCollections
import Primitives

// Offering files, and taking the offer back.
extension Hub {
  mutating func routeFiles(_ request: Request, _ caller: Caller) throws(Rejection) {
    switch request {
    case .offerFile(let offering): try offerFile(caller, offering)
    case .answerFile(let id, let answer): try answerFile(caller, id, answer)
    case .withdrawFile(let id, let recipient, let isComplete):
      try withdrawFile(caller, id, from: recipient, isComplete: isComplete)
    case .sendFileCandidates(let id, let pairing, let candidates):
      try passOn(caller, id, pairing, candidates)
    case .readFileOffers(let id, let after): try readFileOffers(caller, id, after: after)
    default: break
    }
  }

  // MARK: - Offering

  private mutating func offerFile(
    _ caller: Caller, _ offering: FileOffering
  ) throws(Rejection) {
    let sender = try state.person(try actor(caller))
    guard let device = device(of: caller) else { throw Self.deviceRefusal }
    try Self.checkOffer(byteCount: offering.offer.count)
    guard let open = files.open[offering.id] else {
      return try makeOffer(caller, sender.id, device, offering)
    }
    guard open.from == sender.id else { throw Self.transferTaken }
    try offerAgain(caller, open, device, offering)
  }

  private mutating func makeOffer(
    _ caller: Caller, _ sender: AccountID, _ device: DeviceID, _ offering: FileOffering
  ) throws(Rejection) {
    let before = offersElsewhere.open[offering.id]
    guard before == nil || before?.from == sender else { throw Self.transferTaken }
    let open = files.count(of: sender) + offersElsewhere.count(of: sender)
    guard open - (before == nil ? 0 : 1) < HubLimits.fileOffersPerAccountMax else {
      throw Rejection(
        .placeFull,
        "You have \(HubLimits.fileOffersPerAccountMax) offers waiting. Take one back first.")
    }
    guard files.count < HubLimits.fileOffersMax else {
      throw Rejection(.placeFull, "Too many files are offered on this server. Try again later.")
    }
    try limitFiles(sender)
    let command = OfferFile(
      id: offering.id, to: offering.to, device: device, summary: offering.summary)
    guard let made = try execute(command, by: .account(sender)).first,
      case .fileOffered(let new) = made.event.body
    else { return }
    var offer = OpenFileOffer(
      id: new.id, from: sender, recipient: new.recipient,
      channelPosition: new.recipient.channel.flatMap { state.channels[$0]?.position } ?? 0,
      at: now.wall, expiresAt: now.monotonic + Periods.fileOffer, device: device,
      connection: caller.connection, offer: offering.offer, summary: offering.summary,
      entry: made.entry)
    // Its sender was connected to another server until now.
    if let before = offersElsewhere.remove(new.id), before.device == device,
      before.recipient == new.recipient
    {
      offer.answers = before.settledAnswers
    }
    files.insert(offer)
    replyStanding(caller, offer)
    log(caller, "offered files", offer.words(in: state))
    tellOffer(offer)
  }

  /// The sender was lost, or has something new to say.
  private mutating func offerAgain(
    _ caller: Caller, _ open: OpenFileOffer, _ device: DeviceID, _ offering: FileOffering
  ) throws(Rejection) {
    let command = OfferFile(
      id: open.id, to: offering.to, device: device, summary: offering.summary)
    // Decided in any case: the sender must still be allowed to.
    let decided = try command.decide(in: state, by: .account(open.from), at: now.wall).first
    guard case .fileOffered(let new)? = decided, new.recipient == open.recipient else {
      throw Rejection(.fileOfferUnfit, "An offer stays with those to whom it was made.")
    }
    guard offering.offer != open.offer || device != open.device else {
      files.resume(open.id, on: caller.connection, device)
      replyStanding(caller, open)
      if open.connection != caller.connection { tellAnswers(to: open, caller.connection) }
      return
    }
    try limitFiles(open.from)
    guard let made = try execute(command, by: .account(open.from)).first else { return }
    files.resume(open.id, on: caller.connection, device)
    let over = files.replace(
      open.id, offer: offering.offer, summary: offering.summary, entry: made.entry)
    for acceptance in over { closeRelay(acceptance) }
    guard let anew = files.open[open.id] else { return }
    replyStanding(caller, anew)
    log(caller, "offered files again", anew.words(in: state))
    tellOffer(anew)
  }

  // MARK: - Taking back

  mutating func withdrawFile(
    _ caller: Caller, _ id: TransferID, from recipient: String, isComplete: Bool
  ) throws(Rejection) {
    let sender = try state.person(try actor(caller))
    let single = recipient.isEmpty ? nil : try state.account(typed: recipient).id
    guard single == nil || isComplete else {
      throw Rejection(.requestInvalid, "An offer is taken back from everybody, or is complete.")
    }
    if let copy = offersElsewhere.open[id], copy.from == sender.id, let home = copy.home,
      // Of a server that is gone it ends by itself.
      !offersElsewhere.isAdrift(id)
    {
      let question = NodeQuestion.withdraw(
        id, sender.id, recipient: recipient, isComplete: isComplete)
      return try ask(caller, question, of: home)
    }
    // What is gone is withdrawn, and what is somebody else's is nobody's business.
    guard let offer = files.open[id], offer.from == sender.id else { return reply(caller, .done) }
    if let single, offer.recipient != .person(single) {
      complete(offer, for: single)
    } else {
      endOffer(id, isComplete ? .complete : .cancelled)
      log(caller, isComplete ? "sent files" : "withdrew files", offer.words(in: state))
    }
    reply(caller, .done)
  }

  /// One of many has everything.
  private mutating func complete(_ offer: OpenFileOffer, for account: AccountID) {
    guard let acceptance = offer.acceptance(of: account) else { return }
    files.setAnswer(.complete, of: account, to: offer.id)
    closeRelay(acceptance)
    tellWithdrawal(of: offer, to: account, .complete)
  }

  /// Ends an offer for everybody and tells those who might have answered.
  mutating func endOffer(_ id: TransferID, _ reason: FileWithdrawal) {
    guard let offer = files.end(id, reason) else { return }
    // When the sender says so, nothing is left to forward; else two devices may still be at it.
    if reason == .complete || reason == .cancelled {
      for (_, acceptance) in offer.acceptances { closeRelay(acceptance) }
    }
    tellEnd(of: offer, reason)
    if reason == .expired || reason == .cancelled, let sender = offer.connection {
      hold(.notify(sender, .fileWithdrawn(id, reason)))
    }
  }

  /// Whoever leaves a channel offers nothing there and is offered nothing.
  mutating func withdrawFiles(in channel: ChannelID, from account: AccountID) {
    for copy in offersElsewhere.open.values
    where copy.recipient == .channel(channel) && copy.from != account
      && copy.answers[account] == nil
    { tellWithdrawal(of: copy, to: account, .cancelled) }
    for offer in files.open.values where offer.recipient == .channel(channel) {
      if offer.from == account {
        endOffer(offer.id, .cancelled)
      } else if offer.answers[account] == nil {
        tellWithdrawal(of: offer, to: account, .cancelled)
      }
    }
  }

  mutating func withdrawFiles(in channel: ChannelID) {
    for offer in files.open.values where offer.recipient == .channel(channel) {
      endOffer(offer.id, .cancelled)
    }
  }

  // MARK: - Senders who are gone

  mutating func loseFileOffers(of connection: ConnectionID) {
    loseOffersElsewhere(of: connection)
    files.lose(connection, at: now.monotonic)
  }

  /// The session is over: nothing of it waits to come back.
  mutating func endFileOffers(of connection: ConnectionID) {
    for id in files.involving(connection) where files.open[id]?.connection == connection {
      endOffer(id, .senderLeft)
    }
    loseFileOffers(of: connection)
  }

  mutating func expireFileOffers() {
    expireOffersElsewhere()
    guard files.count > 0 else { return }
    for (id, reason) in files.due(at: now.monotonic) { endOffer(id, reason) }
  }

  // MARK: - Rules

  /// Whether the offer is for this person, now.
  func mayReceive(_ account: AccountID, _ offer: OpenFileOffer) -> Bool {
    switch offer.recipient {
    case .person(let one): return one == account
    case .channel(let id):
      guard account != offer.from, let channel = state.channels[id],
        let membership = channel.members[account]
      else { return false }
      return channel.isOpenToAll || membership.visibility.afterPosition < offer.channelPosition
    }
  }

  func device(of caller: Caller) -> DeviceID? {
    caller.elsewhere.map { $0.device } ?? device(of: caller.connection)
  }

  func device(of connection: ConnectionID) -> DeviceID? {
    connections[connection]?.session.flatMap { state.sessions[$0]?.device }
  }

  mutating func limitFiles(_ account: AccountID) throws(Rejection) {
    guard let wait = fileRates.take(account, at: now.monotonic) else { return }
    throw Rejection(
      .rateLimited, "Too many files at once. Slow down a little.", retryAfter: wait)
  }

  static func checkOffer(byteCount: Int) throws(Rejection) {
    guard (1...Limits.fileOfferBytesMax).contains(byteCount) else {
      throw Rejection(
        .fileOfferUnfit,
        "An offer and its answer have 1 to \(Limits.fileOfferBytesMax) bytes; this has "
          + "\(byteCount).")
    }
  }

  private static let transferTaken = Rejection(
    .transferIDTaken, "This transfer id was used by somebody else.")

  static let deviceRefusal = Rejection(
    .deviceRequired,
    "Files go between devices with keys, and this session has none. Sign in again with this program."
  )

  mutating func closeRelay(_ acceptance: OpenFileOffer.Acceptance) {
    if options.relaysFiles { hold(.closeRelay(acceptance.pairing)) }
  }
}

extension NewFileOffer.Recipient {
  /// Nil for one person.
  var channel: ChannelID? {
    if case .channel(let id) = self { id } else { nil }
  }
}

extension OpenFileOffer {
  /// Whether the person could still do something about it.
  func isUnsettled(for account: AccountID) -> Bool {
    switch answers[account] {
    case nil, .accepted: true
    case .refused, .complete: false
    }
  }

  /// What holds at another server too: who takes it is asked again there.
  var settledAnswers: OrderedDictionary<AccountID, Answer> {
    answers.filter { if case .accepted = $0.value { false } else { true } }
  }

  /// For the log: never a name of a file.
  func words(in state: PlaceState) -> String {
    let whom =
      switch recipient {
      case .person(let account): "@\(state.name(of: account))"
      case .channel(let id): state.channels[id].map { state.label(of: $0, for: from) } ?? ""
      }
    return "\(id) to \(whom): \(summary.files == 1 ? "1 file" : "\(summary.files) files"), "
      + "\(summary.bytes) bytes"
  }
}
