import ConfabClient
package import ConfabWire

/// A connection as the chat uses it: requests with one answer each.
package protocol ChatLink: Sendable {
  /// - Throws: a `Rejection` when the server refuses, a `ConnectionError` when there is no answer.
  func request(_ body: WireClientFrame.OneOf_Body) async throws -> WireServerFrame.OneOf_Body
}

extension Connection: ChatLink {}

extension ChatLink {
  func messages(_ request: WireReadMessages) async throws -> WireMessageList {
    guard case .messageList(let list) = try await self.request(.readMessages(request)) else {
      throw ChatError.wrongAnswer
    }
    return list
  }

  func members(of channel: WireChannelRef, atMost limit: Int) async throws -> [WireMember] {
    var request = WireListMembers()
    request.channel = channel
    var members: [WireMember] = []
    while true {
      guard case .memberList(let page) = try await self.request(.listMembers(request)) else {
        throw ChatError.wrongAnswer
      }
      members += page.members
      guard page.more, members.count < limit, let last = page.members.last else { return members }
      request.after = last.name
    }
  }

  func activePeople() async throws -> [WirePresence] {
    var request = WireWho()
    var people: [WirePresence] = []
    while true {
      guard case .presenceList(let page) = try await self.request(.who(request)) else {
        throw ChatError.wrongAnswer
      }
      people += page.people
      guard page.more, let last = page.people.last else { return people }
      request.after = last.name
    }
  }

  func room(_ body: WireClientFrame.OneOf_Body) async throws -> WireChannelInfo {
    guard case .channelInfo(let info) = try await request(body) else {
      throw ChatError.wrongAnswer
    }
    return info
  }
}

/// Why the chat cannot do what was asked, in words for the person.
package enum ChatError: Error, Hashable, CustomStringConvertible {
  case offline
  case wrongAnswer

  package var description: String {
    switch self {
    case .offline: "There is no connection to the server. Try again when it is back."
    case .wrongAnswer:
      "The server gave an answer of the wrong kind. Upgrade the older of the two."
    }
  }
}
