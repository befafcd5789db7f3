import ConfabWire
import Foundation
import GoldenFiles
import Primitives
import SwiftProtobuf
import Testing

/// `Vectors/frames.json`: the bytes of every body, which other programs and other languages rely on.
@Suite(.serialized) struct FrameVectorTests {
  private static let file = GoldenFile("Vectors/frames.json")

  @Test func bytesAndJSONStayAsTheyAre() throws {
    var lines = ["{", "\"client\": ["]
    lines += try joined(
      FrameExamples.client.map { name, body in
        let frame = WireClientFrame.request(7, body)
        return try line(name, FrameEncoder.encode(frame), frame.jsonString())
      })
    lines += ["],", "\"server\": ["]
    lines += try joined(
      FrameExamples.server.map { name, body in
        let frame = WireServerFrame.reply(to: body.isPush ? 0 : 7, body)
        return try line(name, FrameEncoder.encode(frame), frame.jsonString())
      })
    lines += ["]", "}", ""]
    try Self.file.expect(lines.joined(separator: "\n"))
  }

  @Test func bytesAndJSONMeanTheSame() throws {
    let vectors = try JSONDecoder().decode(Vectors.self, from: Data(Self.file.read().utf8))
    let jsons = try Self.file.read().split(separator: "\n").compactMap(Self.json)
    #expect(jsons.count == vectors.client.count + vectors.server.count)
    for (index, vector) in vectors.client.enumerated() {
      let frame = try WireClientFrame.decode(payload(vector))
      #expect(try WireClientFrame(jsonString: jsons[index]) == frame, "\(vector.name)")
      #expect(frame.body == FrameExamples.client[index].body, "\(vector.name)")
    }
    for (index, vector) in vectors.server.enumerated() {
      let frame = try WireServerFrame.decode(payload(vector))
      let json = jsons[vectors.client.count + index]
      #expect(try WireServerFrame(jsonString: json) == frame, "\(vector.name)")
      #expect(frame.body == FrameExamples.server[index].body, "\(vector.name)")
    }
  }

  /// A body that is added to the schema needs its example.
  @Test func everyBodyHasAnExample() throws {
    let schema = try GoldenFile("Sources/ConfabWire/confab.proto").read()
    #expect(bodies(of: "ClientFrame", in: schema) == Set(FrameExamples.client.map(\.name)))
    let server = FrameExamples.server.map { $0.name.prefix { $0 != " " } }
    #expect(bodies(of: "ServerFrame", in: schema) == Set(server.map(String.init)))
    let events = FrameExamples.server.map(\.name).filter { $0.hasPrefix("event ") }
    #expect(bodies(of: "Event", in: schema) == Set(events.map { String($0.dropFirst(6)) }))
  }

  private struct Vectors: Decodable {
    struct Frame: Decodable {
      var name: String
      var hex: String
    }
    var client: [Frame]
    var server: [Frame]
  }

  private func line(_ name: String, _ bytes: [UInt8], _ json: String) -> String {
    "{\"name\": \"\(name)\", \"hex\": \"\(bytes.hex)\", \"json\": \(json)}"
  }

  private func joined(_ lines: [String]) -> [String] {
    lines.enumerated().map { $0.offset == lines.count - 1 ? $0.element : $0.element + "," }
  }

  private static func json(_ line: Substring) -> String? {
    guard let start = line.range(of: "\"json\": ")?.upperBound,
      let end = line.lastIndex(of: "}")
    else { return nil }
    return String(line[start..<end])
  }

  private func payload(_ vector: Vectors.Frame) throws -> [UInt8] {
    var decoder = FrameDecoder()
    decoder.append(try #require([UInt8](hex: vector.hex)))
    return try #require(try decoder.next())
  }

  /// The names of the fields in the `oneof body` of a message.
  private func bodies(of message: String, in schema: String) -> Set<String> {
    let lines = schema.split(separator: "\n", omittingEmptySubsequences: false)
    guard let start = lines.firstIndex(of: "message \(message) {"),
      let oneof = lines[start...].firstIndex(of: "  oneof body {"),
      let end = lines[oneof...].firstIndex(of: "  }")
    else { return [] }
    let fields = lines[oneof..<end].map { $0.split(separator: " ") }
    return Set(fields.filter { $0.count == 4 && $0[2] == "=" }.map { String($0[1]) })
  }
}
