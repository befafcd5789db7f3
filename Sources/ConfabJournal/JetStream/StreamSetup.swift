import CNATS
import Foundation

/// What the operator says of a replicated journal.
package struct JetStreamOptions: Sendable {
  package var address: JournalAddress
  package var credentials = Credentials.none
  /// A PEM file of the authorities that may vouch for the servers; with it the connection is TLS.
  package var authorities: String?
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
      replicas: Int(info.pointee.Config?.pointee.Replicas ?? 1), last: info.pointee.State.LastSeq)
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
