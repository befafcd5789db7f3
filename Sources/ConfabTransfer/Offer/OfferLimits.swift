/// How large the parts of offers and answers may be.
package enum OfferLimits {
  /// UTF-8 bytes of the offered file's or folder's name (NAME_MAX of Linux); one byte counts them.
  package static let nameBytesMax = 255
  /// A host with many interfaces, its reflexive addresses and a relay.
  package static let candidatesMax = 32
  package static let filesMax: UInt64 = 1_000_000
  /// What the long form of an offset can address.
  package static let contentBytesMax: UInt64 = 1 << 62
  /// An offer, an answer or a list of candidates without its signature, and with what later versions
  /// may add behind.
  package static let blobBytesMax = 4_000
  /// With its signature.
  package static let signedBytesMax = blobBytesMax + SignedBlob.signatureBytes
}
