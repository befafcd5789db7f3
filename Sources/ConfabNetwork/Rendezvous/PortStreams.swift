/// TCP connections that carry datagrams for those whose network lets no UDP through (RFC 6544), by
/// the numbers that tuples have. Lives on the port's thread.
package final class PortStreams {
  /// Takes one datagram, valid during the call.
  package typealias Writer = @Sendable (UnsafeRawBufferPointer) -> Void

  private struct Stream {
    let write: Writer
    let hangUp: @Sendable () -> Void
  }

  private var streams: [UInt32: Stream] = [:]

  func open(
    _ number: UInt32, hangUp: @escaping @Sendable () -> Void, write: @escaping Writer
  ) {
    streams[number] = Stream(write: write, hangUp: hangUp)
  }

  /// It has ended.
  func close(_ number: UInt32) { streams[number] = nil }

  /// Ends it: nobody speaks over it any more. Does nothing for datagrams, whose number is 0.
  package func hangUp(_ number: UInt32) { streams.removeValue(forKey: number)?.hangUp() }

  func write(_ bytes: UnsafeRawBufferPointer, to number: UInt32) {
    streams[number]?.write(bytes)
  }
}
