/// How frames are spelled on a connection. What they mean, and when, is the same.
package enum FrameEncoding: Sendable, Equatable {
  /// A length and protobuf's bytes: programs.
  case native
  /// A WebSocket text message in protobuf's JSON mapping: browsers.
  case web
}
