import ConfabMedia

/// Reads the bytes as every packet that a browser may send. What is found lies within them, and what
/// can be written reads the same again.
package func exerciseMediaPackets(_ bytes: [UInt8]) {
  bytes.withUnsafeBytes { packet in
    if let header = RTPHeader(packet) {
      precondition(header.payloadStart + header.payloadBytes + header.paddingBytes == packet.count)
      var numbers = HeaderExtensionNumbers()
      for (number, kind) in HeaderExtensionKind.allCases.enumerated() {
        numbers.set(kind, to: UInt8(number + 1))
      }
      let found = ReceivedExtensions(header, in: packet, numbers: numbers)
      for span in [found.mid, found.rid, found.repairedRid].compactMap(\.self) {
        precondition(span.start + span.count <= header.payloadStart)
      }
      let payload = UnsafeRawBufferPointer(
        rebasing: packet[header.payloadStart..<header.payloadStart + header.payloadBytes])
      surviveDescriptor(payload)
      _ = H264Payload.isKeyframeStart(payload)
    }
    surviveDescriptor(packet)
    readRTCP(packet)
  }
}

private func surviveDescriptor(_ payload: UnsafeRawBufferPointer) {
  guard let descriptor = VP8Descriptor(payload) else { return }
  precondition(descriptor.bytes < payload.count)
  withUnsafeTemporaryAllocation(byteCount: VP8Descriptor.bytesMax + 1, alignment: 8) { buffer in
    let count = descriptor.write(to: buffer)
    // A payload follows, or it would be refused.
    buffer[count] = descriptor.isKeyframeStart ? 0 : 1
    let again = VP8Descriptor(UnsafeRawBufferPointer(rebasing: buffer[...count]))
    precondition(again?.pictureID == descriptor.pictureID)
    precondition(again?.tl0PictureIndex == descriptor.tl0PictureIndex)
    precondition(again?.temporalLayer == descriptor.temporalLayer)
    precondition(again?.keyIndex == descriptor.keyIndex)
    precondition(again?.isKeyframeStart == descriptor.isKeyframeStart)
  }
}

private func readRTCP(_ datagram: UnsafeRawBufferPointer) {
  var reader = RTCPReader(datagram)
  var packets = 0
  while let packet = reader.next() {
    packets += 1
    precondition(packets <= datagram.count / RTCPPacket.headerBytes)
    _ = SenderReport(packet)
    for index in 0..<ReportBlock.count(in: packet) { _ = ReportBlock(index, in: packet) }
    _ = ReceiverEstimate(packet)
    KeyframeRequest.forEach(packet) { _ in }
    if NegativeAcknowledgement.isIn(packet) { NegativeAcknowledgement.forEach(packet) { _ in } }
    if let feedback = TransportFeedback(packet) {
      var count = 0
      feedback.forEach { _, _ in count += 1 }
      precondition(count == feedback.packetCount)
    }
  }
}
