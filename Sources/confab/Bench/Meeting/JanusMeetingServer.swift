import ConfabNetwork
import Foundation

/// The VideoRoom of Janus, for comparison, over its API on a Unix socket (janus.transport.pfunix).
final class JanusMeetingServer: MeetingServer {
  private static let plugin = "janus.plugin.videoroom"

  private let link: JanusLink
  private var session: Int64 = 0
  private let room = Int64.random(in: 1...1_000_000)
  /// The publishers' names in the room.
  private var feeds: [Int64] = []
  private var newest: Int64 = 0
  /// Of this machine, and Janus's too.
  private let address: String

  let pid: Int32?
  /// It would take the first step itself.
  let setupOffered = "active"

  init(socket path: String, address: String, pid: Int32?) throws {
    self.pid = pid
    self.address = address
    link = try JanusLink(path)
    let made = try link.ask(["janus": "create"])
    session = try made.number("data", "id")
    let handle = try attach()
    _ = try tell(
      handle,
      [
        "request": "create", "room": room, "publishers": 1_000, "bitrate": 0,
        "audiocodec": "opus", "videocodec": "vp8",
      ])
  }

  private func attach() throws -> Int64 {
    newest = try link.ask(["janus": "attach", "session_id": session, "plugin": Self.plugin])
      .number("data", "id")
    return newest
  }

  private func tell(
    _ handle: Int64, _ body: [String: Any], sdp: (type: String, text: String)? = nil
  ) throws -> JanusAnswer {
    var request: [String: Any] = [
      "janus": "message", "session_id": session, "handle_id": handle, "body": body,
    ]
    if let sdp { request["jsep"] = ["type": sdp.type, "sdp": sdp.text] }
    return try link.ask(request)
  }

  func publish(_ offer: String, _ streams: [PeerStream]) async throws -> String {
    let answer = try tell(
      try attach(),
      ["request": "joinandconfigure", "ptype": "publisher", "room": room],
      sdp: ("offer", offer))
    feeds.append(try answer.number("plugindata", "data", "id"))
    return try answer.text("jsep", "sdp")
  }

  func watch(
    seen: [Int], heard: [Int], answer: (String) throws -> String
  ) async throws {
    let handle = try attach()
    let streams: [[String: Any]] =
      heard.map { ["feed": feeds[$0], "mid": "1"] } + seen.map { ["feed": feeds[$0], "mid": "0"] }
    let offer = try tell(
      handle, ["request": "join", "ptype": "subscriber", "room": room, "streams": streams])
    _ = try tell(
      handle, ["request": "start"], sdp: ("answer", try answer(try offer.text("jsep", "sdp"))))
  }

  /// Before the first check comes, or it does not take that address for a way.
  func announce(port: Int) async throws {
    let text = "candidate:1 1 udp 2130706431 \(address) \(port) typ host"
    for candidate in [
      ["candidate": text, "sdpMid": "0", "sdpMLineIndex": 0], ["completed": true],
    ] as [[String: Any]] {
      _ = try link.ask([
        "janus": "trickle", "session_id": session, "handle_id": newest, "candidate": candidate,
      ])
    }
  }

  func keepAlive() async throws {
    _ = try link.ask(["janus": "keepalive", "session_id": session])
  }

  func end() async {
    _ = try? link.ask(["janus": "destroy", "session_id": session])
  }
}
