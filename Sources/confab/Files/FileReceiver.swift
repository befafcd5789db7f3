import ConfabClient
import ConfabDomain
import ConfabTransfer
import ConfabWire
import Foundation

/// Takes files that are offered, one offer after the other.
actor FileReceiver {
  struct Wishes: Sendable {
    /// Nil takes files of everybody.
    var from: String?
    var destination: ReceptionOptions.Destination
    /// Without asking.
    var takesAll = false
    /// Ends after one transfer.
    var once = false
    /// Reads all again that an earlier attempt left.
    var rechecks = false
    /// Nobody but the server learns where this device is.
    var isRelayOnly = false
  }

  /// The offer that is being answered or received.
  private struct Current {
    let offer: WireFileOffer
    var reception: FileReception?
    /// The sender's device was reached.
    var isConnected = false
  }

  private let parties: TransferParties
  private let wishes: Wishes
  private let display: TransferDisplay
  private let engine: TransferEngine

  private var connection: Connection?
  /// One for each transfer: an offer that is made anew takes the place of the one before.
  private var waiting: [WireFileOffer] = []
  private var current: Current?
  private var running: Task<Void, Never>?
  /// What the person said yes to, so that a sender who begins anew needs no second answer.
  private var agreements: [Data: FileAgreement] = [:]
  private let finished: AsyncStream<Result<Void, any Error>>.Continuation
  /// Yields once, when `once` is fulfilled, or cannot be.
  nonisolated let end: AsyncStream<Result<Void, any Error>>

  init(_ wishes: Wishes, json: Bool, parties: TransferParties) async throws {
    self.parties = parties
    self.wishes = wishes
    display = TransferDisplay(.receiving, json: json, isQuiet: wishes.destination.isStream)
    (end, finished) = AsyncStream.makeStream()
    engine = try TransferEngine.start()
  }

  func handle(_ happening: Follower.Happening) async {
    switch happening {
    case .connected(let connection, _): self.connection = connection
    case .lost(let reason, _): await display.note("\(reason) Trying again…")
    case .file(.offered(let offer)): heard(of: offer)
    case .file(.withdrawn(let withdrawn)):
      waiting.removeAll { $0.transferID == withdrawn.transferID }
      if let current, current.offer.transferID == withdrawn.transferID, !current.isConnected {
        current.reception?.stop()
      }
    default: break
    }
  }

  /// Lets the sender know that it goes on later.
  func stop() async {
    waiting = []
    guard let reception = current?.reception else { return }
    reception.stop()
    await running?.value
  }

  private func heard(of offer: WireFileOffer) {
    if let from = wishes.from, offer.from.lowercased() != from.lowercased() { return }
    guard offer.state == .waiting || offer.state == .accepted else { return }
    guard !wishes.destination.isStream || offer.summary.isOneFile else {
      return leaveAlone(offer)
    }
    if let current, current.offer.transferID == offer.transferID,
      !current.offer.isSame(as: offer)
    {
      // What was written to a stream cannot be taken back; it ends as interrupted.
      if current.isConnected, wishes.destination.isStream { return }
      // Offered anew: whom the old offer led to is gone.
      current.reception?.stop()
    }
    waiting.removeAll { $0.transferID == offer.transferID }
    waiting.append(offer)
    startNext()
  }

  /// What no stream takes is for another command, and for its sender no failure.
  private func leaveAlone(_ offer: WireFileOffer) {
    let words =
      "\(offer.from.escapedLine) offers \(offer.summary.name.escapedLine), which is not one file."
    Task { await display.note(words + " Waiting for one…") }
  }

  private func startNext() {
    guard current == nil, !waiting.isEmpty else { return }
    let offer = waiting.removeFirst()
    current = Current(offer: offer)
    running = Task {
      do {
        if try await self.receive(offer) {
          // The same offer may have been told again while it was received.
          self.waiting.removeAll { $0.transferID == offer.transferID }
          self.agreements[offer.transferID] = nil
          if self.wishes.once { self.finished.yield(.success(())) }
        }
      } catch {
        await self.failed(error, offer)
      }
      self.current = nil
      self.startNext()
    }
  }

  private func failed(_ error: any Error, _ offer: WireFileOffer) async {
    // Begun anew by its sender: that is what goes on.
    guard !isReplaced(offer) else { return }
    if let stopped = error as? TransferInterrupted, stopped.interruption == .stopped { return }
    if let rejection = error as? Rejection, rejection.isAboutThatOffer {
      // It may come back, and others may come.
      await display.note(rejection.message)
    } else if wishes.once {
      finished.yield(.failure(error))
    } else {
      await display.failure(Failure(error).words ?? "\(error)")
    }
  }

  private func isReplaced(_ offer: WireFileOffer) -> Bool {
    waiting.contains { $0.transferID == offer.transferID }
  }

  /// - Returns: whether a transfer came to its end; false when the person did not want it.
  private func receive(_ told: WireFileOffer) async throws -> Bool {
    guard let connection,
      let offer = try await GenuineOffer.read(told, by: parties, over: connection)
    else { return false }
    guard await isWanted(offer) else {
      try await connection.refuseFile(offer.id, reason: "")
      return false
    }
    guard !isReplaced(told),
      let reception = try await offer.accept(
        into: wishes.destination, rechecking: wishes.rechecks, isRelayOnly: wishes.isRelayOnly,
        by: parties, with: engine, over: connection)
    else { return false }
    current?.reception = reception
    if isReplaced(told) { reception.stop() }
    try await follow(reception, offer.content.summary.name, told.from)
    return true
  }

  private func isWanted(_ offer: GenuineOffer) async -> Bool {
    if let warning = offer.warning { await display.failure(warning) }
    let id = offer.told.transferID
    let accepted = AcceptedFiles(
      transfer: id, device: offer.content.device.identity, name: offer.content.summary.name,
      bytes: offer.content.summary.bytes)
    if wishes.takesAll || agreements[id] == offer.agreement { return true }
    if (try? parties.profile.hasAccepted(accepted)) == true { return true }
    let size = TransferText.size(offer.content.summary.bytes)
    let question =
      "\(offer.told.from.escapedLine) offers \(offer.content.summary.name.escapedLine), \(size). "
      + "Take it? [y/N] "
    guard await display.ask(question) else { return false }
    agreements[id] = offer.agreement
    // Without that the next run of this program asks again.
    try? parties.profile.noteAccepted(accepted)
    return true
  }

  private func follow(_ reception: FileReception, _ name: String, _ person: String) async throws {
    for await update in reception.updates {
      switch update {
      case .connected: current?.isConnected = true
      case .progress(let progress): await display.show(progress, name, with: person)
      case .ended(.done(let report)): await display.show(report, with: person)
      case .ended(.failed(let failure, _)):
        await display.ended(with: person)
        throw failure
      case .ended(.interrupted(let interruption)):
        await display.ended(with: person)
        throw TransferInterrupted(interruption)
      }
    }
  }
}

/// A transfer stopped before its end, and goes on where it was when it is begun again.
struct TransferInterrupted: Error, CustomStringConvertible {
  let interruption: Interruption

  init(_ interruption: Interruption) { self.interruption = interruption }

  var description: String {
    "The transfer stopped: \(interruption.words). Run the same command again to go on."
  }
}

extension Rejection {
  /// The offer ended before it was taken, which is nobody's mistake.
  var isAboutThatOffer: Bool {
    [.fileOfferGone, .fileOfferTaken, .fileOfferExpired].contains(code)
  }
}

extension WireFileOffer {
  /// Whether both lead to the same run of the same sender. One that came without its content might.
  func isSame(as other: WireFileOffer) -> Bool {
    offer.isEmpty || other.offer.isEmpty || offer == other.offer
  }
}

extension WireFileSummary {
  /// What can be written to a stream.
  var isOneFile: Bool { files == 1 && !folder }
}

extension ReceptionOptions.Destination {
  var isStream: Bool { if case .stream = self { true } else { false } }
}
