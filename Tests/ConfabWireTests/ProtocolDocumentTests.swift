import ConfabDomain
import ConfabWire
import GoldenFiles
import Primitives
import Testing

/// `Docs/Protocol.md` is what others write clients from, so it is tested too.
@Suite struct ProtocolDocumentTests {
  private let lines: [Substring]

  init() throws {
    lines = try GoldenFile("Docs/Protocol.md").read()
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  @Test func theTableOfErrorsIsWhole() {
    let rows = lines.map { $0.split(separator: "|").map { $0.filter { $0 != " " } } }
    let told = rows.compactMap { cells -> String? in
      guard cells.count == 3, let number = UInt32(cells[0]) else { return nil }
      return "\(number) \(cells[1])"
    }
    #expect(told == Rejection.Code.allCases.map { "\($0.rawValue) \($0)" })
  }

  @Test func theFirstConversationIsReal() throws {
    var (client, server): ([[UInt8]], [[UInt8]]) = ([], [])
    for line in lines where line.hasPrefix("> ") || line.hasPrefix("< ") {
      var decoder = FrameDecoder()
      decoder.append(try #require([UInt8](hex: line.dropFirst(2).filter { $0 != " " })))
      let payload = try #require(try decoder.next())
      #expect(decoder.bufferedBytes == 0, "\(line)")
      if line.hasPrefix("> ") { client.append(payload) } else { server.append(payload) }
    }
    let answers = try server.map { try WireServerFrame.decode($0) }
    #expect(answers.map(\.replyTo) == [1, 2, 3, 4, 0, 5, 6])
    #expect(try conversation(client) == Array(answers.prefix(3)))
    #expect(answers[3].channelList.channels.first?.label == "#lobby")
    #expect(answers[4].event.posted.text == "hi")
    #expect(answers[5].sent.sequence == 7)
    #expect(Rejection(answers[6].refusal).code == .channelUnknown)
  }

  /// What a server's half and the least of a shell answer.
  private func conversation(_ client: [[UInt8]]) throws -> [WireServerFrame] {
    var connection = ServerConnection(
      server: "confab 0.1.0", place: Sample.place, challenge: Sample.challenge,
      authority: .network)
    var sent: [WireServerFrame] = []
    func perform(_ actions: [ServerConnection.Action]) throws {
      for action in actions {
        switch action {
        case .send(let frame): sent.append(frame)
        case .signIn(let request, let signIn):
          #expect(signIn.password.password == "correct horse")
          try perform(connection.signedIn(request: request, reply: Sample.signedIn))
        case .request(let request, .subscribe): sent.append(.done(request))
        case .request(_, .listChannels), .request(_, .send): break
        // This sign-in takes no time.
        case .pauseReading, .resumeReading: break
        case .request: Issue.record("unexpected \(action)")
        }
      }
    }
    for payload in client { try perform(connection.receive(payload, at: Sample.noon)) }
    return sent
  }
}
