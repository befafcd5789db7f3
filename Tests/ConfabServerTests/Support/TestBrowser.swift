import ConfabWire
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import SwiftProtobuf

/// Speaks the protocol as a browser does: JSON in WebSocket text messages.
final class TestBrowser {
  private let channel: any NIOCore.Channel
  private var pieces: AsyncStream<[UInt8]>.Iterator
  private var received: [UInt8] = []
  private var nextRequest: UInt64 = 1
  private(set) var pushes: [WireServerFrame.OneOf_Body] = []
  /// What the server said when it closed.
  private(set) var closeCode: UInt16?
  private(set) var pongs: [[UInt8]] = []
  /// The bytes of the last text message.
  private(set) var lastText = ""

  struct Ended: Error {}
  struct NotUpgraded: Error { var answer: String }

  private init(channel: any NIOCore.Channel, pieces: AsyncStream<[UInt8]>) {
    self.channel = channel
    self.pieces = pieces.makeAsyncIterator()
  }

  /// - Throws: `NotUpgraded` with the server's whole answer.
  static func open(
    port: Int, path: String = "/socket", origin: String? = nil, version: Int = 13,
    forwardedFor: String? = nil
  ) async throws -> TestBrowser {
    let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
    let channel = try await RawClient.connect(
      port: port, alpn: ["http/1.1"], collector: continuation)
    var request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\n"
    request += "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: \(version)\r\n"
    // The key and its answer of RFC 6455 §1.3.
    request += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    if let origin { request += "Origin: \(origin)\r\n" }
    if let forwardedFor { request += "X-Forwarded-For: \(forwardedFor)\r\n" }
    let browser = TestBrowser(channel: channel, pieces: stream)
    try await channel.writeAndFlush(ByteBuffer(string: request + "\r\n"))
    let head = try await browser.head()
    guard head.hasPrefix("HTTP/1.1 101 "),
      head.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=")
    else { throw NotUpgraded(answer: head) }
    return browser
  }

  /// Opens and says Hello.
  static func connect(
    port: Int, origin: String? = nil, forwardedFor: String? = nil
  ) async throws -> TestBrowser {
    let browser = try await open(port: port, origin: origin, forwardedFor: forwardedFor)
    let hello = WireHello(versions: WireVersion.supported, client: "test browser")
    guard case .welcome = try await browser.request(.hello(hello)) else { throw Ended() }
    return browser
  }

  @discardableResult
  func request(_ body: WireClientFrame.OneOf_Body) async throws -> WireServerFrame.OneOf_Body {
    let request = nextRequest
    nextRequest += 1
    try await send(text: WireClientFrame.request(request, body).jsonString())
    while true {
      let frame = try await frame()
      guard let body = frame.body else { continue }
      if frame.replyTo == request { return body }
      pushes.append(body)
    }
  }

  func push() async throws -> WireServerFrame.OneOf_Body {
    if !pushes.isEmpty { return pushes.removeFirst() }
    guard let body = try await frame().body else { throw Ended() }
    return body
  }

  func join(_ invitation: [UInt8]?, name: String) async throws -> WireServerFrame.OneOf_Body {
    try await request(
      .signIn(
        .with {
          $0.invitation.secret = Data(invitation ?? [])
          $0.invitation.name = name
          $0.invitation.password = TestClient.password
        }))
  }

  func send(text: String) async throws { try await send(0x81, Array(text.utf8)) }

  /// - Parameter first: the first byte of the frame: 0x80 for the last fragment, and the opcode.
  func send(_ first: UInt8, _ payload: [UInt8]) async throws {
    try await sendRaw(Self.frame(first, payload))
  }

  static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let mask: [UInt8] = [1, 2, 3, 4]
    var bytes = [first]
    switch payload.count {
    case ...125: bytes.append(0x80 | UInt8(payload.count))
    case ...0xFFFF:
      bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default:
      bytes.append(0x80 | 127)
      bytes += (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> (8 * $0)) }
    }
    bytes += mask
    bytes += payload.enumerated().map { $1 ^ mask[$0 % 4] }
    return bytes
  }

  func sendRaw(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
  }

  func pause() async throws { try await channel.setOption(.autoRead, value: false).get() }
  func resume() async throws { try await channel.setOption(.autoRead, value: true).get() }

  /// The next frame of ours; pongs and the close are noted on the way.
  func frame() async throws -> WireServerFrame {
    while true {
      let (first, payload) = try await webSocketFrame()
      switch first {
      case 0x81:
        lastText = String(decoding: payload, as: UTF8.self)
        return try WireServerFrame(jsonString: lastText)
      case 0x88: closeCode = payload.prefix(2).reduce(0) { $0 << 8 | UInt16($1) }
      default: pongs.append(payload)
      }
    }
  }

  /// Reads until the server closes.
  func readToEnd() async throws {
    do {
      while true { if let body = try await frame().body { pushes.append(body) } }
    } catch is Ended {}
  }

  private func webSocketFrame() async throws -> (UInt8, [UInt8]) {
    try await fill(2)
    let short = Int(received[1])
    let lengthBytes = short == 127 ? 8 : short == 126 ? 2 : 0
    try await fill(2 + lengthBytes)
    let count =
      lengthBytes == 0 ? short : received[2..<2 + lengthBytes].reduce(0) { $0 << 8 | Int($1) }
    try await fill(2 + lengthBytes + count)
    defer { received.removeFirst(2 + lengthBytes + count) }
    return (received[0], Array(received[(2 + lengthBytes)...].prefix(count)))
  }

  private func fill(_ count: Int) async throws {
    while received.count < count {
      guard let piece = await pieces.next() else { throw Ended() }
      received += piece
    }
  }

  private func head() async throws -> String {
    let end = Array("\r\n\r\n".utf8)
    while received.firstRange(of: end) == nil {
      guard let piece = await pieces.next() else { break }
      received += piece
    }
    let count = received.firstRange(of: end)?.upperBound ?? received.count
    defer { received.removeFirst(count) }
    return String(decoding: received.prefix(count), as: UTF8.self)
  }
}
