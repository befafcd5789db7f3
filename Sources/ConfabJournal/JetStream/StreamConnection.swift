import CNATS
import Foundation

/// What a call to the stream's servers came to, other than success.
enum StreamFailure: Error, Equatable {
  /// Another message follows the expected one already: this one was not stored by this call.
  case overtaken
  /// Another message is on its way behind the expected one, and may come to nothing: this one was not
  /// stored by this call.
  case contended
  /// The stream, or the disk of a server, is full: not stored.
  case full(String)
  /// The servers will not have it: not stored.
  case refused(String)
  /// No answer: nobody knows.
  case unanswered(String)
}

extension JournalError {
  init(_ failure: StreamFailure) {
    switch failure {
    case .overtaken, .contended: self = .overtaken
    case .full(let words): self = .streamFull(words)
    case .refused(let words): self = .other(words)
    case .unanswered(let words): self = .unreachable(words)
    }
  }
}

/// A message of the stream.
struct StreamMessage {
  var sequence: UInt64
  var bytes: [UInt8]
}

/// One connection to the servers that keep a place's stream. It finds another server by itself when its
/// own is lost.
///
/// Proof: nats.c locks its connection and its context itself; the two pointers are set before anybody
/// else has this object, and freed when nobody has it any more.
final class StreamConnection: @unchecked Sendable {
  let name: String
  private let connection: OpaquePointer
  private let context: OpaquePointer

  static let connectMilliseconds: Int64 = 2_000
  static let answerMilliseconds: Int64 = 2_000
  static let reconnectMilliseconds: Int64 = 100
  /// A server that stands still is given up after so many pings without an answer.
  static let pingMilliseconds: Int64 = 1_000
  static let pingsMax: Int32 = 2

  /// The stream's subjects. `log` has the batches in their order; under `rewritten` lie those that took
  /// the place of others when texts were deleted, each by its first entry.
  var log: String { "confab.\(name).log" }
  var streamName: String { "confab-\(name)" }
  /// In no stream: what servers announce to all, or to one of them.
  func nodes(_ node: String?) -> String { "confab.\(name).nodes" + (node.map { ".\($0)" } ?? "") }
  /// In no stream either: what servers made of it all.
  var digests: String { "confab.\(name).digests" }
  func rewritten(_ firstEntry: UInt64) -> String { "confab.\(name).rewritten.\(firstEntry)" }

  init(_ options: JetStreamOptions) throws(StreamFailure) {
    name = options.address.name
    var settings: OpaquePointer?
    try Self.check(natsOptions_Create(&settings))
    defer { natsOptions_Destroy(settings) }
    try Self.set(options, on: settings)
    var connection: OpaquePointer?
    try Self.check(natsConnection_Connect(&connection, settings))
    guard let connection else { throw .unanswered("no connection") }
    var context: OpaquePointer?
    var waits = jsOptions()
    jsOptions_Init(&waits)
    waits.Wait = Self.answerMilliseconds
    let made = natsConnection_JetStream(&context, connection, &waits)
    guard made == NATS_OK, let context else {
      natsConnection_Destroy(connection)
      throw Self.failure(made)
    }
    self.connection = connection
    self.context = context
  }

  deinit {
    jsCtx_Destroy(context)
    natsConnection_Destroy(connection)
  }

  /// No call waits after this.
  func close() { natsConnection_Close(connection) }

  var isConnected: Bool { natsConnection_Status(connection) == NATS_CONN_STATUS_CONNECTED }

  /// The largest message that the servers take.
  var messageBytesMax: Int { Int(natsConnection_GetMaxPayload(connection)) }

  private static func set(
    _ options: JetStreamOptions, on settings: OpaquePointer?
  ) throws(StreamFailure) {
    var servers = options.address.servers.map { UnsafePointer(strdup("nats://" + $0)) }
    defer { for server in servers { free(UnsafeMutableRawPointer(mutating: server)) } }
    try check(natsOptions_SetServers(settings, &servers, Int32(servers.count)))
    try check(natsOptions_SetName(settings, "confab"))
    try check(natsOptions_SetTimeout(settings, connectMilliseconds))
    try check(natsOptions_SetMaxReconnect(settings, -1))
    try check(natsOptions_SetReconnectWait(settings, reconnectMilliseconds))
    try check(natsOptions_SetPingInterval(settings, pingMilliseconds))
    try check(natsOptions_SetMaxPingsOut(settings, pingsMax))
    // Without it each message waits a millisecond for more.
    try check(natsOptions_SetSendAsap(settings, true))
    try check(natsOptions_SetFailRequestsOnDisconnect(settings, true))
    if let authorities = options.authorities {
      try check(natsOptions_SetSecure(settings, true))
      try check(natsOptions_LoadCATrustedCertificates(settings, authorities))
    }
    switch options.credentials {
    case .none: break
    case .user(let name, let password):
      try check(natsOptions_SetUserInfo(settings, name, password))
    case .file(let path):
      try check(natsOptions_SetUserCredentialsFromFiles(settings, path, nil))
    }
  }

  // MARK: - Calls

  /// Stores a message behind the newest one of its subject, if that is the expected one.
  ///
  /// - Parameters:
  ///   - last: the expected message; 0 for none.
  ///   - id: the servers store a message with the same id once.
  func publish(
    _ bytes: [UInt8], to subject: String, after last: UInt64, id: String
  ) throws(StreamFailure) -> UInt64 {
    var acknowledgement: UnsafeMutablePointer<jsPubAck>?
    defer { jsPubAck_Destroy(acknowledgement) }
    var code = jsErrCode(rawValue: 0)
    let status = id.withCString { id in
      streamName.withCString { stream in
        var options = jsPubOptions()
        jsPubOptions_Init(&options)
        options.MaxWait = Self.answerMilliseconds
        options.MsgId = id
        options.ExpectStream = stream
        options.ExpectLastSubjectSeq = last
        options.ExpectNoMessage = last == 0
        return js_Publish(
          &acknowledgement, context, subject, bytes, Int32(bytes.count), &options, &code)
      }
    }
    try Self.check(status, code)
    guard let sequence = acknowledgement?.pointee.Sequence, sequence > 0 else {
      throw .unanswered("an acknowledgement without a number")
    }
    return sequence
  }

  /// Nil when there is no message with this number any more.
  func message(_ sequence: UInt64) throws(StreamFailure) -> StreamMessage? {
    var message: OpaquePointer?
    var code = jsErrCode(rawValue: 0)
    let status = js_GetMsg(&message, context, streamName, sequence, nil, &code)
    return try Self.taken(message, status, code)
  }

  /// The newest message of a subject; nil when there is none.
  func last(on subject: String) throws(StreamFailure) -> StreamMessage? {
    var message: OpaquePointer?
    var code = jsErrCode(rawValue: 0)
    let status = js_GetLastMsg(&message, context, streamName, subject, nil, &code)
    return try Self.taken(message, status, code)
  }

  /// Overwrites a message on the disks of the servers. One that is gone already is no failure.
  func erase(_ sequence: UInt64) throws(StreamFailure) {
    var code = jsErrCode(rawValue: 0)
    let status = js_EraseMsg(context, streamName, sequence, nil, &code)
    if code == JSNoMessageFoundErr || code == JSSequenceNotFoundErr || status == NATS_NOT_FOUND {
      return
    }
    try Self.check(status, code)
  }

  /// The batches from one on, in order.
  func read(from sequence: UInt64) throws(StreamFailure) -> StreamReader {
    var subscription: OpaquePointer?
    var code = jsErrCode(rawValue: 0)
    let status = streamName.withCString { stream in
      var options = jsSubOptions()
      jsSubOptions_Init(&options)
      options.Stream = stream
      options.Ordered = true
      options.Config.DeliverPolicy = js_DeliverByStartSequence
      options.Config.OptStartSeq = sequence
      return js_SubscribeSync(&subscription, context, log, nil, &options, &code)
    }
    try Self.check(status, code)
    guard let subscription else { throw .unanswered("no subscription") }
    // Flow control keeps what waits within bounds.
    natsSubscription_SetPendingLimits(subscription, -1, -1)
    return StreamReader(subscription)
  }

  /// To whoever listens at this moment.
  func announce(_ bytes: [UInt8], on subject: String) {
    _ = natsConnection_Publish(connection, subject, bytes, Int32(bytes.count))
  }

  func readAnnouncements(on subject: String) throws(StreamFailure) -> StreamReader {
    var subscription: OpaquePointer?
    try Self.check(natsConnection_SubscribeSync(&subscription, connection, subject))
    guard let subscription else { throw .unanswered("no subscription") }
    return StreamReader(subscription)
  }

  func withContext<Answer>(_ body: (OpaquePointer) -> Answer) -> Answer { body(context) }

  private static func taken(
    _ message: OpaquePointer?, _ status: natsStatus, _ code: jsErrCode
  ) throws(StreamFailure) -> StreamMessage? {
    defer { natsMsg_Destroy(message) }
    if status == NATS_NOT_FOUND || code == JSNoMessageFoundErr { return nil }
    try check(status, code)
    guard let message else { return nil }
    return StreamMessage(sequence: natsMsg_GetSequence(message), bytes: bytes(of: message))
  }

  fileprivate static func bytes(of message: OpaquePointer) -> [UInt8] {
    let count = Int(natsMsg_GetDataLength(message))
    guard count > 0, let data = natsMsg_GetData(message) else { return [] }
    return Array(UnsafeRawBufferPointer(start: data, count: count))
  }

  // MARK: - Failures

  static func check(
    _ status: natsStatus, _ code: jsErrCode = jsErrCode(rawValue: 0)
  ) throws(StreamFailure) {
    if status != NATS_OK { throw failure(status, code) }
  }

  /// NATS's JSStreamWrongLastSequenceConstantErr, which our version of its library does not name.
  private static let wrongLastSequenceUnderWay = jsErrCode(rawValue: 10_164)

  private static func failure(
    _ status: natsStatus, _ code: jsErrCode = jsErrCode(rawValue: 0)
  ) -> StreamFailure {
    var latest = status
    let words =
      nats_GetLastError(&latest).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
      ?? String(cString: natsStatus_GetText(status))
    switch code {
    case JSStreamWrongLastSequenceErr: return .overtaken
    case wrongLastSequenceUnderWay: return .contended
    case JSStreamStoreFailedErr, JSStorageResourcesExceededErr, JSAccountResourcesExceededErr,
      JSInsufficientResourcesErr:
      return .full(words)
    case JSStreamMessageExceedsMaximumErr, JSStreamNotMatchErr, JSStreamSealedErr,
      JSStreamNotFoundErr:
      return .refused(words)
    default: break
    }
    switch status {
    case NATS_MAX_PAYLOAD, NATS_CONNECTION_AUTH_FAILED, NATS_NOT_PERMITTED, NATS_INVALID_ARG,
      NATS_ADDRESS_MISSING, NATS_SECURE_CONNECTION_WANTED, NATS_SECURE_CONNECTION_REQUIRED:
      return .refused(words)
    default: return .unanswered(words)
    }
  }
}

/// Reads the stream's batches one by one. From one thread only.
final class StreamReader {
  private let subscription: OpaquePointer

  fileprivate init(_ subscription: OpaquePointer) { self.subscription = subscription }

  deinit { natsSubscription_Destroy(subscription) }

  /// Of a message that is in no stream; nil when none came in time.
  func nextBytes(milliseconds: Int64) throws(StreamFailure) -> [UInt8]? {
    guard let message = try received(milliseconds) else { return nil }
    defer { natsMsg_Destroy(message) }
    return StreamConnection.bytes(of: message)
  }

  /// Nil when none came in time.
  func next(milliseconds: Int64) throws(StreamFailure) -> StreamMessage? {
    guard let message = try received(milliseconds) else { return nil }
    defer { natsMsg_Destroy(message) }
    var metadata: UnsafeMutablePointer<jsMsgMetaData>?
    try StreamConnection.check(natsMsg_GetMetaData(&metadata, message))
    defer { jsMsgMetaData_Destroy(metadata) }
    guard let sequence = metadata?.pointee.Sequence.Stream else {
      throw .unanswered("a message without a number")
    }
    return StreamMessage(sequence: sequence, bytes: StreamConnection.bytes(of: message))
  }

  /// - Returns: a message that the caller destroys.
  private func received(_ milliseconds: Int64) throws(StreamFailure) -> OpaquePointer? {
    var message: OpaquePointer?
    let status = natsSubscription_NextMsg(&message, subscription, milliseconds)
    if status == NATS_TIMEOUT { return nil }
    try StreamConnection.check(status)
    return message
  }
}
