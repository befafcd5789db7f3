package import ConfabDomain
package import ConfabWire
import Foundation
import SwiftProtobuf

// Offers of files. What comes of them is told as pushes: `fileOffered`, `fileAnswered`,
// `fileWithdrawn` and `fileCandidates`.
extension Requesting {
  /// Offers files for as long as this connection lasts. After a reconnect the same call goes on with
  /// the same offer.
  ///
  /// - Parameter offer: signed by this device; opaque to the server.
  package func offerFile(
    _ id: TransferID, to channel: WireChannelRef, offer: [UInt8], summary: WireFileSummary
  ) async throws -> WireFileOfferStanding {
    let request = WireOfferFile.with {
      $0.transferID = Data(id.bytes)
      $0.to = channel
      $0.offer = Data(offer)
      $0.summary = summary
    }
    guard case .fileOfferStanding(let standing) = try await self.request(.offerFile(request))
    else { throw wrongAnswer }
    return standing
  }

  /// Takes an offer up, or begins anew with one that this device took up before.
  ///
  /// - Parameter answer: signed by this device; opaque to the server.
  package func acceptFile(_ id: TransferID, answer: [UInt8]) async throws -> WireFileAcceptance {
    let request = WireAnswerFile.with {
      $0.transferID = Data(id.bytes)
      $0.accept = Data(answer)
    }
    guard case .fileAcceptance(let acceptance) = try await self.request(.answerFile(request))
    else { throw wrongAnswer }
    return acceptance
  }

  /// Refuses an offer, or gives up what was accepted.
  package func refuseFile(_ id: TransferID, reason: String) async throws {
    let request = WireAnswerFile.with {
      $0.transferID = Data(id.bytes)
      $0.refuse = reason
    }
    try await done(.answerFile(request))
  }

  /// Takes an offer back from everybody.
  package func withdrawFile(_ id: TransferID) async throws {
    try await done(.withdrawFile(.with { $0.transferID = Data(id.bytes) }))
  }

  /// Everything has arrived.
  ///
  /// - Parameter person: only there; nil ends the offer.
  package func completeFile(_ id: TransferID, for person: String? = nil) async throws {
    try await done(.completeFile(id, for: person))
  }

  /// Tells the other end of a pairing of more addresses.
  package func sendFileCandidates(
    _ id: TransferID, pairing: UInt64, _ candidates: [UInt8]
  ) async throws {
    let request = WireFileCandidates.with {
      $0.transferID = Data(id.bytes)
      $0.pairing = pairing
      $0.candidates = Data(candidates)
    }
    try await done(.sendFileCandidates(request))
  }

  /// Offers to this person and by this person, without what only devices understand.
  package func fileOffers() async throws -> [WireFileOffer] {
    var request = WireReadFileOffers()
    var offers: [WireFileOffer] = []
    while true {
      let page = try await readFileOffers(request)
      offers += page.offers
      guard page.more, let last = page.offers.last else { return offers }
      request.after = last.transferID
    }
  }

  /// One offer with all of it; nil when it is gone.
  package func fileOffer(_ id: TransferID) async throws -> WireFileOffer? {
    try await readFileOffers(.with { $0.transferID = Data(id.bytes) }).offers.first
  }

  private func readFileOffers(_ request: WireReadFileOffers) async throws -> WireFileOfferList {
    guard case .fileOfferList(let list) = try await self.request(.readFileOffers(request)) else {
      throw wrongAnswer
    }
    return list
  }

  func done(_ body: WireClientFrame.OneOf_Body) async throws {
    guard case .done = try await request(body) else { throw wrongAnswer }
  }

  private var wrongAnswer: ConnectionError { .wrongAnswer }
}

extension WireClientFrame.OneOf_Body {
  /// Everything has arrived, at one person or everywhere.
  package static func completeFile(_ id: TransferID, for person: String?) -> Self {
    .withdrawFile(
      .with {
        $0.transferID = Data(id.bytes)
        $0.recipient = person ?? ""
        $0.complete = true
      })
  }
}

extension WireFileOffer {
  /// Nil when the server made it up.
  package var transfer: TransferID? { TransferID(bytes: transferID) }
}
