import ConfabMedia
import ConfabNetwork

/// Seals what a room sends, for each viewer straight into the datagram that leaves.
struct SealingSink: MediaSink {
  let meeting: LiveMeetingMedia
  /// Valid during the call that the sink is made for.
  let outgoing: UnsafeMutablePointer<OutgoingDatagrams>

  mutating func send(_ packet: OutgoingRTP, to viewer: ParticipantIndex) {
    guard let connection = meeting.member(viewer)?.subscribing,
      let destination = connection.transport.destination,
      let header = packet.header.baseAddress
    else { return }
    let room = outgoing.pointee.reserve(
      packet.bytes + MediaConnection.Transport.overheadMax)
    guard let base = room.baseAddress else { return }
    base.copyMemory(from: header, byteCount: packet.header.count)
    let sealed = connection.transport.sealRTP(
      at: base, headerBytes: packet.header.count,
      SRTPPlaintext(prefix: packet.prefix, payload: packet.payload))
    if let sealed { outgoing.pointee.commit(sealed, to: destination) }
  }

  mutating func send(
    rtcp bytes: UnsafeRawBufferPointer, to participant: ParticipantIndex, role: TransportRole
  ) {
    guard let connection = meeting.member(participant)?.connection(role),
      let destination = connection.transport.destination
    else { return }
    let room = outgoing.pointee.reserve(bytes.count + MediaConnection.Transport.overheadMax)
    room.copyMemory(from: bytes)
    if let sealed = connection.transport.sealRTCP(room, count: bytes.count) {
      outgoing.pointee.commit(sealed, to: destination)
    }
  }
}
