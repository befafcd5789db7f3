/// TCP connections that carry datagrams for those whose network lets no UDP through (RFC 6544), by
/// the numbers that tuples have. Lives on the port's thread.
package final class PortStreams {
  /// Takes one datagram, valid during the call.
  package typealias Writer = @Sendable (UnsafeRawBufferPointer) -> Void

  private var writers: [UInt32: Writer] = [:]

  func open(_ number: UInt32, _ write: @escaping Writer) { writers[number] = write }

  func close(_ number: UInt32) { writers[number] = nil }

  func write(_ bytes: UnsafeRawBufferPointer, to number: UInt32) { writers[number]?(bytes) }
}
