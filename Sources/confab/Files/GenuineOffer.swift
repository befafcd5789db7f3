import ConfabClient
import ConfabDomain
import ConfabNetwork
import ConfabTransfer
import ConfabWire
import Crypto
import Foundation
import Primitives

/// An offer whose signature was checked, by a device that is relied on.
struct GenuineOffer: Sendable {
  let told: WireFileOffer
  let id: TransferID
  let content: TransferOffer
  let standing: DeviceStanding

  private let blob: SignedBlob

  /// - Returns: nil when the offer is gone.
  static func read(
    _ told: WireFileOffer, by parties: TransferParties, over connection: Connection
  ) async throws -> GenuineOffer? {
    guard let id = told.transfer else { return nil }
    var told = told
    if told.offer.isEmpty {
      guard let whole = try await connection.fileOffer(id) else { return nil }
      told = whole
    }
    guard let blob = SignedBlob(Array(told.offer)),
      let content = TransferOffer.verify(blob, pinned: nil).signed, content.transfer == id.bytes
    else {
      throw Rejection(
        .requestInvalid, "What \(told.from) offers is damaged, or made for a newer Confab.")
    }
    let standing = try await parties.pin(
      content.device, named: told.device.name, of: told.from, connection)
    return GenuineOffer(told: told, id: id, content: content, standing: standing, blob: blob)
  }

  /// What to tell the person before they take it; nil when nothing is remarkable.
  var warning: String? {
    guard case .new(othersVerified: true) = standing else { return nil }
    return "\(told.from) sends from a device that you have not compared: confab verify "
      + "@\(told.from)"
  }

  /// What the person says yes to. The same again needs no second question.
  var agreement: FileAgreement {
    FileAgreement(
      name: content.summary.name, bytes: content.summary.bytes, device: content.device.identity)
  }

  /// Takes the offer up and begins to receive.
  ///
  /// - Parameters:
  ///   - rechecks: reads all that an earlier attempt left, instead of a sample.
  ///   - isRelayOnly: nobody but the server learns where this device is.
  func accept(
    into destination: ReceptionOptions.Destination, rechecking rechecks: Bool = false,
    isRelayOnly: Bool = false, by parties: TransferParties, with engine: TransferEngine,
    over connection: Connection
  ) async throws -> FileReception? {
    guard let presenterKey = ContentHash(content.device.identity) else { return nil }
    if case .folder(let path) = destination {
      // Without that what stays unfinished is only found by who looks there.
      try? parties.profile.noteReceiving(into: URL(fileURLWithPath: path).standardizedFileURL.path)
    }
    let server = await parties.datagrams(of: connection)
    let reception = try await FileReception.open(
      ReceptionOptions(
        presenterName: told.from, presenterKey: presenterKey, offered: content.summary,
        destination: destination, rechecksEverything: rechecks, seed: .random(in: 0 ... .max)),
      server: server, loop: engine.loop, threads: engine.threads)
    // What the server sees of this socket follows when it is known: nobody waits for that.
    let answer = TransferAnswer(
      offerHash: TransferOffer.hash(of: blob), device: parties.transferDevice,
      index: UInt32.random(in: 1 ... .max),
      candidates: isRelayOnly ? [] : try await reception.candidatesSoFar(), resumes: false)
    let signed = answer.signed(with: parties.device.identity)
    let prologue = Pairing.prologue(offer: blob, answer: signed)
    // Message 1 and the answer leave together.
    async let accepted = connection.acceptFile(id, answer: signed.encoded)
    var setup = ConnectionSetup(
      role: .recipient, staticPrivate: parties.device.agreement,
      ephemeral: Curve25519.KeyAgreement.PrivateKey(),
      remoteStatic: content.device.agreement, prologue: prologue, localIndex: answer.index,
      remoteIndex: content.index, token: content.addressToken.bytes,
      candidates: content.candidates, pathSeed: .random(in: 0 ... .max),
      skipSeed: .random(in: 0 ... .max))
    setup.isRelayOnly = isRelayOnly
    reception.begin(setup)
    do {
      let acceptance = try await accepted
      // The relay is the sender's server's.
      let there = HostPort(acceptance.relayServer)
      let relay = if let there { await parties.datagrams(of: there) } else { server }
      let place = parties.relay(Array(acceptance.relayToken), at: relay)
      if let place { reception.use(place) }
      guard !isRelayOnly else {
        if place == nil { throw RelayMissing() }
        return reception
      }
      let pairing = acceptance.pairing
      Task { await tellLate(reception, prologue, pairing, by: parties, over: connection) }
    } catch {
      reception.stop()
      throw error
    }
    return reception
  }

  /// Tells the sender how the server sees us, where that is another address than our own.
  private func tellLate(
    _ reception: FileReception, _ prologue: [UInt8], _ pairing: UInt64, by parties: TransferParties,
    over connection: Connection
  ) async {
    let found = await reception.candidates().filter { $0.kind == .reflexive }
    guard !found.isEmpty else { return }
    let late = LateCandidates(
      prologue: prologue, identity: parties.transferDevice.identity, round: 1, candidates: found)
    // The relay carries what the direct way does not.
    try? await connection.sendFileCandidates(
      id, pairing: pairing, late.signed(with: parties.device.identity).encoded)
  }
}

/// What a person said yes to.
struct FileAgreement: Hashable, Sendable {
  let name: String
  let bytes: UInt64
  /// The identity key of the device that offers.
  let device: [UInt8]
}
