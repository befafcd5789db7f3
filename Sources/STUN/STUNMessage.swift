/// A message of Session Traversal Utilities for NAT (RFC 8489 §5).
///
///      0                   1                   2                   3
///     |0 0|     type (14)             |         length               |
///     |                  magic cookie 0x2112A442                     |
///     |                  transaction id (96)                         |
///     | attribute type | length | value, padded to 4 bytes | …
package struct STUNMessage: Hashable, Sendable {
  package enum Class: UInt16, Sendable {
    case request = 0x000
    case indication = 0x010
    case success = 0x100
    case error = 0x110
  }

  package struct Attribute: Hashable, Sendable {
    package var type: UInt16
    package var value: [UInt8]

    package init(type: UInt16, value: [UInt8]) {
      self.type = type
      self.value = value
    }

    /// Whoever does not understand it must refuse the message (RFC 8489 §14).
    package var isComprehensionRequired: Bool { type < 0x8000 }
  }

  package static let magicCookie: UInt32 = 0x2112_A442
  package static let headerBytes = 20
  package static let transactionBytes = 12
  /// The one method that the rendezvous knows.
  package static let binding: UInt16 = 0x001

  package var messageClass: Class
  package var method: UInt16
  package var transaction: [UInt8]
  package var attributes: [Attribute]

  package init(
    _ messageClass: Class, method: UInt16 = binding, transaction: [UInt8],
    attributes: [Attribute] = []
  ) {
    self.messageClass = messageClass
    self.method = method
    self.transaction = transaction
    self.attributes = attributes
  }

  package func value(of type: UInt16) -> [UInt8]? {
    attributes.first { $0.type == type }?.value
  }
}

extension STUNMessage {
  /// Nil when the bytes are not exactly one message, or its fingerprint is wrong.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.headerBytes, bytes.count % 4 == 0,
      let type = bytes.word(at: 0), type & 0xC000 == 0,
      bytes.long(at: 4) == Self.magicCookie,
      let length = bytes.word(at: 2), Int(length) == bytes.count - Self.headerBytes,
      let messageClass = Class(rawValue: type & 0x110)
    else { return nil }
    self.init(
      messageClass, method: Self.method(type: type), transaction: Array(bytes[8..<20]))
    guard let attributes = Self.attributes(of: bytes) else { return nil }
    self.attributes = attributes
  }

  /// The bytes of the message; with proof that its sender knows a key, and a fingerprint as its last
  /// attribute, when asked.
  package func encoded(integrity key: IntegrityKey? = nil, fingerprint: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(word: Self.type(messageClass, method))
    bytes.append(word: 0)
    bytes.append(long: Self.magicCookie)
    bytes += transaction
    for attribute in attributes {
      bytes.append(word: attribute.type)
      bytes.append(word: UInt16(truncatingIfNeeded: attribute.value.count))
      bytes += attribute.value
      bytes += [UInt8](repeating: 0, count: -attribute.value.count & 3)
    }
    if let key {
      bytes.set(word: UInt16(bytes.count - Self.headerBytes + IntegrityKey.attributeBytes), at: 2)
      let code = key.code(of: bytes[...])
      bytes.append(word: AttributeType.messageIntegrity)
      bytes.append(word: UInt16(code.count))
      bytes += code
    }
    let fingerprintBytes = fingerprint ? Fingerprint.attributeBytes : 0
    bytes.set(word: UInt16(bytes.count - Self.headerBytes + fingerprintBytes), at: 2)
    if fingerprint {
      let value = Fingerprint.value(of: bytes[...])
      bytes.append(word: AttributeType.fingerprint)
      bytes.append(word: 4)
      bytes.append(long: value)
    }
    return bytes
  }

  /// Walks the attributes; nil when one reaches beyond the end. Behind the integrity code only the
  /// fingerprint counts, since anybody may have added the rest (RFC 8489 §14.5).
  private static func attributes(of bytes: [UInt8]) -> [Attribute]? {
    var attributes: [Attribute] = []
    var isProtected = false
    var index = headerBytes
    while index < bytes.count {
      guard let type = bytes.word(at: index), let length = bytes.word(at: index + 2) else {
        return nil
      }
      let start = index + 4
      let end = start + Int(length)
      guard end <= bytes.count else { return nil }
      if type == AttributeType.fingerprint {
        // It must be the last, and it covers everything before it.
        guard end == bytes.count, length == 4,
          bytes.long(at: start) == Fingerprint.value(of: bytes[..<index])
        else { return nil }
      }
      if !isProtected || type == AttributeType.fingerprint {
        attributes.append(Attribute(type: type, value: Array(bytes[start..<end])))
      }
      if type == AttributeType.messageIntegrity { isProtected = true }
      index = (end + 3) & ~3
    }
    return attributes
  }

  // The class's two bits stand in between the method's (RFC 8489 §5, figure 3).
  private static func method(type: UInt16) -> UInt16 {
    type & 0x000F | (type & 0x00E0) >> 1 | (type & 0x3E00) >> 2
  }

  private static func type(_ messageClass: Class, _ method: UInt16) -> UInt16 {
    method & 0x000F | (method & 0x0070) << 1 | (method & 0x0F80) << 2 | messageClass.rawValue
  }
}

/// Numbers of RFC 8489 §18.3 and RFC 8445 §20.1.
package enum AttributeType {
  package static let username: UInt16 = 0x0006
  package static let messageIntegrity: UInt16 = 0x0008
  package static let errorCode: UInt16 = 0x0009
  package static let unknownAttributes: UInt16 = 0x000A
  package static let xorMappedAddress: UInt16 = 0x0020
  package static let priority: UInt16 = 0x0024
  package static let useCandidate: UInt16 = 0x0025
  package static let fingerprint: UInt16 = 0x8028
  package static let iceControlled: UInt16 = 0x8029
  package static let iceControlling: UInt16 = 0x802A
}
