package import ConfabNetwork
package import ConfabTransfer

/// A connection as it is used here: packets go through OpenSSL with contexts that are keyed once.
package typealias FileConnection = TransferConnection<OpenSSLCipher>

extension ReceiveBatch.Slot {
  /// Each datagram of the slot.
  func forEachDatagram(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
    var start = 0
    while start < bytes.count {
      let end = min(start + segmentBytes, bytes.count)
      body(UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end]))
      start = end
    }
  }

  var mark: ECNMark { ECNMark(rawValue: ecn) ?? .none }
}

/// What a datagram on a transfer's socket is, by its first byte (RFC 7983).
enum DatagramFamily {
  case stun
  case transfer
  case relay
  case foreign

  init(_ firstByte: UInt8) {
    switch firstByte {
    case 0...3: self = .stun
    case RelayDatagram.forwardedFirstBytes: self = .transfer
    case RelayDatagram.firstBytes: self = .relay
    default: self = .foreign
    }
  }
}
