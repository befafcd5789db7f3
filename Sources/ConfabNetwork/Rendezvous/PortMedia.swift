package import ConfabMedia
package import Primitives

/// Who serves meetings on the port. It lives on the port's thread and is called there only.
package protocol PortMedia: AnyObject {
  /// When `timeout` has to be called; nil while nothing waits.
  var nextDeadline: MonotonicTime? { get }

  /// A binding request with a user name.
  ///
  /// - Returns: false when the name belongs to nobody.
  func receiveCheck(
    _ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime,
    into outgoing: inout OutgoingDatagrams
  ) -> Bool

  /// DTLS, RTP or RTCP.
  ///
  /// - Parameter datagram: may be changed, and is valid during the call.
  /// - Returns: false when nobody has proved that address.
  func receive(
    _ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime,
    into outgoing: inout OutgoingDatagrams
  ) -> Bool

  /// Nothing comes from there or goes there any more: a TCP connection has ended.
  func forget(_ tuple: TransportTuple)

  func timeout(at now: MonotonicTime, into outgoing: inout OutgoingDatagrams)
}
