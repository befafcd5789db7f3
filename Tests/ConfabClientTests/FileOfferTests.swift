import ConfabClient
import ConfabDomain
import ConfabWire
import Foundation
import Primitives
import SwiftProtobuf
import Testing

/// What the library says about files, and what it is told.
@Suite struct FileOfferTests {
  private struct Enough: Error {}

  private static let id: TransferID = {
    var random = SeededRandom(seed: 4)
    return TransferID(using: &random)
  }()

  private static var transfer: Data { Data(id.bytes) }

  @Test func asksAndUnderstands() async throws {
    let server = try await FakeServer { _, body in
      switch body {
      case .offerFile(let offer):
        #expect(offer.transferID == Self.transfer)
        #expect(offer.to.name == "@bob")
        #expect(offer.offer == Data([1, 2]))
        #expect(offer.summary.name == "talk.mp4")
        return [.reply(.fileOfferStanding(.with { $0.relay = true }))]
      case .answerFile(let answer):
        #expect(answer.transferID == Self.transfer)
        if case .refuse(let reason) = answer.answer {
          #expect(reason == "no room")
          return [.reply(.done(WireDone()))]
        }
        #expect(answer.accept == Data([3]))
        return [.reply(.fileAcceptance(.with { $0.pairing = 7 }))]
      case .withdrawFile(let withdrawal):
        #expect(withdrawal.complete == (withdrawal.recipient == "bob"))
        return [.reply(.done(WireDone()))]
      case .sendFileCandidates(let candidates):
        #expect(candidates.pairing == 7)
        return [.refuse(Rejection(.fileOfferGone, "Gone."))]
      default: return []
      }
    }
    let connection = try await server.dialer.dial()
    let standing = try await connection.offerFile(
      Self.id, to: .with { $0.name = "@bob" }, offer: [1, 2],
      summary: .with { $0.name = "talk.mp4" })
    #expect(standing.relay)
    #expect(try await connection.acceptFile(Self.id, answer: [3]).pairing == 7)
    try await connection.refuseFile(Self.id, reason: "no room")
    try await connection.withdrawFile(Self.id)
    try await connection.completeFile(Self.id, for: "bob")
    await #expect(throws: Rejection.self) {
      try await connection.sendFileCandidates(Self.id, pairing: 7, [1])
    }
    await connection.close()
    try await server.stop()
  }

  @Test func listsAllPages() async throws {
    let server = try await FakeServer { _, body in
      guard case .readFileOffers(let read) = body else { return [] }
      let isFirst = read.after.isEmpty
      #expect(isFirst || read.after == Self.transfer)
      let offer = WireFileOffer.with {
        $0.transferID = isFirst ? Self.transfer : Data(repeating: 1, count: 16)
      }
      return [.reply(.fileOfferList(.with { ($0.offers, $0.more) = ([offer], isFirst) }))]
    }
    let connection = try await server.dialer.dial()
    #expect(try await connection.fileOffers().count == 2)
    #expect(try await connection.fileOffer(Self.id)?.transfer == Self.id)
    await connection.close()
    try await server.stop()
  }

  @Test func theFollowerTellsOfFiles() async throws {
    let server = try await FakeServer { _, body in
      switch body {
      case .subscribe(let subscribe):
        #expect(subscribe.canReceiveFiles)
        return [
          .reply(.done(WireDone())),
          .push(.fileOffered(.with { $0.transferID = Self.transfer })),
          .push(.fileAnswered(.with { $0.transferID = Self.transfer })),
          .push(.fileCandidates(.with { $0.transferID = Self.transfer })),
          .push(.fileWithdrawn(.with { $0.transferID = Self.transfer })),
        ]
      case .listChannels: return [.reply(.channelList(WireChannelList()))]
      default: return []
      }
    }
    var follower = Follower(server.dialer, presence: false, receivesFiles: true)
    var told: [String] = []
    do {
      try await follower.run { happening in
        guard case .file(let news) = happening else { return }
        switch news {
        case .offered: told.append("offered")
        case .answered: told.append("answered")
        case .candidates: told.append("candidates")
        case .withdrawn: throw Enough()
        }
      }
    } catch is Enough {}
    #expect(told == ["offered", "answered", "candidates"])
    try await server.stop()
  }
}
