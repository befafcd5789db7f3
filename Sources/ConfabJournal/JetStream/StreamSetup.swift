import CNATS
import Foundation

/// What the operator says of a replicated journal.
package struct JetStreamOptions: Sendable {
  package var address: JournalAddress
  package var credentials = Credentials.none
  /// A PEM file of the authorities that may vouch for the servers; with it the connection is TLS.
  package var authorities: String?
  /// A backup of a server of the place, with which a server that has no copy of the stream yet begins,
  /// instead of with the stream's first message.
  package var backup: String?
  /// Copies of the stream when it is made. Fewer are made where there are fewer servers.
  package var replicas = Self.standardReplicas

  package static let standardReplicas = 3

  /// How long a group is sent again and again before it counts as unanswered: longer than the servers
  /// take to choose another leader.
  package var answerSecondsMax = 8.0

  package enum Credentials: Sendable {
    case none
    case user(name: String, password: String)
    /// What `nsc` writes: a JWT and a seed.
    case file(path: String)
  }

  package init(address: JournalAddress) { self.address = address }
}

/// What became of the stream when it was looked for.
struct StreamState {
  var replicas: Int
  /// Of the newest message of any subject.
  var last: UInt64
  var shortcomings: [StreamShortcoming]
}

/// A setting of the stream under which something that was acknowledged can be lost.
package enum StreamShortcoming: Hashable, Sendable, CustomStringConvertible {
  case copies(Int)
  /// When it is full, it takes new messages for old ones.
  case forgetsWhenFull
  case forgetsWithAge
  case forgetsRead
  case inMemory
  /// Nothing is lost, but what was deleted stays.
  case keepsDeleted

  package var description: String {
    switch self {
    case .copies(let count):
      "the stream has \(count == 1 ? "one copy" : "\(count) copies"): messages outlive the loss of a "
        + "machine only with three, on three NATS servers"
    case .forgetsWhenFull:
      "the stream forgets its oldest messages when it is full: set its discard policy to new, and no "
        + "limit for each subject"
    case .forgetsWithAge: "the stream forgets messages when they are old: set no greatest age"
    case .forgetsRead: "the stream forgets messages that were read: set its retention to limits"
    case .inMemory: "the stream is in memory only: it must be in files"
    case .keepsDeleted: "the stream lets nothing be erased, so deleted texts stay in it"
    }
  }
}

extension StreamConnection {
  /// How long the servers remember ids of messages. Longer than anybody sends one again.
  private static let duplicateSeconds: Int64 = 120
  private static let nanosecondsInSecond: Int64 = 1_000_000_000

  /// Finds the stream, or makes it when there is none.
  func ensureStream(replicas: Int) throws(StreamFailure) -> StreamState {
    if let found = try streamState() { return found }
    do throws(StreamFailure) {
      try makeStream(replicas: replicas)
    } catch {
      // A server alone, or too few of them, keep fewer copies: the operator is told.
      guard replicas > 1 else { throw error }
      try makeStream(replicas: 1)
    }
    guard let made = try streamState() else { throw .unanswered("the stream was not made") }
    return made
  }

  /// Nil when there is no stream.
  func streamState() throws(StreamFailure) -> StreamState? {
    var info: UnsafeMutablePointer<jsStreamInfo>?
    var code = jsErrCode(rawValue: 0)
    let status = withContext { js_GetStreamInfo(&info, $0, streamName, nil, &code) }
    if code == JSStreamNotFoundErr || status == NATS_NOT_FOUND { return nil }
    try Self.check(status, code)
    defer { jsStreamInfo_Destroy(info) }
    guard let info else { return nil }
    return StreamState(
      replicas: Int(info.pointee.Config?.pointee.Replicas ?? 1), last: info.pointee.State.LastSeq,
      shortcomings: info.pointee.Config.map { Self.shortcomings($0.pointee) } ?? [])
  }

  private static func shortcomings(_ found: jsStreamConfig) -> [StreamShortcoming] {
    let rules: [(StreamShortcoming, Bool)] = [
      (.copies(Int(found.Replicas)), found.Replicas < JetStreamOptions.standardReplicas),
      (.forgetsWhenFull, found.Discard != js_DiscardNew || found.MaxMsgsPerSubject > 0),
      (.forgetsWithAge, found.MaxAge > 0), (.forgetsRead, found.Retention != js_LimitsPolicy),
      (.inMemory, found.Storage != js_FileStorage), (.keepsDeleted, found.DenyDelete),
    ]
    return rules.filter(\.1).map(\.0)
  }

  private func makeStream(replicas: Int) throws(StreamFailure) {
    var code = jsErrCode(rawValue: 0)
    var subjects = ["log", "rewritten.>"].map { UnsafePointer(strdup("confab.\(name).\($0)")) }
    defer { for subject in subjects { free(UnsafeMutableRawPointer(mutating: subject)) } }
    let status = streamName.withCString { stream in
      subjects.withUnsafeMutableBufferPointer { subjects in
        var configuration = jsStreamConfig()
        jsStreamConfig_Init(&configuration)
        configuration.Name = stream
        configuration.Subjects = subjects.baseAddress
        configuration.SubjectsLen = Int32(subjects.count)
        configuration.Storage = js_FileStorage
        configuration.Retention = js_LimitsPolicy
        // A full stream takes nothing more, rather than forget its beginning.
        configuration.Discard = js_DiscardNew
        configuration.Replicas = Int64(replicas)
        configuration.Duplicates = Self.duplicateSeconds * Self.nanosecondsInSecond
        configuration.DenyPurge = true
        return withContext { js_AddStream(nil, $0, &configuration, nil, &code) }
      }
    }
    // Another server of the place may have been quicker.
    if code == JSStreamNameExistErr { return }
    try Self.check(status, code)
  }
}
