import ConfabDomain
import ConfabHub
import ConfabMedia
import ConfabNetwork
import Primitives

/// One of a participant's two connections, with what the endpoint's tables know of it.
///
/// Lives on the port's thread.
final class MediaConnection {
  typealias Transport = MediaTransport<OpenSSLDTLS, OpenSSLMediaCipher>

  let role: TransportRole
  unowned let member: MeetingMember
  var transport: Transport
  private(set) var credentials: ICECredentials
  /// What the other side calls itself; nil while it has not said.
  private(set) var remoteFragment: String?
  private(set) var remoteFingerprint: CertificateFingerprint?
  /// By which names and from which addresses the endpoint's tables lead here.
  var fragments: [String] = []
  var tuples: [TransportTuple] = []

  init(
    role: TransportRole, member: MeetingMember, credentials: ICECredentials, dtls: DTLSContext,
    at now: MonotonicTime
  ) {
    self.role = role
    self.member = member
    self.credentials = credentials
    transport = Transport(
      ice: .lite(ICELite(local: credentials, at: now)), dtls: OpenSSLDTLS(dtls, role: .server),
      role: .server, fingerprint: nil, at: now)
  }

  /// New names for both sides; what was proved goes on until they are used.
  func restart(_ credentials: ICECredentials) {
    self.credentials = credentials
    remoteFragment = nil
    transport.restartICE(local: credentials, remoteFragment: nil)
  }

  func setRemote(fragment: String, fingerprint: CertificateFingerprint) {
    remoteFragment = fragment
    remoteFingerprint = fingerprint
    transport.setRemote(fragment: fragment, fingerprint: fingerprint)
  }

  /// Whether the other side can be the one that was here: another certificate is another connection,
  /// as after a page was loaded anew.
  func isSame(_ fingerprint: CertificateFingerprint) -> Bool {
    remoteFingerprint.map { $0 == fingerprint } ?? true
  }
}

/// Somebody who is in a meeting, as its media know him.
final class MeetingMember {
  struct Track {
    let id: TrackID
    let mid: String
    let rids: [String]
    let source: MediaSource
    /// Places of the layers that anybody sees; nil while nothing else was said than that all are wanted.
    var wanted: [Int]?
  }

  struct Slot {
    let slot: ConfabMedia.MediaSlot
    let track: TrackID
    var shortage: ConfabHub.MediaSlot.Shortage?
  }

  let party: MediaParty
  let index: ParticipantIndex
  unowned let meeting: LiveMeetingMedia
  var publishing: MediaConnection?
  var subscribing: MediaConnection?
  /// What of his goes to the others. Nothing, until it is said.
  var forwarded: Set<MediaSource> = []
  var tracks: [Track] = []
  /// What he sees and hears, by section.
  var slots: [Slot] = []
  var wishes: [MediaWish] = []
  /// 0 for whatever the line bears.
  var videoKilobitsMax: UInt32 = 0
  var offerNumber: UInt32 = 0
  /// Of the offers, the one that was answered last.
  var answeredNumber: UInt32 = 0

  init(party: MediaParty, index: ParticipantIndex, meeting: LiveMeetingMedia) {
    self.party = party
    self.index = index
    self.meeting = meeting
  }

  func connection(_ role: TransportRole) -> MediaConnection? {
    role == .publishing ? publishing : subscribing
  }

  func set(_ connection: MediaConnection?, as role: TransportRole) {
    switch role {
    case .publishing: publishing = connection
    case .subscribing: subscribing = connection
    }
  }
}

/// One meeting's media: the room that decides, and who is who in it.
final class LiveMeetingMedia {
  let id: MeetingID
  var room: MediaRoom
  private(set) var members: [ParticipantID: MeetingMember] = [:]
  /// By the room's index.
  private(set) var byIndex: [MeetingMember?] = []

  init(id: MeetingID, seed: UInt64) {
    self.id = id
    room = MediaRoom(seed: seed)
  }

  func add(_ member: MeetingMember) {
    members[member.party.participant] = member
    let place = Int(member.index.value)
    while byIndex.count <= place { byIndex.append(nil) }
    byIndex[place] = member
  }

  func remove(_ member: MeetingMember) {
    members[member.party.participant] = nil
    byIndex[Int(member.index.value)] = nil
  }

  @inline(__always)
  func member(_ index: ParticipantIndex) -> MeetingMember? {
    let place = Int(index.value)
    return byIndex.indices.contains(place) ? byIndex[place] : nil
  }

  /// Whose track it is.
  func owner(of track: TrackID) -> (MeetingMember, MeetingMember.Track)? {
    for member in members.values {
      if let found = member.tracks.first(where: { $0.id == track }) { return (member, found) }
    }
    return nil
  }
}
