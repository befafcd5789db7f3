import ConfabWire
import Foundation
import SwiftProtobuf

// Files.
extension FrameExamples {
  static let fileSummary = WireFileSummary.with {
    ($0.name, $0.files, $0.bytes, $0.folder) = ("Vorträge", 12, 5_000_000_000, true)
  }

  static let fileRecipient = WireFileRecipient.with {
    ($0.name, $0.active, $0.canReceive, $0.state) = ("ben", true, true, .accepted)
  }

  static let fileOffer = WireFileOffer.with {
    $0.transferID = id
    $0.from = "ann"
    $0.device = device
    $0.channel = 3
    $0.label = "#plans"
    $0.offer = Data("offer".utf8)
    $0.summary = fileSummary
    $0.state = .waiting
    $0.at = at
    $0.recipients = [fileRecipient]
  }

  static let fileCandidates = WireFileCandidates.with {
    ($0.transferID, $0.pairing, $0.candidates) = (id, 12, Data("candidates".utf8))
  }

  static let fileRequests: [(name: String, body: WireClientFrame.OneOf_Body)] = [
    (
      "offer_file",
      .offerFile(
        .with {
          ($0.transferID, $0.to, $0.summary) = (id, room, fileSummary)
          $0.offer = Data("offer".utf8)
        })
    ),
    (
      "answer_file",
      .answerFile(.with { ($0.transferID, $0.accept) = (id, Data("answer".utf8)) })
    ),
    (
      "withdraw_file",
      .withdrawFile(.with { ($0.transferID, $0.recipient, $0.complete) = (id, "ben", true) })
    ),
    ("send_file_candidates", .sendFileCandidates(fileCandidates)),
    ("read_file_offers", .readFileOffers(.with { ($0.transferID, $0.after) = (id, id) })),
  ]

  static let fileAnswers: [(String, WireServerFrame.OneOf_Body)] = [
    (
      "file_offer_standing",
      .fileOfferStanding(
        .with {
          $0.recipients = [fileRecipient]
          ($0.count, $0.relay, $0.expiresAt) = (1, true, at + 1_000)
        })
    ),
    (
      "file_acceptance",
      .fileAcceptance(
        .with {
          ($0.transferID, $0.pairing) = (id, 12)
          $0.relayToken = Data(repeating: 8, count: 16)
          $0.relayServer = "chat2.example:4747"
        })
    ),
    (
      "file_offer_list",
      .fileOfferList(.with { ($0.offers, $0.more) = ([fileOffer], true) })
    ),
  ]

  static let fileNews: [(String, WireServerFrame.OneOf_Body)] = [
    ("file_offered", .fileOffered(fileOffer)),
    (
      "file_answered",
      .fileAnswered(
        .with {
          $0.transferID = id
          $0.pairing = 12
          $0.by = "ben"
          $0.device = device
          $0.accept = Data("answer".utf8)
          $0.relayToken = Data(repeating: 9, count: 16)
        })
    ),
    (
      "file_withdrawn",
      .fileWithdrawn(.with { ($0.transferID, $0.reason) = (id, .takenElsewhere) })
    ),
    ("file_candidates", .fileCandidates(fileCandidates)),
  ]
}
