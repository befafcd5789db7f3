/// What `confab bench chat` does to a server.
struct ChatLoadPlan: Sendable {
  enum Kind: Sendable {
    /// Everybody is in the lobby and hears everything.
    case fanOut
    /// Nobody listens: senders wait for acknowledgements.
    case acknowledgements
    /// Everybody is connected and nobody says anything.
    case idle
  }

  var kind = Kind.fanOut
  var clients = 100
  var senders = 10
  /// Messages a second from all senders together; 0 is as fast as the server takes them.
  var rate = 0.0
  var seconds = 5.0
  /// Of each message's text.
  var bytes = 100
  /// Messages that one sender leaves unacknowledged when there is no rate.
  var window = ChatLoadPlan.fanOutWindow

  static let fanOutWindow = 16
  /// A send time of 17 characters is part of each text.
  static let textBytesMin = 17
  /// Every so many deliveries one is timed, so that timing does not cost more than receiving.
  static let samplingInterval = 8
  /// How long to wait for the last deliveries.
  static let graceSeconds = 10.0
}
