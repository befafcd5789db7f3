import ConfabMedia

private let local = LocalTransport(
  iceUsernameFragment: "abcd", icePassword: "abcdefghijklmnopqrstuv",
  fingerprint: Array(repeating: 7, count: 32), candidates: [])

/// Offers the bytes to a room, and answers it with them. An answer that we make can be read, has the
/// offer's sections, and no line that the offer broke open.
package func exerciseMediaDescriptions(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  var room = MediaRoom(seed: 1)
  var slab = PacketSlab(slotsMax: 1)
  guard let participant = try? room.join(at: 0) else { return }
  _ = try? room.subscribeAnswer(participant, answer: text, at: 0)
  guard
    let answer = try? room.publish(participant, offer: text, local: local, slab: &slab, at: 0),
    let offered = try? SDPParser.parse(text)
  else { return }
  guard let answered = try? SDPParser.parse(answer.sdp) else {
    preconditionFailure("our own answer cannot be read")
  }
  precondition(answered.sections.map(\.media) == offered.sections.map(\.media))
  precondition(answer.tracks.count <= room.limits.tracksPerParticipantMax)
  for line in answer.sdp.utf8.split(separator: UInt8(ascii: "\n")) {
    precondition(line.last == UInt8(ascii: "\r"))
    precondition(line.dropFirst().first == UInt8(ascii: "="))
  }
}
