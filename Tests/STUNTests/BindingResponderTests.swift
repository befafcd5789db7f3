import Primitives
import STUN
import Testing

@Suite struct BindingResponderTests {
  private static let transaction = Array("twelve bytes".utf8)
  private let source = MappedAddress(address: [203, 0, 113, 7], port: 54321)

  @Test func requestIsAnsweredWithItsSource() throws {
    let source = try #require(source)
    let request = STUNMessage(.request, transaction: Self.transaction).encoded()
    let answer = try #require(BindingResponder.answer(to: request, from: source))
    let message = try #require(STUNMessage(answer))
    #expect(message.messageClass == .success)
    let value = try #require(message.value(of: AttributeType.xorMappedAddress))
    #expect(MappedAddress(xored: value, transaction: Self.transaction) == source)
  }

  @Test func mappedIPv4IsIPv4() throws {
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 203, 0, 113, 7]
    #expect(MappedAddress(address: mapped, port: 54321) == source)
  }

  @Test(arguments: [STUNMessage.Class.indication, .success, .error])
  func onlyRequestsAreAnswered(_ messageClass: STUNMessage.Class) throws {
    let message = STUNMessage(messageClass, transaction: Self.transaction).encoded()
    #expect(BindingResponder.answer(to: message, from: try #require(source)) == nil)
  }

  @Test func otherMethodsAreNotAnswered() throws {
    let allocate = STUNMessage(.request, method: 0x003, transaction: Self.transaction)
    #expect(
      BindingResponder.answer(to: allocate.encoded(), from: try #require(source)) == nil)
  }

  @Test func unknownRequiredAttributeIsError420() throws {
    let request = STUNMessage(
      .request, transaction: Self.transaction,
      attributes: [.init(type: 0x7ABC, value: [1, 2, 3])])
    let source = try #require(source)
    let answer = try #require(BindingResponder.answer(to: request.encoded(), from: source))
    let message = try #require(STUNMessage(answer))
    #expect(message.messageClass == .error)
    #expect(message.value(of: AttributeType.errorCode) == [0, 0, 4, 20])
    #expect(message.value(of: AttributeType.unknownAttributes) == [0x7A, 0xBC])
  }

  /// With the headers of IP and UDP no answer is twice as long as its question.
  @Test(arguments: [4, 16])
  func nothingIsAmplified(_ addressBytes: Int) throws {
    let headers = addressBytes == 4 ? 28 : 48
    let source = try #require(
      MappedAddress(address: [UInt8](repeating: 9, count: addressBytes), port: 1))
    for attributes in 0...8 {
      let request = STUNMessage(
        .request, transaction: Self.transaction,
        attributes: (0..<attributes).map { .init(type: 0x7000 + UInt16($0), value: []) }
      ).encoded()
      let answer = try #require(BindingResponder.answer(to: request, from: source))
      #expect(answer.count + headers <= 2 * (request.count + headers))
    }
  }

  @Test func noiseNeverTrapsAndAnswersStayMessages() throws {
    let source = try #require(source)
    var random = SeededRandom(seed: 3)
    let request = STUNMessage(
      .request, transaction: Self.transaction,
      attributes: [.init(type: 0x0006, value: Array("name".utf8))]
    ).encoded()
    for _ in 0..<20_000 {
      var bytes = request
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
      }
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
      guard let answer = BindingResponder.answer(to: bytes, from: source) else { continue }
      let message = try #require(STUNMessage(answer))
      #expect(message.messageClass == .success || message.messageClass == .error)
      #expect(message.transaction == Array(bytes[8..<20]))
    }
  }
}
