import ConfabJournal
import Testing

@Suite struct JournalAddressTests {
  @Test(arguments: [
    ("nats://n1", ["n1:4222"], "confab"),
    ("nats://n1:4333,n2,n3:4444/ours", ["n1:4333", "n2:4222", "n3:4444"], "ours"),
    ("nats://n1,nats://n2:4333/", ["n1:4222", "n2:4333"], "confab"),
    ("nats://[::1]:4222,[::2]/a_b-C3", ["[::1]:4222", "[::2]:4222"], "a_b-C3"),
  ])
  func isRead(text: String, servers: [String], name: String) throws {
    let address = try #require(JournalAddress(text))
    #expect(address.servers == servers)
    #expect(address.name == name)
    #expect(JournalAddress("\(address)") == address)
  }

  @Test(arguments: [
    "", "sqlite", "nats:", "nats://", "nats:///x", "nats://n1,", "nats://n1:0", "nats://n1:65536",
    "nats://n1:x", "nats://ann:secret@n1", "nats://n1/a/b", "nats://n1/a.b", "nats://n1/a,n2",
    "nats://n1/0123456789012345678901234567890123", "nats://::1", "tls://n1", "nats://n 1",
  ])
  func isRefused(text: String) {
    #expect(JournalAddress(text) == nil)
  }
}
