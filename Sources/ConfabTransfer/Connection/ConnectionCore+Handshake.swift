extension ConnectionCore {
  /// A datagram of the handshake.
  mutating func receiveHandshake(
    _ datagram: UnsafeRawBufferPointer, from address: PathAddress, at now: UInt64
  ) {
    guard phase == .handshaking || phase == .established else { return drop() }
    let known = paths.index(of: address)
    switch handshake.receive(datagram, from: address, on: known, at: now) {
    case .ignored: drop()
    case .askForCookie(let reply): handshakeReply = (address, reply)
    case .repeated:
      // It may be an old one sent again by somebody else: it is answered, but proves nothing.
      handshakeReply = (address, handshake.response)
    case .keys(let fresh, let isValidated, let roundTrip):
      guard let path = known ?? paths.add(address, kind: .direct, at: now) else { return drop() }
      newKeys = fresh
      phase = .established
      lastHeardAt = now
      paths[path].isValidated = isValidated
      paths[path].bytesReceived += UInt64(datagram.count)
      paths[path].lastHeardAt = now
      paths.activate(path)
      peersPath = path
      if let roundTrip { recovery.measured(roundTrip: roundTrip) }
      if role == .presenter {
        owedHandshakes |= 1 << UInt64(path)
      } else {
        // The presenter learns at once that its message 2 arrived, and how long the way is.
        owesPing = true
      }
      for other in paths.indices where other != path || !isValidated {
        paths.beginValidation(other, at: now)
      }
      report(.handshakeDone)
      report(.pathChanged(address, paths[path].kind))
    }
  }

  mutating func takeNewKeys() -> TransferKeys? {
    defer { newKeys = nil }
    return newKeys
  }

  /// Message 1, or 2, or what opens the way for message 1, if one is due.
  mutating func transmitHandshake(
    into buffer: UnsafeMutableRawBufferPointer, at now: UInt64
  ) -> Train? {
    if let (address, reply) = handshakeReply {
      handshakeReply = nil
      guard reply.count <= buffer.count else { return nil }
      buffer.copyBytes(from: reply)
      return Train(path: address, bytes: reply.count, segmentBytes: reply.count)
    }
    guard phase == .handshaking || owedHandshakes != 0 else { return nil }
    if owedHandshakes != 0, role == .presenter, phase == .established {
      let path = owedHandshakes.trailingZeroBitCount
      owedHandshakes &= owedHandshakes - 1
      return fill(buffer, with: handshake.response, to: path, at: now)
    }
    owedHandshakes = 0
    guard let path = handshake.nextDue(pathCount: paths.count, at: now) else { return nil }
    return fill(buffer, with: handshake.datagram(for: path, at: now), to: path, at: now)
  }

  private mutating func fill(
    _ buffer: UnsafeMutableRawBufferPointer, with bytes: [UInt8], to path: Int, at now: UInt64
  ) -> Train? {
    guard bytes.count <= buffer.count else { return nil }
    buffer.copyBytes(from: bytes)
    paths[path].bytesSent += UInt64(bytes.count)
    statistics.bytesSent += UInt64(bytes.count)
    return Train(path: paths[path].address, bytes: bytes.count, segmentBytes: bytes.count)
  }
}
