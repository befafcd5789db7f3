import ConfabClient
import ConfabDomain
import ConfabTerminal
import ConfabTransfer
import ConfabWire
import Foundation

// Offers of others, and receiving what the person accepts.
extension ChatFiles {
  /// What comes of an offer to this person.
  struct Incoming {
    /// The latest: a sender who begins anew offers anew.
    var offer: WireFileOffer
    /// The person wants it.
    var isAccepted = false
    /// A task is at it.
    var isBusy = false
    var isConnected = false
    var reception: FileReception?
    var receiving: Task<Void, Never>?
    /// The server says that it is over; between the two devices it may go on.
    var isWithdrawn = false
  }

  func heard(of offer: WireFileOffer) async {
    guard offer.state == .waiting || offer.state == .accepted else { return }
    if let number = number(of: offer.transferID) {
      return heard(again: offer, number)
    }
    let more = offer.summary.files > 1 && !offer.summary.folder
    let name = offer.summary.name + (more ? " and \(offer.summary.files - 1) more" : "")
    let number = book.add(
      name, bytes: offer.summary.bytes, .receiving, "@" + offer.from, .offered)
    incoming[number] = Incoming(offer: offer)
    if agreements[offer.transferID] != nil {
      accept(number)
    } else {
      await remark(words(for: offer, name, number))
    }
    await showLines()
  }

  private func words(for offer: WireFileOffer, _ name: String, _ number: Int) -> String {
    let whom = offer.channel == 0 ? "you" : offer.label
    let size = TransferText.size(offer.summary.bytes)
    let again = offer.state == .accepted ? " You took it before, and it can go on:" : ""
    return "\(offer.from) offers \(whom) \(name), \(size).\(again) /accept \(number) takes it, "
      + "/decline \(number) does not."
  }

  private func heard(again offer: WireFileOffer, _ number: Int) {
    guard let known = incoming[number] else { return }
    incoming[number]?.offer = offer
    incoming[number]?.isWithdrawn = false
    // Offered anew: whom the old offer led to is gone.
    if known.isBusy, !known.offer.isSame(as: offer) { known.reception?.stop() }
    if known.isAccepted, !known.isBusy { accept(number) }
  }

  private func number(of transfer: Data) -> Int? {
    incoming.first { $0.value.offer.transferID == transfer }?.key
  }

  /// The offer is over, as the server says.
  func ended(_ withdrawn: WireFileWithdrawn) async {
    guard let number = number(of: withdrawn.transferID), let known = incoming[number],
      let item = book[number]
    else { return }
    if known.isBusy {
      incoming[number]?.isWithdrawn = true
      // Who was not reached will not be.
      if !known.isConnected { known.reception?.stop() }
      return
    }
    await remove(number)
    guard withdrawn.reason != .complete else { return }
    await remark(
      "\(item.name) from \(item.other): \(withdrawn.reason.words)."
        + (known.isAccepted ? " It goes on by itself when it is offered again." : ""))
  }

  func decline(_ item: TransferBook.Item) async {
    guard let id = incoming[item.number]?.offer.transfer else { return }
    do {
      try await online.refuseFile(id, reason: "")
      await remove(item.number)
      await answer(.information, "\(item.name) from \(item.other) was declined.")
    } catch {
      await answer(.error, Failure.plainWords(error))
    }
  }

  func cancelReceiving(_ number: Int) async {
    guard let known = incoming[number] else { return }
    agreements[known.offer.transferID] = nil
    // First, so that its end is no news.
    await remove(number)
    known.reception?.cancel()
    guard let id = known.offer.transfer else { return }
    // The sender hears it from the device as well.
    try? await connection?.refuseFile(id, reason: "")
  }

  // MARK: Receiving

  func accept(_ number: Int) {
    guard incoming[number]?.isBusy == false else { return }
    incoming[number]?.isBusy = true
    incoming[number]?.isAccepted = true
    if let other = book[number]?.other {
      book.set(.running([.init(person: other.withoutMark)]), of: number)
    }
    incoming[number]?.receiving = Task {
      await showLines()
      await receive(number)
    }
  }

  private func receive(_ number: Int) async {
    while let offer = incoming[number]?.offer, let item = book[number] {
      var problem: (any Error)?
      do {
        guard try await receive(offer, number, item) else { return await remove(number) }
        agreements[offer.transferID] = nil
        return await remove(number)
      } catch {
        problem = error
      }
      incoming[number]?.reception = nil
      incoming[number]?.isConnected = false
      // The sender has begun anew.
      if let latest = incoming[number]?.offer, !latest.isSame(as: offer) { continue }
      guard incoming[number] != nil, let problem else { return }
      return await stopped(number, item, problem)
    }
  }

  private func stopped(_ number: Int, _ item: TransferBook.Item, _ problem: any Error) async {
    incoming[number]?.isBusy = false
    switch problem {
    case let problem as TransferInterrupted:
      let isOver = incoming[number]?.isWithdrawn ?? true
      await remark(
        "\(item.name) from \(item.other) stopped: \(problem.interruption.words). "
          + (isOver
            ? "It goes on by itself when it is offered again." : "/accept \(number) goes on."))
      guard !isOver else { return await remove(number) }
      book.set(.interrupted, of: number)
      await showLines()
    case is ConnectionError, is ChatError:
      // The server tells of the offer with the next connection.
      incoming[number]?.isAccepted = false
      book.set(.offered, of: number)
      await answer(.error, Failure.plainWords(problem))
      await showLines()
    default:
      await remove(number)
      await remark(
        "\(item.name) from \(item.other) was not received: \(Failure.plainWords(problem))", .error)
    }
  }

  /// - Returns: false when the offer is gone.
  private func receive(
    _ told: WireFileOffer, _ number: Int, _ item: TransferBook.Item
  ) async throws -> Bool {
    let connection = try online
    guard let offer = try await GenuineOffer.read(told, by: parties, over: connection) else {
      await remark("\(item.name) is not offered any more.")
      return false
    }
    let into = try await destination(of: offer)
    if let warning = offer.warning { await remark(warning) }
    guard
      let reception = try await offer.accept(
        into: .folder(into), by: parties, with: try startedEngine(), over: connection)
    else { return false }
    guard let latest = incoming[number]?.offer else {
      reception.cancel()
      return false
    }
    incoming[number]?.reception = reception
    if !latest.isSame(as: told) { reception.stop() }
    try await follow(reception, number, item, into)
    return true
  }

  /// What goes on must go on in the same folder; what is not the same must be asked about.
  private func destination(of offer: GenuineOffer) async throws -> String {
    let id = offer.told.transferID
    if let known = agreements[id] {
      if known.agreement == offer.agreement { return known.folder }
      agreements[id] = nil
      throw UsageError("it is not what you accepted before. Ask for it once more.")
    }
    if agreements.count >= Self.agreementsMax { agreements = [:] }
    agreements[id] = (offer.agreement, folder)
    return folder
  }

  private func follow(
    _ reception: FileReception, _ number: Int, _ item: TransferBook.Item, _ folder: String
  ) async throws {
    for await update in reception.updates {
      switch update {
      case .connected: incoming[number]?.isConnected = true
      case .progress(let progress):
        book.progressed(number, with: item.other.withoutMark, progress)
        await showLines()
      case .ended(.done(let report)): await remark(words(for: item, report, folder))
      case .ended(.failed(let failure, _)): throw failure
      case .ended(.interrupted(let interruption)): throw TransferInterrupted(interruption)
      }
    }
  }

  /// "Received lecture1.mp4 from Yoda", and where it is.
  private func words(
    for item: TransferBook.Item, _ report: TransferReport, _ folder: String
  ) -> String {
    var tops: [String] = []
    for file in report.files.prefix(1) {
      tops.append(file.path.split(separator: "/").first.map(String.init) ?? file.path)
    }
    let place = tops.first.map { " as \(folder)/\($0)" } ?? " in \(folder)"
    return "Received \(item.name) from \(item.other.withoutMark)\(place)"
  }
}
