import ConfabMedia
import Primitives
import STUN

/// Hands the bytes to both sides of ICE as they are, and as the tail of a check that proves itself. Nobody
/// who does not know the password may get in, and no answer may be much longer than what was asked.
package func exerciseICE(_ bytes: [UInt8]) {
  var random = SeededRandom(seed: 1)
  let now = MonotonicTime(nanoseconds: 1)
  let (server, client) = (
    ICECredentials(using: &random), ICECredentials(using: &random)
  )
  let tuple = TransportTuple(remote: [192, 0, 2, 1], port: 9)
  var lite = ICELite(local: server, remoteFragment: client.fragment, at: now)
  if case .answer(let answer) = lite.receive(bytes, from: tuple, at: now) {
    precondition(STUNMessage(answer) != nil, "an answer cannot be read")
    precondition(answer.count + headers <= 2 * (bytes.count + headers), "an answer amplifies")
  }
  precondition(lite.selected == nil, "a stranger got in")
  _ = ICELite.localFragment(of: bytes)
  _ = ICELite.answerToStranger(bytes)
  var controller = ICEController(
    local: client, remote: server, tuple: tuple, tieBreaker: 1, at: now)
  _ = controller.poll(at: now, using: &random)
  precondition(controller.receive(bytes, from: tuple, at: now) == nil, "a stranger got an answer")
  precondition(!controller.isConnected, "a stranger's answer was believed")

  let check = STUNMessage(
    .request,
    transaction: Array(bytes.prefix(12)) + [UInt8](repeating: 0, count: max(0, 12 - bytes.count)),
    attributes: [
      .init(
        type: AttributeType.username, value: Array("\(server.fragment):\(client.fragment)".utf8)),
      .init(type: bytes.last.map { UInt16($0) << 8 } ?? 0, value: Array(bytes.prefix(400))),
    ]
  ).encoded(integrity: server.integrityKey, fingerprint: true)
  guard case .answer = lite.receive(check, from: tuple, at: now) else {
    preconditionFailure("a check got no answer")
  }
}

/// Of IPv4 and UDP.
private let headers = 28
