import ConfabTransfer
import Crypto
import Primitives

/// Damages the datagrams of a handshake, with the codes that everybody can make put right or not. Nothing
/// but the genuine messages makes keys, and a guard never answers with more than it was sent.
package func exerciseHandshake(_ bytes: [UInt8]) {
  var feed = ByteFeed(bytes)
  switch feed.choice(of: 4) {
  case 0: toPresenter(feed.bytes(1_400), &feed)
  case 1: toPresenter(damaged(Scene.initiation.datagram(), &feed), &feed)
  case 2: toPresenter(message1: damaged(Scene.message1, &feed), &feed)
  default: toRecipient(&feed)
  }
}

private enum Scene {
  static let presenter = agreement(3)
  static let recipient = agreement(1)
  static let (initiator, message1): (NoiseInitiator, [UInt8]) = {
    var initiator = NoiseInitiator(
      staticPrivate: recipient, remoteStatic: publicBytes(presenter), prologue: [9],
      ephemeral: agreement(2))
    guard let message = try? initiator.writeMessage1(payload: [UInt8](repeating: 5, count: 16))
    else { preconditionFailure("the presenter's key is one") }
    return (initiator, message)
  }()
  static let initiation = Initiation(
    message: message1, to: publicBytes(presenter), receiver: 7, sender: 8)
  static let front = HandshakeGuard(
    ownStatic: publicBytes(presenter), seed: [UInt8](repeating: 6, count: 32))

  static var responder: NoiseResponder {
    NoiseResponder(
      staticPrivate: presenter, expectedRemoteStatic: publicBytes(recipient), prologue: [9],
      ephemeral: agreement(4))
  }

  static let message2: [UInt8] = {
    var responder = Scene.responder
    guard (try? responder.readMessage1(message1)) != nil,
      let (message, _) = try? responder.writeMessage2(payload: [])
    else { preconditionFailure("the genuine message is refused") }
    return message
  }()
}

private func toPresenter(_ datagram: [UInt8], _ feed: inout ByteFeed) {
  let source = DatagramSource(high: 0, low: 0xFFFF_C000_0201, port: feed.number16())
  let now = MonotonicTime(nanoseconds: feed.number64() >> 8)
  for isLoaded in [false, true] {
    let verdict = datagram.withUnsafeBytes {
      Scene.front.judge($0, from: source, isLoaded: isLoaded, at: now)
    }
    switch verdict {
    case .drop: break
    case .reply(let reply):
      precondition(isLoaded && reply.count <= datagram.count, "a guard that amplifies")
      readCookie(reply)
    case .proceed(let received): read(received.message)
    }
  }
}

/// With the codes put right: what only Noise itself can refuse.
private func toPresenter(message1: [UInt8], _ feed: inout ByteFeed) {
  let message = Array(message1.prefix(NoiseIK.messageBytesMax))
  let datagram = Initiation(
    message: message, to: publicBytes(Scene.presenter), receiver: 7, sender: 8
  ).datagram()
  toPresenter(datagram, &feed)
}

private func read(_ message: [UInt8]) {
  var responder = Scene.responder
  guard (try? responder.readMessage1(message)) != nil else { return }
  precondition(message == Scene.message1, "a damaged message 1 was read")
}

private func readCookie(_ reply: [UInt8]) {
  _ = reply.withUnsafeBytes { try? Scene.initiation.cookie(fromReply: $0) }
}

private func toRecipient(_ feed: inout ByteFeed) {
  var datagram = Response.datagram(
    message: feed.isChosen(oneIn: 2)
      ? Array(damaged(Scene.message2, &feed).prefix(NoiseIK.messageBytesMax)) : Scene.message2,
    to: publicBytes(Scene.recipient), receiver: 8, sender: 7)
  if feed.isChosen(oneIn: 2) { datagram = damaged(datagram, &feed) }
  readCookie(datagram)
  let read = datagram.withUnsafeBytes {
    try? Response.read($0, ownStatic: publicBytes(Scene.recipient))
  }
  var initiator = Scene.initiator
  guard let (_, message) = read, (try? initiator.readMessage2(message)) != nil else { return }
  precondition(message == Scene.message2, "a damaged message 2 was read")
}

private func damaged(_ bytes: [UInt8], _ feed: inout ByteFeed) -> [UInt8] {
  var bytes = bytes
  for _ in 0...feed.choice(of: 3) {
    switch feed.choice(of: 4) {
    case 0 where !bytes.isEmpty: bytes[Int(feed.number16()) % bytes.count] ^= feed.byte()
    case 1: bytes.removeLast(min(bytes.count, Int(feed.byte())))
    case 2: bytes += feed.bytes(16)
    default:
      let start = Int(feed.number16()) % (bytes.count + 1)
      let new = feed.bytes(32)
      bytes.replaceSubrange(start..<min(bytes.count, start + new.count), with: new)
    }
  }
  return bytes
}

private func agreement(_ byte: UInt8) -> Curve25519.KeyAgreement.PrivateKey {
  let bytes = [UInt8](repeating: byte, count: 32)
  guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes) else {
    preconditionFailure("32 bytes are a key")
  }
  return key
}

private func publicBytes(_ key: Curve25519.KeyAgreement.PrivateKey) -> [UInt8] {
  Array(key.publicKey.rawRepresentation)
}
