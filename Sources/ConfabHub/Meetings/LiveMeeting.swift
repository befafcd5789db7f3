import ConfabDomain
import OrderedCollections
import Primitives

/// One device in a meeting, or before it.
struct Participant: Sendable {
  let id: ParticipantID
  let account: AccountID
  let session: SessionID?
  /// Goes on with this participant after a lost connection.
  let key: [UInt8]
  /// Nil while it is lost.
  var connection: ConnectionID?
  var isWaiting: Bool
  var joinedAt: WallTime
  /// The newest entry of the journal when they came, which must become durable.
  var entry: UInt64
  var sources: Set<MediaSource> = []
  var handRaisedAt: WallTime?
  /// The newest of the server's offers, so that an answer to an older one is known for late.
  var offer: UInt32 = 0

  /// 128 bits: nobody goes on with somebody else's.
  static let keyBytes = 16
}

/// Who is in a meeting now. Nothing of it outlives the server; what must is in the journal.
struct LiveMeeting: Sendable {
  let id: MeetingID
  let channel: ChannelID
  /// The entry of the journal that started it.
  let entry: UInt64
  /// Nobody but hosts can join.
  var isLocked = false
  /// In the order of coming.
  private(set) var participants: OrderedDictionary<ParticipantID, Participant> = [:]
  /// Let in before, and so not asked to wait again; of guests all who came in.
  var admitted: Set<AccountID> = []
  private(set) var inside = 0
  private var nextParticipant: UInt32 = 1

  init(id: MeetingID, channel: ChannelID, entry: UInt64) {
    self.id = id
    self.channel = channel
    self.entry = entry
  }

  var waiting: Int { participants.count - inside }

  func waiting(of account: AccountID) -> Int {
    participants.values.count { $0.account == account && $0.isWaiting }
  }

  func isInside(_ account: AccountID) -> Bool {
    participants.values.contains { $0.account == account && !$0.isWaiting }
  }

  func participant(key: [UInt8]) -> Participant? {
    guard key.count == Participant.keyBytes else { return nil }
    return participants.values.first { $0.key == key }
  }

  mutating func makeID() -> ParticipantID {
    defer { nextParticipant += 1 }
    return ParticipantID(nextParticipant)
  }

  mutating func insert(_ participant: Participant) {
    participants[participant.id] = participant
    inside += participant.isWaiting ? 0 : 1
  }

  @discardableResult
  mutating func remove(_ id: ParticipantID) -> Participant? {
    guard let gone = participants.removeValue(forKey: id) else { return nil }
    inside -= gone.isWaiting ? 0 : 1
    return gone
  }

  mutating func letIn(_ id: ParticipantID, at time: WallTime, entry: UInt64) {
    guard var participant = participants[id], participant.isWaiting else { return }
    participant.isWaiting = false
    participant.joinedAt = time
    participant.entry = entry
    participants[id] = participant
    inside += 1
  }

  mutating func change(_ id: ParticipantID, _ change: (inout Participant) -> Void) {
    guard let index = participants.index(forKey: id) else { return }
    change(&participants.values[index])
  }
}
