/// Sizes that both ends of a connection must agree on, in bytes unless the name says otherwise.
package enum PacketLimits {
  /// First byte, receiver index, low three bytes of the packet number.
  package static let shortHeaderBytes = 8
  package static let tagBytes = PacketCipherSizes.tagBytes
  /// What every path must carry (RFC 9000 §14), hence where the search for more begins.
  package static let baseDatagramBytes = 1_200
  /// The most that UDP over IPv4 carries: 65,535 less 20 and 8 for the two headers.
  package static let datagramBytesMax = 65_507
  /// The Linux kernel refuses trains of more segments (UDP_MAX_SEGMENTS as of 4.18).
  package static let trainSegmentsMax = 64
  /// 1 Gbit/s × 100 ms × 5 % loss leaves some 430 gaps a round trip; with fewer ranges in a frame,
  /// packets that did arrive would be taken for lost.
  package static let acknowledgedRangesMax = 256
  package static let closeReasonBytesMax = 200
  package static let candidatesMax = 32
  /// Kind 1, address 16, port 2.
  package static let candidateBytes = 19
  /// Up to here an offset fits the short form of a content frame.
  package static let shortOffsetMax: UInt64 = (1 << 40) - 1
  /// What a variable-length integer holds (RFC 9000 §16).
  package static let integerMax: UInt64 = (1 << 62) - 1
}
