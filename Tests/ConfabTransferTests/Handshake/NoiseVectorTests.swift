import ConfabTransfer
import Crypto
import Foundation
import GoldenFiles
import Primitives
import Testing

/// `Vectors/noise-ik.json`: what other implementations of Noise agree on.
@Suite struct NoiseVectorTests {
  @Test func messagesHashAndKeysAreThePublishedOnes() throws {
    let file = try JSONDecoder().decode(
      NoiseVectors.self, from: Data(GoldenFile("Vectors/noise-ik.json").read().utf8))
    #expect(file.vectors.count == 1)
    for vector in file.vectors { try check(vector) }
  }

  private func check(_ vector: NoiseVectors.Vector) throws {
    var initiator = NoiseInitiator(
      staticPrivate: try key(vector.init_static), remoteStatic: bytes(vector.init_remote_static),
      prologue: bytes(vector.init_prologue), ephemeral: try key(vector.init_ephemeral))
    let staticPublic = try key(vector.init_static).publicKey.rawRepresentation
    var responder = NoiseResponder(
      staticPrivate: try key(vector.resp_static), expectedRemoteStatic: Array(staticPublic),
      prologue: bytes(vector.resp_prologue), ephemeral: try key(vector.resp_ephemeral))

    let message1 = try initiator.writeMessage1(payload: bytes(vector.messages[0].payload))
    #expect(message1.hex == vector.messages[0].ciphertext)
    #expect(try responder.readMessage1(message1).hex == vector.messages[0].payload)

    let (message2, keys) = try responder.writeMessage2(payload: bytes(vector.messages[1].payload))
    #expect(message2.hex == vector.messages[1].ciphertext)
    let read = try initiator.readMessage2(message2)
    #expect(read.payload.hex == vector.messages[1].payload)
    #expect(initiator.handshakeHash.hex == vector.handshake_hash)
    #expect(responder.handshakeHash.hex == vector.handshake_hash)
    #expect(read.keys.send == keys.receive)
    #expect(read.keys.receive == keys.send)

    // What follows goes back and forth, each direction counting for itself, without a header.
    for (index, message) in vector.messages[2...].enumerated() {
      let key = index % 2 == 0 ? read.keys.send : read.keys.receive
      let sealed = sealed(bytes(message.payload), key: key, number: UInt64(index / 2))
      #expect(sealed.hex == message.ciphertext)
    }
  }

  private func sealed(_ text: [UInt8], key: [UInt8], number: UInt64) -> [UInt8] {
    var cipher = CryptoPacketCipher(key: key)
    var packet = text + [UInt8](repeating: 0, count: PacketCipherSizes.tagBytes)
    packet.withUnsafeMutableBytes {
      guard let start = $0.baseAddress else { return }
      cipher.seal(start, headerCount: 0, payloadCount: text.count, packetNumber: number)
    }
    return packet
  }

  private func bytes(_ hex: String) -> [UInt8] { [UInt8](hex: hex) ?? [] }

  private func key(_ hex: String) throws -> Curve25519.KeyAgreement.PrivateKey {
    try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes(hex))
  }
}

/// The names are those of the published format.
private struct NoiseVectors: Decodable {
  struct Vector: Decodable {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var init_prologue, init_static, init_ephemeral, init_remote_static: String
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var resp_prologue, resp_static, resp_ephemeral, handshake_hash: String
    var messages: [Message]
  }
  struct Message: Decodable {
    var payload: String
    var ciphertext: String
  }
  var vectors: [Vector]
}
