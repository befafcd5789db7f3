import Foundation
import Glibc

/// Janus's API on a Unix socket: each packet is one JSON object.
final class JanusLink {
  /// An offer of many sections.
  private static let answerBytesMax = 1 << 20
  private static let patienceSeconds = 10

  private let descriptor: Int32
  private var transaction = 0

  init(_ path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw MeetingLoadTrouble("the path of the socket is too long: \(path)")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    descriptor = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
    let connected = withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard descriptor >= 0, connected == 0 else {
      throw MeetingLoadTrouble("Janus does not listen on \(path)")
    }
    var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    close(descriptor)
  }

  /// - Returns: the answer, and not the note before it that the question was heard.
  func ask(_ request: [String: Any]) throws -> JanusAnswer {
    transaction += 1
    let name = "t\(transaction)"
    var request = request
    request["transaction"] = name
    let bytes = [UInt8](try JSONSerialization.data(withJSONObject: request))
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw MeetingLoadTrouble("Janus takes no request")
    }
    var buffer = [UInt8](repeating: 0, count: Self.answerBytesMax)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { throw MeetingLoadTrouble("Janus does not answer") }
      guard
        let object = try JSONSerialization.jsonObject(with: Data(buffer[..<count]))
          as? [String: Any]
      else { continue }
      let answer = JanusAnswer(object: object)
      // What it says of its own accord does not matter here.
      guard answer.object["transaction"] as? String == name else { continue }
      let kind = answer.object["janus"] as? String
      if kind == "ack", request["janus"] as? String == "message" { continue }
      if let error = answer.error { throw MeetingLoadTrouble("Janus refuses: \(error)") }
      return answer
    }
  }
}

struct JanusAnswer {
  let object: [String: Any]

  private func value(_ path: [String]) -> Any? {
    path.reduce(object as Any?) { ($0 as? [String: Any])?[$1] }
  }

  func number(_ path: String...) throws -> Int64 {
    guard let number = value(path) as? NSNumber else {
      throw MeetingLoadTrouble("Janus gives no \(path.joined(separator: "."))")
    }
    return number.int64Value
  }

  func text(_ path: String...) throws -> String {
    guard let text = value(path) as? String else {
      throw MeetingLoadTrouble("Janus gives no \(path.joined(separator: "."))")
    }
    return text
  }

  var error: String? {
    (value(["error", "reason"]) ?? value(["plugindata", "data", "error"])) as? String
  }
}
