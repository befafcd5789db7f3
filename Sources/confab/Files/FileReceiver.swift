import ConfabClient
import ConfabDomain
import ConfabNetwork
import ConfabTransfer
import ConfabWire
import Crypto
import Foundation
import Primitives

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
  }

  private let parties: TransferParties
  private let wishes: Wishes
  private let json: Bool
  private let loop: TransferLoop
  private let threads: DiskThreads
  private let serverAddress: PathAddress?

  private var connection: Connection?
  private var waiting: [WireFileOffer] = []
  private var isBusy = false
  /// The transfer under way, and whether the sender was reached.
  private var current: (id: Data, reception: FileReception, isConnected: Bool)?
  private let finished: AsyncStream<Result<Void, any Error>>.Continuation
  /// Yields once, when `once` is fulfilled, or cannot be.
  nonisolated let end: AsyncStream<Result<Void, any Error>>

  init(_ wishes: Wishes, json: Bool, parties: TransferParties) async throws {
    self.parties = parties
    self.wishes = wishes
    self.json = json
    (end, finished) = AsyncStream.makeStream()
    loop = try TransferLoop()
    threads = try DiskThreads()
    serverAddress = await parties.serverDatagrams()
  }

  func handle(_ happening: Follower.Happening) {
    switch happening {
    case .connected(let connection, _): self.connection = connection
    case .lost(let reason, _): Output.note("\(reason) Trying again…")
    case .file(.offered(let offer)): heard(of: offer)
    case .file(.withdrawn(let withdrawn)):
      waiting.removeAll { $0.transferID == withdrawn.transferID }
      giveUpUnreached(withdrawn.transferID)
    default: break
    }
  }

  private func heard(of offer: WireFileOffer) {
    if let from = wishes.from, offer.from.lowercased() != from.lowercased() { return }
    guard offer.state == .waiting || offer.state == .accepted,
      !waiting.contains(where: { $0.transferID == offer.transferID })
    else { return }
    // Offered anew: whom the old offer led to is gone.
    giveUpUnreached(offer.transferID)
    waiting.append(offer)
    startNext()
  }

  private func giveUpUnreached(_ id: Data) {
    guard let current, current.id == id, !current.isConnected else { return }
    current.reception.stop()
  }

  private func startNext() {
    guard !isBusy, !waiting.isEmpty else { return }
    isBusy = true
    let offer = waiting.removeFirst()
    Task {
      do {
        if try await self.receive(offer), self.wishes.once { self.finished.yield(.success(())) }
      } catch let error as TransferInterrupted where error.interruption == .stopped {
        // Given up for another offer.
      } catch {
        if self.wishes.once { self.finished.yield(.failure(error)) } else { self.tell(error) }
      }
      self.isBusy = false
      self.startNext()
    }
  }

  private func tell(_ error: any Error) {
    Output.failure(Failure(error).words ?? "\(error)")
  }

  /// - Returns: whether a transfer came to its end; false when the person did not want it.
  private func receive(_ told: WireFileOffer) async throws -> Bool {
    guard let connection, let id = told.transfer else { return false }
    var offered = told
    if offered.offer.isEmpty {
      guard let whole = try await connection.fileOffer(id) else { return false }
      offered = whole
    }
    guard let blob = SignedBlob(Array(offered.offer)),
      let offer = TransferOffer.verify(blob, pinned: nil).signed, offer.transfer == id.bytes
    else {
      throw Rejection(
        .requestInvalid, "What \(offered.from) offers is damaged, or made for a newer Confab.")
    }
    let standing = try await parties.pin(
      offer.device, named: offered.device.name, of: offered.from, connection)
    guard try await isWanted(offered, offer, standing) else {
      try await connection.refuseFile(id, reason: "")
      return false
    }
    return try await transfer(offered, offer, blob, id, connection)
  }

  private func isWanted(
    _ offered: WireFileOffer, _ offer: TransferOffer, _ standing: DeviceStanding
  ) async throws -> Bool {
    if case .new(othersVerified: true) = standing {
      Output.failure(
        "\(offered.from) sends from a device that you have not compared: confab verify "
          + "@\(offered.from)")
    }
    if wishes.takesAll || offered.state == .accepted { return true }
    let megabytes = Double(offer.summary.bytes) / 1e6
    Output.writeError(
      "\(offered.from.escapedLine) offers \(offer.summary.name.escapedLine), "
        + String(format: "%.1f MB", megabytes) + ". Take it? [y/N] ")
    let answer = try await offThread { readLine() ?? "" }
    return ["y", "yes"].contains(answer.lowercased())
  }

  private func transfer(
    _ offered: WireFileOffer, _ offer: TransferOffer, _ blob: SignedBlob, _ id: TransferID,
    _ connection: Connection
  ) async throws -> Bool {
    guard let presenterKey = ContentHash(offer.device.identity) else { return false }
    let reception = try await FileReception.open(
      ReceptionOptions(
        presenterName: offered.from, presenterKey: presenterKey, offered: offer.summary,
        destination: wishes.destination, seed: .random(in: 0 ... .max)),
      server: serverAddress, loop: loop, threads: threads)
    // What the server sees of this socket follows when it is known: nobody waits for that.
    let answer = TransferAnswer(
      offerHash: TransferOffer.hash(of: blob), device: parties.transferDevice,
      index: UInt32.random(in: 1 ... .max), candidates: try await reception.candidatesSoFar(),
      resumes: false)
    let signed = answer.signed(with: parties.device.identity)
    let prologue = Pairing.prologue(offer: blob, answer: signed)
    current = (offered.transferID, reception, false)
    defer { current = nil }
    // Message 1 and the answer leave together.
    async let accepted = connection.acceptFile(id, answer: signed.encoded)
    reception.begin(
      ConnectionSetup(
        role: .recipient, staticPrivate: parties.device.agreement,
        ephemeral: Curve25519.KeyAgreement.PrivateKey(),
        remoteStatic: offer.device.agreement, prologue: prologue, localIndex: answer.index,
        remoteIndex: offer.index, token: offer.addressToken.bytes, candidates: offer.candidates,
        pathSeed: .random(in: 0 ... .max), skipSeed: .random(in: 0 ... .max)))
    do {
      let acceptance = try await accepted
      parties.relay(Array(acceptance.relayToken), at: serverAddress).map { reception.use($0) }
      let pairing = acceptance.pairing
      Task { await self.tellLate(reception, prologue, id, pairing, connection) }
    } catch {
      reception.stop()
      throw error
    }
    try await follow(reception, offer.summary.name, offered.from)
    return true
  }

  /// Tells the sender how the server sees us, where that is another address than our own.
  private func tellLate(
    _ reception: FileReception, _ prologue: [UInt8], _ id: TransferID, _ pairing: UInt64,
    _ connection: Connection
  ) async {
    let found = await reception.candidates().filter { $0.kind == .reflexive }
    guard !found.isEmpty else { return }
    let late = LateCandidates(
      prologue: prologue, identity: parties.transferDevice.identity, round: 1, candidates: found)
    // The relay carries what the direct way does not.
    try? await connection.sendFileCandidates(
      id, pairing: pairing, late.signed(with: parties.device.identity).encoded)
  }

  private func follow(_ reception: FileReception, _ name: String, _ person: String) async throws {
    var display = TransferDisplay(
      .receiving, name, person: person, json: json, isQuiet: wishes.destination.isStream)
    for await update in reception.updates {
      switch update {
      case .connected: current?.isConnected = true
      case .progress(let progress): display.show(progress)
      case .ended(.done(let report)): display.show(report)
      case .ended(.failed(let failure, _)):
        display.endLine()
        throw failure
      case .ended(.interrupted(let interruption)):
        display.endLine()
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

extension ReceptionOptions.Destination {
  var isStream: Bool { if case .stream = self { true } else { false } }
}
