import ConfabTransfer
import Primitives
import Testing

@Suite struct DeliveryRateTests {
  @Test func aSnapshotFitsIntoItsRecord() {
    #expect(MemoryLayout<SendSnapshot>.stride <= 48)
  }
}
