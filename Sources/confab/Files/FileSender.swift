import ConfabClient
import ConfabDomain
import ConfabNetwork
import ConfabTransfer
import ConfabWire
import Crypto
import Foundation
import Primitives
import SwiftProtobuf

/// Offers files to a person or a room and serves everybody who takes them, until all have answered.
///
/// An actor because answers come from the server while several transfers are under way.
actor FileSender {
  private let parties: TransferParties
  private let tree: SourceTree
  private let channel: ChannelArgument
  private let rateLimit: Int?
  private let json: Bool
  private let loop: TransferLoop
  private let offering: FileOffering
  private let transfer: TransferID
  private let serverAddress: PathAddress?

  private var offer: TransferOffer?
  private var signedOffer: SignedBlob?
  private var connection: Connection?
  private var takers: [String: Taker] = [:]
  /// People who have everything, or do not want it.
  private var settled: Set<String> = []
  private var expected = 1
  private var failure: (any Error)?
  private let finished: AsyncStream<Void>.Continuation
  /// Yields once, when nobody is left who might want the files.
  nonisolated let end: AsyncStream<Void>

  init(
    _ tree: SourceTree, to channel: ChannelArgument, rateLimit: Int?, json: Bool,
    parties: TransferParties
  ) async throws {
    self.parties = parties
    self.tree = tree
    self.channel = channel
    self.rateLimit = rateLimit
    self.json = json
    (end, finished) = AsyncStream.makeStream()
    transfer = Self.transferID(of: tree, to: channel, from: parties)
    loop = try TransferLoop()
    serverAddress = await parties.serverDatagrams()
    offering = try await FileOffering.open(
      tree, server: serverAddress, loop: loop, threads: try DiskThreads())
  }

  /// What went wrong with somebody, when it was not only their own wish.
  var trouble: (any Error)? { failure }

  /// The same command again continues the same offer, so that nobody waits for a sender that is gone.
  private static func transferID(
    of tree: SourceTree, to channel: ChannelArgument, from parties: TransferParties
  ) -> TransferID {
    let named =
      Array("confab transfer".utf8) + parties.transferDevice.identity + tree.manifest.hash.bytes
      + Array(channel.name.lowercased().utf8)
    let hash = Array(SHA256.hash(data: named))
    guard let id = TransferID(bytes: hash.prefix(TransferID.byteCount)) else {
      preconditionFailure("a hash is longer than a transfer's id")
    }
    return id
  }

  /// Somebody who takes the files.
  private struct Taker {
    var presentation: FilePresentation
    var pairing: UInt64
    var prologue: [UInt8]
    var device: TransferDevice
    /// Of the candidates that came late.
    var latestRound: UInt32 = 0
  }

  private static let rememberedSecondsMin = 1.0

  // MARK: - The server

  func handle(_ happening: Follower.Happening) async throws {
    switch happening {
    case .connected(let connection, _): self.connection = connection
    case .lost(let reason, _): Output.note("\(reason) Trying again…")
    case .file(.answered(let answer)): try await take(answer)
    case .file(.candidates(let late)): learn(late)
    default: break
    }
  }

  /// On each connection to the server.
  func offer(over connection: OpeningConnection) async throws {
    let signed = try await makeOffer()
    let offered = TransferOffer.Summary(of: tree.manifest)
    let summary = WireFileSummary.with {
      $0.name = offered.name
      $0.files = offered.files
      $0.bytes = offered.bytes
      $0.folder = offered.isFolder
    }
    let standing = try await connection.offerFile(
      transfer, to: channel.reference, offer: signed.encoded, summary: summary)
    expected = Int(standing.count)
    for recipient in standing.recipients where !recipient.canReceive { tellWaiting(recipient) }
  }

  private func makeOffer() async throws -> SignedBlob {
    if let signedOffer { return signedOffer }
    var random = SystemRandomNumberGenerator()
    guard let token = TransferToken([UInt8].random(count: TransferToken.byteCount, using: &random))
    else { preconditionFailure("a token has \(TransferToken.byteCount) bytes") }
    let offer = TransferOffer(
      transfer: transfer.bytes, device: parties.transferDevice,
      index: UInt32.random(in: 1 ... .max), addressToken: token,
      candidates: await offering.candidates(),
      summary: TransferOffer.Summary(of: tree.manifest), time: LocalTime.now)
    let signed = offer.signed(with: parties.device.identity)
    self.offer = offer
    signedOffer = signed
    return signed
  }

  private func tellWaiting(_ recipient: WireFileRecipient) {
    if json {
      var object = JSONObject(event: "waiting")
      object.add("for", recipient.name)
      object.add("active", recipient.active)
      return Output.line(object)
    }
    Output.note(
      recipient.active
        ? "\(recipient.name) is active where files cannot be received. Waiting for a terminal."
        : "\(recipient.name) is not active. Waiting…")
  }

  // MARK: - Takers

  private func take(_ answered: WireFileAnswered) async throws {
    guard Array(answered.transferID) == transfer.bytes else { return }
    switch answered.answer {
    case .refuse(let reason)?: refused(by: answered.by, reason)
    case .accept(let blob)?: try await accept(Array(blob), answered)
    case nil: break
    }
  }

  private func refused(by person: String, _ reason: String) {
    failure =
      failure
      ?? Rejection(
        .notAMember, "\(person) does not want the files\(reason.isEmpty ? "" : ": \(reason)").")
    settle(person)
  }

  private func accept(_ bytes: [UInt8], _ answered: WireFileAnswered) async throws {
    guard let offer, let signedOffer, let connection, let blob = SignedBlob(bytes),
      let answer = TransferAnswer.verify(blob, of: signedOffer, pinned: nil).signed
    else {
      return Output.failure("what \(answered.by) answered cannot be read; waiting for another")
    }
    _ = try await parties.pin(
      answer.device, named: answered.device.name, of: answered.by, connection)
    let prologue = Pairing.prologue(offer: signedOffer, answer: blob)
    var setup = ConnectionSetup(
      role: .presenter, staticPrivate: parties.device.agreement,
      ephemeral: Curve25519.KeyAgreement.PrivateKey(),
      remoteStatic: answer.device.agreement, prologue: prologue, localIndex: offer.index,
      remoteIndex: answer.index, token: offer.addressToken.bytes, candidates: answer.candidates,
      pathSeed: .random(in: 0 ... .max), skipSeed: .random(in: 0 ... .max))
    setup.rateLimit = rateLimit
    // Without that it only takes longer.
    setup.startRate = try? parties.profile.rate(
      to: answer.device, at: answer.candidates, now: LocalTime.now)
    let presentation = try await offering.accept(
      setup, relay: parties.relay(Array(answered.relayToken), at: serverAddress))
    takers[answered.by]?.presentation.stop()
    takers[answered.by] = Taker(
      presentation: presentation, pairing: answered.pairing, prologue: prologue,
      device: answer.device)
    let person = answered.by
    Task { await self.follow(presentation, person) }
  }

  /// Where else a taker may be reached, which it learned only after it had answered.
  private func learn(_ late: WireFileCandidates) {
    guard let (person, taker) = takers.first(where: { $0.value.pairing == late.pairing }),
      let blob = SignedBlob(Array(late.candidates)),
      case .genuine(let list) = LateCandidates.verify(
        blob, prologue: taker.prologue, identity: taker.device.identity),
      list.round > taker.latestRound
    else { return }
    takers[person]?.latestRound = list.round
    for candidate in list.candidates { taker.presentation.add(candidate) }
  }

  private func follow(_ presentation: FilePresentation, _ person: String) async {
    var display = TransferDisplay(
      .sending, TransferOffer.Summary(of: tree.manifest).name, person: person, json: json)
    for await update in presentation.updates {
      switch update {
      case .connected: break
      case .progress(let progress): display.show(progress)
      case .ended(let end): await ended(end, presentation, person, display)
      }
    }
  }

  private func ended(
    _ end: TransferEnd, _ presentation: FilePresentation, _ person: String,
    _ display: TransferDisplay
  ) async {
    // The same person may have begun anew meanwhile.
    guard let taker = takers[person], taker.presentation === presentation else { return }
    takers[person] = nil
    switch end {
    case .done(let report):
      display.show(report)
      await remember(taker, report)
      await connection?.tell(.completeFile(transfer, for: person))
      settle(person)
    case .failed(let reason, _):
      display.endLine()
      failure = failure ?? reason
      settle(person)
    case .interrupted(let interruption):
      display.endLine()
      if interruption == .unreachable, await offering.reachesServer() == false {
        // It is this side that is cut off: nobody else gets through either.
        failure = failure ?? TransferInterrupted(interruption)
        return settle(person)
      }
      Output.note("\(person): \(interruption.words). Waiting for them to go on…")
    }
  }

  /// What little or what the relay carries says nothing about the way.
  private func remember(_ taker: Taker, _ report: TransferReport) async {
    guard report.path == .direct, report.seconds >= Self.rememberedSecondsMin,
      let address = try? await taker.presentation.destination(),
      let statistics = try? await taker.presentation.statistics()
    else { return }
    let rate = Double(statistics.contentBytesAcknowledged) / report.seconds
    try? parties.profile.remember(
      rate: Int(rate), to: taker.device, at: address, now: LocalTime.now)
  }

  private func settle(_ person: String) {
    settled.insert(person)
    if settled.count >= expected { finished.yield() }
  }
}
