package import ConfabTransfer
package import Primitives

/// One end of a transfer, as the loop drives it. All of it is called on the loop's thread.
///
/// A turn is: what arrived, `endReceiveBatch`, timers, then trains until there are none.
package protocol LoopEndpoint: AnyObject {
  /// One or more datagrams from one sender; the endpoint may change the bytes.
  func receive(_ slot: ReceiveBatch.Slot, at now: MonotonicTime)
  /// - Parameter socketDrops: how many datagrams one of our own sockets has dropped so far because
  ///   they were not fetched in time, when it said so.
  func endReceiveBatch(socketDrops: (socket: UInt8, count: UInt32)?, at now: MonotonicTime)
  /// Fills the buffer with one train; nil when there is nothing to send now.
  func nextTrain(
    into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime
  ) -> OutgoingTrain?
  /// The hop takes no datagram of the train's size. Whoever waits for the answer need not.
  func wasTooLarge(_ train: OutgoingTrain, at now: MonotonicTime)
  var nextDeadline: MonotonicTime? { get }
  func timeout(at now: MonotonicTime)
}

/// Datagrams to one address that leave with one system call.
package struct OutgoingTrain: Hashable, Sendable {
  package var address: PathAddress
  package var bytes: Int
  /// Of each datagram but the last, which may be shorter.
  package var segmentBytes: Int
  package var ecn: UInt8

  /// One datagram, which is at the beginning of the buffer.
  package init(one bytes: Int, to address: PathAddress) {
    self.address = address
    self.bytes = bytes
    segmentBytes = bytes
    ecn = 0
  }

  package init(_ train: Train) {
    address = train.path
    bytes = train.bytes
    segmentBytes = train.segmentBytes
    ecn = train.mark.rawValue
  }
}
