import ConfabDomain
import ConfabHub
import Primitives

// What tests about files ask for.
extension HubHarness {
  static func transfer(_ number: UInt64) -> TransferID {
    var random = SeededRandom(seed: number)
    return TransferID(using: &random)
  }

  static func offer(
    _ number: UInt64, to: String, _ bytes: [UInt8] = [1, 2, 3], name: String = "talk.mp4"
  ) -> Request {
    .offerFile(
      FileOffering(
        id: transfer(number), to: .label(to), offer: bytes,
        summary: FileSummary(name: name, files: 1, bytes: 1_000, isFolder: false)))
  }

  static func accept(_ number: UInt64, _ bytes: [UInt8] = [7]) -> Request {
    .answerFile(transfer(number), .accept(bytes))
  }

  static func refuse(_ number: UInt64, _ reason: String = "no room") -> Request {
    .answerFile(transfer(number), .refuse(reason: reason))
  }

  static func withdraw(_ number: UInt64, complete: Bool = false, from: String = "") -> Request {
    .withdrawFile(transfer(number), recipient: from, isComplete: complete)
  }

  /// A connection of somebody's device, which may receive files.
  ///
  /// - Parameter key: tells the devices apart; the same is the same device.
  func receiving(_ name: String, device key: UInt8, _ canReceive: Bool = true) -> ConnectionID {
    let id = withDevice(name, key)
    precondition(ask(.subscribe(presence: true, canReceiveFiles: canReceive), on: id).isDone)
    return id
  }

  func withDevice(_ name: String, _ key: UInt8) -> ConnectionID {
    let id = connect()
    let answer = ask(Self.attempt(name, device: Self.keys(key)), on: id)
    precondition(answer.signedIn != nil, "\(name) cannot sign in: \(answer.all)")
    return id
  }

  func offered(_ id: ConnectionID) -> [FileOfferView] {
    notices(id).compactMap { if case .fileOffered(let view) = $0 { view } else { nil } }
  }

  func answered(_ id: ConnectionID) -> [FileAnsweredView] {
    notices(id).compactMap { if case .fileAnswered(let view) = $0 { view } else { nil } }
  }

  func withdrawn(_ id: ConnectionID) -> [FileWithdrawal] {
    notices(id).compactMap { if case .fileWithdrawn(_, let why) = $0 { why } else { nil } }
  }

  func candidates(_ id: ConnectionID) -> [[UInt8]] {
    notices(id).compactMap { if case .fileCandidates(_, _, let bytes) = $0 { bytes } else { nil } }
  }

  func offers(_ id: ConnectionID) -> [FileOfferView] {
    ask(.readFileOffers(nil, after: nil), on: id).offers ?? []
  }
}
