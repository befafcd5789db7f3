import ConfabDomain
import Foundation
import GoldenFiles
import Testing

/// `Vectors/errors.json`: the numbers of refusals, for ever.
@Suite struct ErrorVectorTests {
  private static let file = GoldenFile("Vectors/errors.json")

  @Test func numbersNeverChange() throws {
    let codes = Dictionary(
      uniqueKeysWithValues: Rejection.Code.allCases.map { (String($0.rawValue), "\($0)") })
    var golden =
      (try? Self.file.read()).flatMap {
        try? JSONDecoder().decode([String: String].self, from: Data($0.utf8))
      } ?? [:]
    if GoldenFile.isUpdating {
      // Only adds: a number that was given out stays what it is.
      golden.merge(codes) { old, _ in old }
      try Self.file.write(render(golden))
    }
    for (number, name) in golden {
      #expect(codes[number] == name, "error \(number) is \(name) and must stay so")
    }
    for (number, name) in codes {
      #expect(golden[number] != nil, "error \(number), \(name), is new: run UPDATE=1 swift test")
    }
  }

  @Test func numbersAreInTheirThousand() {
    for code in Rejection.Code.allCases { #expect((1_001...9_999).contains(code.rawValue)) }
  }

  private func render(_ codes: [String: String]) -> String {
    let lines = codes.sorted { $0.key < $1.key }.map { "  \"\($0.key)\": \"\($0.value)\"" }
    return "{\n\(lines.joined(separator: ",\n"))\n}\n"
  }
}
