/// How far a transfer is, for people.
package struct FileProgress: Hashable, Sendable {
  package var bytesDone: UInt64
  package var bytesTotal: UInt64
  /// Where an earlier attempt had come: a rate is reckoned without these.
  package var bytesResumed: UInt64
}
