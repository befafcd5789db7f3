import ConfabClient
import ConfabDomain
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
  /// What there is to tell while files are offered and sent.
  enum News: Sendable {
    /// The server has the offer, and tells who might take it.
    case offered(WireFileOfferStanding)
    case progress(TransferProgress, to: String)
    case done(TransferReport, at: String)
    case refused(FilesRefused)
    /// It will not get better by itself.
    case failed(any Error, with: String)
    /// The same person may go on.
    case interrupted(Interruption, with: String)
  }

  nonisolated let transfer: TransferID
  nonisolated let name: String

  private let parties: TransferParties
  private let tree: SourceTree
  private let channel: ChannelArgument
  private let rateLimit: Int?
  private let isRelayOnly: Bool
  private let engine: TransferEngine
  private let offering: FileOffering
  private let tell: @Sendable (News) async -> Void

  private var offer: TransferOffer?
  private var signedOffer: SignedBlob?
  private var connection: Connection?
  private var takers: [String: Taker] = [:]
  /// People who have everything, or do not want it.
  private var settled: Set<String> = []
  private var expected = 1
  private var failure: (any Error)?
  private var isEnding = false
  private let finished: AsyncStream<Void>.Continuation
  /// Yields once, when nobody is left who might want the files.
  nonisolated let end: AsyncStream<Void>

  /// Somebody who takes the files.
  private struct Taker {
    let answer: [UInt8]
    let presentation: FilePresentation
    let pairing: UInt64
    let prologue: [UInt8]
    let device: TransferDevice
    /// Follows it to its end.
    let following: Task<Void, Never>
    var isServed = true
    /// Of the candidates that came late.
    var latestRound: UInt32 = 0
  }

  /// A shorter transfer says little about the way.
  private static let rememberedSecondsMin = 1.0

  /// - Parameters:
  ///   - isRelayOnly: nobody but the server learns where this device is.
  ///   - connection: to the server, if there is one already.
  ///   - tell: is called in order for each person.
  init(
    _ tree: SourceTree, to channel: ChannelArgument, rateLimit: Int?, isRelayOnly: Bool = false,
    parties: TransferParties, engine: TransferEngine, over connection: Connection? = nil,
    tell: @escaping @Sendable (News) async -> Void
  ) async throws {
    self.parties = parties
    self.tree = tree
    self.channel = channel
    self.rateLimit = rateLimit
    self.isRelayOnly = isRelayOnly
    self.engine = engine
    self.tell = tell
    (end, finished) = AsyncStream.makeStream()
    transfer = Self.transferID(of: tree, to: channel, from: parties)
    name = TransferOffer.Summary(of: tree.manifest).name
    offering = try await FileOffering.open(
      tree, server: await parties.datagrams(of: connection), loop: engine.loop,
      threads: engine.threads)
  }

  /// What went wrong with somebody, when it was not only their own wish.
  var trouble: (any Error)? { failure }

  /// The same command again continues the same offer, so that nobody waits for a sender that is gone.
  static func transferID(
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

  // MARK: - Ending

  /// Takes the offer back from whoever has not taken it. What is under way stops, to be gone on with
  /// when the same is offered again.
  func stop() async {
    await end { $0.stop() }
  }

  /// Ends it for good, on both sides.
  func cancel() async {
    await end { $0.cancel() }
  }

  /// Everybody has answered: nobody else needs to be asked.
  func finish() async {
    // The offer to one person ended with its completion.
    guard failure != nil || channel.name.hasPrefix("#") else { return }
    await stop()
  }

  private func end(_ each: (FilePresentation) -> Void) async {
    isEnding = true
    let served = takers.values.filter(\.isServed)
    for taker in served { each(taker.presentation) }
    offering.close()
    try? await connection?.withdrawFile(transfer)
    // Their devices hear of it at once, instead of wondering.
    for taker in served { await taker.following.value }
    finished.yield()
  }

  // MARK: - The server

  func handle(_ happening: Follower.Happening) async {
    switch happening {
    case .connected(let connection, _):
      self.connection = connection
      // It may be another server than before.
      offering.ask(await parties.datagrams(of: connection))
    case .file(.answered(let answer)): await take(answer)
    case .file(.candidates(let late)): learn(late)
    case .file(.withdrawn(let gone)) where Array(gone.transferID) == transfer.bytes: ended(gone)
    default: break
    }
  }

  /// Nobody can take the files any more; who does already goes on.
  private func ended(_ gone: WireFileWithdrawn) {
    guard !isEnding, !takers.values.contains(where: \.isServed) else { return }
    let words =
      gone.reason == .expired
      ? "Nobody took the files in time."
      : "The files are not offered any more: you left the room, or offer them from somewhere else."
    failure =
      failure ?? Rejection(gone.reason == .expired ? .fileOfferExpired : .fileOfferGone, words)
    finished.yield()
  }

  /// On each connection to the server.
  func offer(over connection: some Requesting) async throws {
    let signed = await makeOffer()
    guard !isEnding else { return }
    let standing = try await connection.offerFile(
      transfer, to: channel.reference, offer: signed.encoded, summary: summary)
    guard standing.relay || !isRelayOnly else {
      try? await connection.withdrawFile(transfer)
      throw RelayMissing()
    }
    expected = Int(standing.count)
    await tell(.offered(standing))
    // An earlier run of the same command has come this far already.
    for recipient in standing.recipients {
      switch recipient.state {
      case .complete: settle(recipient.name)
      case .refused: await refused(by: recipient.name, "")
      default: break
      }
    }
  }

  private var summary: WireFileSummary {
    let offered = TransferOffer.Summary(of: tree.manifest)
    return WireFileSummary.with {
      $0.name = offered.name
      $0.files = offered.files
      $0.bytes = offered.bytes
      $0.folder = offered.isFolder
    }
  }

  private func makeOffer() async -> SignedBlob {
    if let signedOffer { return signedOffer }
    var random = SystemRandomNumberGenerator()
    guard let token = TransferToken([UInt8].random(count: TransferToken.byteCount, using: &random))
    else { preconditionFailure("a token has \(TransferToken.byteCount) bytes") }
    let offer = TransferOffer(
      transfer: transfer.bytes, device: parties.transferDevice,
      index: UInt32.random(in: 1 ... .max), addressToken: token,
      candidates: isRelayOnly ? [] : await offering.candidates(),
      summary: TransferOffer.Summary(of: tree.manifest), time: LocalTime.now)
    // Another call may have made one while the addresses were looked for.
    if let signedOffer { return signedOffer }
    let signed = offer.signed(with: parties.device.identity)
    self.offer = offer
    signedOffer = signed
    return signed
  }

  // MARK: - Takers

  private func take(_ answered: WireFileAnswered) async {
    guard Array(answered.transferID) == transfer.bytes else { return }
    switch answered.answer {
    case .refuse(let reason)?: await refused(by: answered.by, reason)
    case .accept(let blob)?:
      do {
        try await accept(Array(blob), answered)
      } catch {
        await fail(error, with: answered.by)
      }
    case nil: break
    }
  }

  private func refused(by person: String, _ reason: String) async {
    guard !settled.contains(person) else { return }
    let refusal = FilesRefused(person: person, reason: reason)
    failure = failure ?? refusal
    await tell(.refused(refusal))
    takers[person]?.presentation.stop()
    settle(person)
  }

  private func fail(_ error: any Error, with person: String) async {
    failure = failure ?? error
    await tell(.failed(error, with: person))
    settle(person)
  }

  private func accept(_ bytes: [UInt8], _ answered: WireFileAnswered) async throws {
    // Told once more after a lost connection to the server; the transfer does not mind.
    if let taker = takers[answered.by], taker.answer == bytes { return }
    // An answer to what an earlier run of the same command offered: its device hears of this offer too,
    // and answers anew.
    guard let offer, let signedOffer, let connection, let blob = SignedBlob(bytes),
      let answer = TransferAnswer.verify(blob, of: signedOffer, pinned: nil).signed
    else { return }
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
    setup.isRelayOnly = isRelayOnly
    // Without that it only takes longer.
    setup.startRate = try? parties.profile.rate(
      to: answer.device, at: answer.candidates, now: LocalTime.now)
    let presentation = try await offering.accept(
      setup,
      relay: parties.relay(
        Array(answered.relayToken), at: await parties.datagrams(of: connection)))
    takers[answered.by]?.presentation.stop()
    let person = answered.by
    let following = Task { await self.follow(presentation, person) }
    takers[person] = Taker(
      answer: bytes, presentation: presentation, pairing: answered.pairing, prologue: prologue,
      device: answer.device, following: following)
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
    for await update in presentation.updates {
      // The same person may have begun anew meanwhile.
      guard takers[person]?.presentation === presentation else { return }
      switch update {
      case .connected: break
      case .progress(let progress): await tell(.progress(progress, to: person))
      case .ended(let end): await ended(end, person)
      }
    }
  }

  private func ended(_ end: TransferEnd, _ person: String) async {
    takers[person]?.isServed = false
    guard !isEnding else { return }
    switch end {
    case .done(let report):
      await tell(.done(report, at: person))
      if let taker = takers[person] { await remember(taker, report) }
      await connection?.tell(.completeFile(transfer, for: person))
      settle(person)
    case .failed(let reason, _): await fail(reason, with: person)
    case .interrupted(let interruption):
      if interruption == .unreachable, await offering.reachesServer() == false {
        // It is this side that is cut off: nobody else gets through either.
        return await fail(TransferInterrupted(interruption), with: person)
      }
      await tell(.interrupted(interruption, with: person))
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

/// The relay was to be the only way.
struct RelayMissing: Error, CustomStringConvertible {
  let description =
    "This server forwards no files, so they could only go directly. Leave --relay-only away."
}

/// Somebody was asked, and does not want the files.
struct FilesRefused: Error, CustomStringConvertible {
  let person: String
  let reason: String

  var description: String {
    "\(person) does not want the files\(reason.isEmpty ? "." : ": \(reason)")"
  }
}
