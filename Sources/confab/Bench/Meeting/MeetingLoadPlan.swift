import ConfabNetwork

/// Who sends what to whom.
struct MeetingLoadPlan: Sendable {
  var publishers = 1
  var viewers = 50
  var seconds = 10.0
  /// Of each publisher's video.
  var kilobitsPerSecond = 1_500
  var framesPerSecond = 30
  /// Publishers send sound as well; the first four are loud, and heard by everybody.
  var hasSound = false
  /// How many publishers' videos each viewer sees; they are dealt out in turns.
  var tiles = 10

  /// Whom a viewer sees, by the publishers' places.
  func seen(by viewer: Int) -> [Int] {
    (0..<min(tiles, publishers)).map { (viewer + $0) % publishers }
  }

  /// Whom everybody hears.
  var heard: [Int] { hasSound ? Array(0..<min(Self.speakers, publishers)) : [] }

  private static let speakers = 4
}

/// A server whose meeting is put under load. Each call is one more participant.
protocol MeetingServer: AnyObject {
  /// Nil when it is not known.
  var pid: Int32? { get }
  /// What an offer says of the first step of DTLS, so that the server leaves it to the load.
  var setupOffered: String { get }

  /// - Parameter offer: what is sent: a video, and sound when the plan has it.
  /// - Returns: the answer.
  func publish(_ offer: String, _ streams: [PeerStream]) async throws -> String

  /// - Parameter answer: makes the answer to the server's offer.
  func watch(
    seen: [Int], heard: [Int], answer: (String) throws -> String
  ) async throws

  /// From which port of this machine the participant who came last will send.
  func announce(port: Int) async throws

  /// Called now and then.
  func keepAlive() async throws

  func end() async
}

/// The meeting did not come about.
struct MeetingLoadTrouble: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) {
    self.description = description
  }
}
