import ConfabClient
import ConfabNetwork
import Testing

@Suite struct AddressTests {
  @Test(arguments: [
    ("ann@example.org", "ann", "example.org:4747"),
    ("ann@example.org:99", "ann", "example.org:99"),
    ("Ann.B-c_d@[::1]:4747", "Ann.B-c_d", "[::1]:4747"),
    ("ann@[2001:db8::7]", "ann", "[2001:db8::7]:4747"),
    ("a@b@10.0.0.7", "a@b", "10.0.0.7:4747"),
  ])
  func reads(_ text: String, _ name: String, _ server: String) throws {
    let address = try AccountAddress(parsing: text)
    #expect(address.name == name)
    #expect(address.server.description == server)
  }

  @Test(arguments: [
    "ann", "@example.org", "ann@", "ann@host:0", "ann@host:70000", "ann@host:x", "",
  ])
  func refuses(_ text: String) {
    #expect(throws: AddressError.self) { try AccountAddress(parsing: text) }
  }
}
