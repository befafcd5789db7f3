import ConfabDomain
import ConfabJournal
import Testing

@Suite struct SimulatedDiskTests {
  @Test(arguments: 0...3)
  func aPowerCutKeepsABeginning(_ count: Int) throws {
    var disk = SimulatedDisk()
    var place = try Place.withTwo()
    try disk.write(place.group())
    try disk.sync()
    var states = [place.state]
    for number in 1...3 {
      place.posts("m\(number)")
      try disk.write(place.group())
      states.append(place.state)
      // Nobody reads what is not durable.
      #expect(try disk.durable.loadState() == states[0])
    }
    try disk.crash(keepingFirst: count)
    #expect(try disk.durable.loadState() == states[count])
    #expect(disk.unsynced.isEmpty)
    #expect(disk.durable.verifyAudit().brokenAt == nil)
    try disk.sync()
    #expect(try disk.durable.loadState() == states[count])
  }

  @Test func aFullOrConfusedWriteLeavesTheDiskAsItWas() throws {
    var disk = SimulatedDisk()
    var place = try Place.withTwo()
    let group = place.group()
    disk.isFull = true
    #expect(throws: JournalError.diskFull) { try disk.write(group) }
    disk.isFull = false
    try disk.write(group)
    #expect(throws: JournalError.self) { try disk.write(group) }
    try disk.sync()
    #expect(throws: JournalError.self) { try disk.write(group) }
    #expect(disk.durable.newestEntry == UInt64(group.count))
  }

  @Test func theSameSeedGivesTheSameBytes() throws {
    var place = try Place.withTwo()
    place.posts("hello")
    let group = place.group()
    var stores = [MemoryStore(seed: 3), MemoryStore(seed: 3), MemoryStore(seed: 4)]
    for index in stores.indices { try stores[index].append(group) }
    #expect(stores[0].verifyAudit() == stores[1].verifyAudit())
    #expect(stores[0].verifyAudit().head != stores[2].verifyAudit().head)
  }
}
