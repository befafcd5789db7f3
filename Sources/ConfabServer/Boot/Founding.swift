import ConfabDomain
import ConfabJournal
import Crypto
import OrderedCollections
import Primitives

/// What must be in the journal before the first person can come: the place, and the first owner's
/// invitation. Its secret is kept in a file, so that the link stays the same over restarts.
struct Founding {
  private static let placeBytes = 16
  private static let secretBytes = 16

  let folder: DataFolder
  let journal: any Journal

  /// - Returns: the state to begin with, and the secret of the owner's invitation while there is no
  ///   owner.
  func prepare(
    now: WallTime
  ) throws -> (state: PlaceState, ownerInvitation: [UInt8]?) {
    for _ in 1..<Self.attemptsMax {
      // Another server of the place may begin at the same time.
      do { return try prepareOnce(now: now) } catch JournalError.overtaken {}
    }
    return try prepareOnce(now: now)
  }

  private static let attemptsMax = 8

  private func prepareOnce(
    now: WallTime
  ) throws -> (state: PlaceState, ownerInvitation: [UInt8]?) {
    var random = SystemRandomNumberGenerator()
    var state = try journal.loadState()
    var events: [StampedEvent] = []
    if state.place.isEmpty {
      let place = [UInt8].random(count: Self.placeBytes, using: &random)
      events.append(state.apply(Event(at: now, by: nil, body: .placeFounded(place: place))))
    }
    let secret = try ownerSecret(&state, now: now, events: &events, random: &random)
    if !events.isEmpty { try journal.append(events) }
    return (state, secret)
  }

  private func ownerSecret(
    _ state: inout PlaceState, now: WallTime, events: inout [StampedEvent],
    random: inout SystemRandomNumberGenerator
  ) throws -> [UInt8]? {
    guard !state.hasOwner else {
      DataFolder.remove(folder.ownerInvitation)
      return nil
    }
    if let kept = keptSecret(), state.invitationsBySecret[Self.hash(kept)] != nil { return kept }
    let secret = [UInt8].random(count: Self.secretBytes, using: &random)
    try DataFolder.writeSecret(Array((secret.base64URL + "\n").utf8), to: folder.ownerInvitation)
    let invitation = NewInvitation(
      id: state.nextInvitation, secretHash: Self.hash(secret), role: .owner, uses: 1,
      expiresAt: nil)
    events.append(state.apply(Event(at: now, by: nil, body: .invitationCreated(invitation))))
    return secret
  }

  private func keptSecret() -> [UInt8]? {
    guard let bytes = DataFolder.read(folder.ownerInvitation) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
    return text.flatMap { [UInt8](base64URL: $0) }
  }

  private static func hash(_ secret: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: secret)) }
}
