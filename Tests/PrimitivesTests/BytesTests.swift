import Primitives
import Testing

@Suite struct BytesTests {
  @Test(arguments: UInt64(1)...30) func whatIsSpelledIsReadBack(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bytes = [UInt8].random(count: Int(seed), using: &random)
    #expect(bytes.count == Int(seed))
    #expect([UInt8](hex: bytes.hex) == bytes)
    #expect([UInt8](base64URL: bytes.base64URL) == bytes)
  }

  /// RFC 4648 §10, without padding, and the two letters that differ from plain base64.
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
    ("foobar", "Zm9vYmFy"),
  ]) func knownSpellings(text: String, spelled: String) {
    #expect(Array(text.utf8).base64URL == spelled)
    #expect([UInt8](base64URL: spelled) == Array(text.utf8))
  }

  @Test func theLettersAreThoseOfLinks() {
    #expect([0xFB, 0xFF, 0xFE].base64URL == "-__-")
    #expect([UInt8](base64URL: "+//+") == nil)
    #expect([0x00, 0x9A, 0xFF].hex == "009aff")
    #expect([UInt8](hex: "009AfF") == [0x00, 0x9A, 0xFF])
  }

  @Test(arguments: ["Z", "Zg==", "Zh", "Zm9", "Zm 8", "Zg\n", "Zé", "ZgAAA"])
  func base64URLIsStrict(text: String) {
    #expect([UInt8](base64URL: text) == nil)
  }

  @Test(arguments: ["0", "0g", "0x00", " 00", "00 ", "é0", "000"]) func hexIsStrict(text: String) {
    #expect([UInt8](hex: text) == nil)
  }
}
