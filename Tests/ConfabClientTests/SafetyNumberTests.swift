import ConfabClient
import Testing

@Suite struct SafetyNumberTests {
  private let ann = [UInt8](repeating: 1, count: 32)
  private let bob = [UInt8](repeating: 2, count: 32)

  @Test func isTheSameOnBothSides() {
    #expect(SafetyNumber.text(ann, bob) == SafetyNumber.text(bob, ann))
  }

  @Test func isTwelveGroupsOfFiveDigits() {
    let groups = SafetyNumber.text(ann, bob).split(separator: " ")
    #expect(groups.count == 12)
    #expect(groups.allSatisfy { $0.count == 5 && $0.allSatisfy(\.isNumber) })
  }

  @Test func differsForAnotherKey() {
    #expect(
      SafetyNumber.text(ann, bob) != SafetyNumber.text(ann, [UInt8](repeating: 3, count: 32)))
  }
}
