/// Answers the question "which address do you see me at?" (RFC 8489 §12): the rendezvous.
package enum BindingResponder {
  /// An ICE check carries these; without a shared secret they mean nothing here.
  private static let ignored: Set<UInt16> = [
    AttributeType.username, AttributeType.messageIntegrity, AttributeType.priority,
  ]
  private static let unknownAttributesMax = 4

  /// - Returns: nil when the datagram is not a binding request: then nothing is answered, so that
  ///   nobody can be made to receive what he did not ask for.
  package static func answer(to datagram: [UInt8], from source: MappedAddress) -> [UInt8]? {
    guard let request = STUNMessage(datagram), request.messageClass == .request,
      request.method == STUNMessage.binding
    else { return nil }
    let fingerprint = request.value(of: AttributeType.fingerprint) != nil
    let unknown = request.attributes.map(\.type).filter {
      $0 < 0x8000 && !ignored.contains($0)
    }
    let answer =
      unknown.isEmpty
      ? success(request, source) : refusal(request, unknown.prefix(unknownAttributesMax))
    return answer.encoded(fingerprint: fingerprint)
  }

  private static func success(_ request: STUNMessage, _ source: MappedAddress) -> STUNMessage {
    STUNMessage(
      .success, transaction: request.transaction,
      attributes: [
        .init(
          type: AttributeType.xorMappedAddress,
          value: source.xored(transaction: request.transaction))
      ])
  }

  /// 420, Unknown Attribute (RFC 8489 §14.8). No words, so that the answer stays short.
  private static func refusal(
    _ request: STUNMessage, _ unknown: ArraySlice<UInt16>
  ) -> STUNMessage {
    var types: [UInt8] = []
    for type in unknown { types.append(word: type) }
    return STUNMessage(
      .error, transaction: request.transaction,
      attributes: [
        .init(type: AttributeType.errorCode, value: [0, 0, 4, 20]),
        .init(type: AttributeType.unknownAttributes, value: types),
      ])
  }
}
