import STUN

/// Reads what somebody sent to the rendezvous. What is a message is written as it was read, an answer is
/// never longer than a request by more than an address, and whoever asked can read it.
package func exerciseSTUNMessage(_ bytes: [UInt8]) {
  guard let message = STUNMessage(bytes) else {
    precondition(answer(to: bytes) == nil, "what is no message was answered")
    return
  }
  var plain = message
  plain.attributes.removeAll { $0.type == AttributeType.fingerprint }
  precondition(STUNMessage(plain.encoded()) == plain, "a message changed by being written and read")
  precondition(STUNMessage(plain.encoded(fingerprint: true)) != nil, "our own fingerprint is wrong")
  for attribute in message.attributes {
    _ = MappedAddress(xored: attribute.value, transaction: message.transaction)
  }
  guard let answer = answer(to: bytes) else { return }
  precondition(answer.count <= bytes.count + answerGrowthMax, "an answer that amplifies")
  guard let read = STUNMessage(answer) else { preconditionFailure("an answer that is none") }
  precondition(read.transaction == message.transaction, "an answer to nobody")
  if read.messageClass == .success {
    let value = read.value(of: AttributeType.xorMappedAddress) ?? []
    precondition(
      MappedAddress(xored: value, transaction: read.transaction) == source, "another's address")
  }
}

/// An attribute with an IPv6 address; or an error code and four unknown types.
private let answerGrowthMax = 24

private let source = MappedAddress(address: [UInt8](repeating: 0x20, count: 16), port: 4_747)

private func answer(to bytes: [UInt8]) -> [UInt8]? {
  source.flatMap { BindingResponder.answer(to: bytes, from: $0) }
}
