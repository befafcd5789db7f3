import ConfabDomain
import Testing

@Suite("What a device signs")
struct DeviceProofTests {
  @Test("the words of sign-in stand in front of the challenge")
  func message() {
    let challenge = [UInt8](0..<32)
    let proof = DeviceProof(identity: [], challenge: challenge, signature: [])
    #expect(proof.message == Array("confab sign-in".utf8) + challenge)
    #expect(proof.message == DeviceProof.message(challenge: challenge))
  }
}
