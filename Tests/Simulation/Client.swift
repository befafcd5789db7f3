import ConfabDomain
import ConfabHub
import ConfabWire
import OrderedCollections
import Primitives

/// One device of one person: the client's half of the wire, an outbox, and what it heard.
struct Client {
  let index: Int
  let name: String
  let account: AccountID

  // On its disk, and so there after a restart.
  var token: [UInt8] = []
  var outbox: [Draft] = []

  // In its memory.
  var link: ConnectionID?
  var connection: ClientConnection
  var decoder = FrameDecoder()
  var cursors = ChannelCursors()
  var heard: OrderedDictionary<ChannelID, [WireEvent]> = [:]
  var known: OrderedDictionary<ChannelID, WireChannelInfo> = [:]
  var asked: [UInt64: Purpose] = [:]
  /// Until then it reads nothing.
  var slowUntil = MonotonicTime(nanoseconds: 0)

  struct Draft {
    var id: MessageID
    var channel: String
    var text: String
    /// May have reached the server.
    var wasTried = false
    /// Waits for its answer.
    var isUnderWay = false
  }

  /// What an answer will be about.
  enum Purpose {
    case subscribe
    case list
    case fetch(ChannelID)
    case send(MessageID)
    case edit(ChannelID, UInt64, String)
    case delete(ChannelID, UInt64)
    case room(String)
    case other
  }

  init(index: Int, name: String, account: AccountID) {
    self.index = index
    self.name = name
    self.account = account
    connection = ClientConnection(client: "simulated", credentials: nil)
  }

  var isReady: Bool { link != nil && connection.phase == .ready }

  var credentials: Credentials {
    Credentials(
      token.isEmpty ? .password(name: name, password: "password") : .token(token), device: nil)
  }

  /// The process ends and begins again.
  mutating func restart() {
    let (oldToken, oldOutbox) = (token, outbox)
    self = Client(index: index, name: name, account: account)
    token = oldToken
    outbox = oldOutbox
    forgetConnection()
  }

  mutating func forgetConnection() {
    link = nil
    asked = [:]
    decoder = FrameDecoder()
    cursors.disconnected()
    for index in outbox.indices { outbox[index].isUnderWay = false }
  }

  func lastHeard(in channel: ChannelID) -> UInt64 { heard[channel]?.last?.position ?? 0 }

  /// A message of one's own, for changing it.
  func ownMessages() -> [(channel: ChannelID, sequence: UInt64)] {
    messages().filter { $0.event.by == name }.map { ($0.channel, $0.event.posted.sequence) }
  }

  func messages() -> [(channel: ChannelID, event: WireEvent)] {
    heard.flatMap { channel, events in
      events.suffix(12).filter { if case .posted? = $0.body { true } else { false } }
        .map { (channel, $0) }
    }
  }
}
