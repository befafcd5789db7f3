import ConfabDomain
import OrderedCollections
import Primitives

// Who is told of offers, and what.
extension Hub {
  mutating func replyStanding(_ caller: Caller, _ offer: OpenFileOffer) {
    let recipients = recipients(of: offer)
    reply(
      caller,
      .fileStanding(
        FileStandingView(
          recipients: recipients.prefix(HubLimits.pageEntriesMax).map { view(of: $0, in: offer) },
          count: recipients.count, isRelayed: options.relaysFiles,
          expiresAt: offer.at + Periods.fileOffer)))
  }

  private func recipients(of offer: OpenFileOffer) -> [AccountID] {
    switch offer.recipient {
    case .person(let account): [account]
    case .channel(let id):
      state.channels[id]?.members.keys.filter { mayReceive($0, offer) } ?? []
    }
  }

  private func view(of account: AccountID, in offer: OpenFileOffer) -> FileRecipientView {
    FileRecipientView(
      name: state.name(of: account), isActive: person(account) != nil,
      canReceive: canReceiveFiles(account), state: offer.state(of: account))
  }

  // MARK: - Recipients

  /// Tells everybody whom it is for and who is there.
  mutating func tellOffer(_ offer: OpenFileOffer) {
    var copiesLeft = HubLimits.fileOfferCopiesMax
    for account in presence.people.keys
    where mayReceive(account, offer) && offer.isUnsettled(for: account) {
      for id in listening(account, to: offer) {
        let isCopied = copiesLeft > 0 && connections[id]?.canReceiveFiles == true
        hold(.notify(id, .fileOffered(view(of: offer, for: account, id, isCopied))))
        copiesLeft -= isCopied ? 1 : 0
      }
    }
  }

  /// What was offered before somebody came.
  mutating func tellFileOffers(to connection: ConnectionID, of account: AccountID) {
    guard files.count > 0 || !offersElsewhere.open.isEmpty else { return }
    let receives = connections[connection]?.canReceiveFiles == true
    let device = device(of: connection)
    var left = HubLimits.fileOffersToldMax
    var told: [AccountID: Int] = [:]
    for offer in knownOffers where mayReceive(account, offer) {
      guard left > 0, !offersElsewhere.isAdrift(offer.id),
        offer.from != account || device != offer.device
      else { continue }
      switch offer.state(for: account, .here(connection), device, at: now.monotonic) {
      case .taken, .refused, .complete: continue
      case .accepted: if receives { reattach(account, to: offer, on: connection) }
      case .waiting:
        let count = told[offer.from, default: 0]
        guard count < HubLimits.fileOffersToldPerAccountMax else { continue }
        told[offer.from] = count + 1
      }
      left -= 1
      hold(.notify(connection, .fileOffered(view(of: offer, for: account, connection, receives))))
    }
  }

  /// Tells everybody who might still have answered.
  mutating func tellEnd(of offer: OpenFileOffer, _ reason: FileWithdrawal) {
    for account in presence.people.keys
    where mayReceive(account, offer) && offer.isUnsettled(for: account) {
      tellWithdrawal(of: offer, to: account, reason)
    }
  }

  mutating func tellWithdrawal(
    of offer: OpenFileOffer, to account: AccountID, _ reason: FileWithdrawal,
    except answering: Endpoint? = nil
  ) {
    for id in listening(account, to: offer) where .here(id) != answering {
      hold(.notify(id, .fileWithdrawn(offer.id, reason)))
    }
  }

  /// A person's connections that hear of the offer: all but those of the device that made it.
  private func listening(_ account: AccountID, to offer: OpenFileOffer) -> [ConnectionID] {
    (connectionsByAccount[account] ?? []).filter { id in
      connections[id]?.isSubscribed == true
        && (account != offer.from || device(of: id) != offer.device)
    }
  }

  // MARK: - Senders

  /// The sender is back: what was answered meanwhile, and before.
  mutating func tellAnswers(to offer: OpenFileOffer, _ connection: ConnectionID) {
    for (account, acceptance) in offer.acceptances {
      hold(.notify(connection, .fileAnswered(view(of: acceptance, by: account, offer.id))))
    }
    for (account, answer) in offer.answers {
      guard case .refused = answer else { continue }
      let view = FileAnsweredView(
        id: offer.id, pairing: nil, by: state.name(of: account), device: nil,
        answer: .refuse(reason: ""), relayToken: [])
      hold(.notify(connection, .fileAnswered(view)))
    }
  }

  // MARK: - Lists

  mutating func readFileOffers(
    _ caller: Caller, _ id: TransferID?, after: TransferID?
  ) throws(Rejection) {
    let person = try state.person(try actor(caller)).id
    if let id {
      if let copy = offersElsewhere.open[id], let home = copy.home, isConcerned(person, copy),
        !offersElsewhere.isAdrift(id)
      {
        return try ask(caller, .readOffer(id, person), of: home)
      }
      let offer = files.open[id].flatMap { isConcerned(person, $0) ? $0 : nil }
      let views = offer.map { [view(of: $0, for: person, caller.connection, true)] } ?? []
      return reply(caller, .fileOffers(views, more: false))
    }
    let all = knownOffers
    let start = after.flatMap { id in all.firstIndex { $0.id == id } }.map { $0 + 1 } ?? 0
    let rest = all[start...].filter { isConcerned(person, $0) }
    let page = rest.prefix(HubLimits.fileOffersPerPageMax)
    reply(
      caller,
      .fileOffers(
        page.map { view(of: $0, for: person, caller.connection, false) },
        more: rest.count > page.count))
    log(caller, "listed offers of files")
  }

  /// Those that this server keeps, and those that others do.
  var knownOffers: [OpenFileOffer] {
    Array(files.open.values) + Array(offersElsewhere.open.values)
  }

  func isConcerned(_ account: AccountID, _ offer: OpenFileOffer) -> Bool {
    offer.from == account || mayReceive(account, offer)
  }

  /// - Parameter withBytes: the offer itself, if files can be received there.
  func view(
    of offer: OpenFileOffer, for account: AccountID, _ connection: ConnectionID, _ withBytes: Bool
  ) -> FileOfferView {
    let device = device(of: connection)
    let isOwn = offer.from == account && offer.recipient != .person(account)
    let bytes = withBytes && !isOwn && device != nil
    return FileOfferView(
      id: offer.id, from: state.name(of: offer.from),
      device: state.devices[offer.device]?.keys
        ?? DeviceKeys(identity: [], agreement: [], name: ""),
      channel: offer.recipient.channel, label: label(of: offer, for: account),
      offer: bytes ? offer.offer : [], summary: offer.summary,
      state: isOwn
        ? offer.overallState
        : offer.state(for: account, .here(connection), device, at: now.monotonic),
      at: offer.at, recipients: offer.from == account ? listed(offer) : [])
  }

  private func label(of offer: OpenFileOffer, for reader: AccountID) -> String {
    switch offer.recipient {
    case .person(let account):
      "@\(state.name(of: reader == offer.from ? account : offer.from))"
    case .channel(let id): state.channels[id].map { state.label(of: $0, for: reader) } ?? ""
    }
  }

  private func listed(_ offer: OpenFileOffer) -> [FileRecipientView] {
    var accounts = OrderedSet(offer.answers.keys.prefix(HubLimits.fileRecipientsListedMax))
    if case .person(let account) = offer.recipient { accounts.append(account) }
    return accounts.map { view(of: $0, in: offer) }
  }
}

extension OpenFileOffer {
  /// As its sender sees the whole of it.
  fileprivate var overallState: FileOfferState {
    if case .person(let account) = recipient { return state(of: account) }
    return acceptances.isEmpty ? .waiting : .accepted
  }
}
