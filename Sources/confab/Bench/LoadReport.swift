import Foundation

/// What a load showed: lines for people, one JSON object for programs.
protocol LoadReport: Encodable, Sendable {
  var text: String { get }
}

extension LoadReport {
  func write(asJSON: Bool) throws {
    guard asJSON else { return Output.line(text) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    Output.line(String(decoding: try encoder.encode(self), as: UTF8.self))
  }
}
