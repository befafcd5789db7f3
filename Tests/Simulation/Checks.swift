import ConfabDomain
import ConfabHub
import ConfabJournal
import ConfabWire
import OrderedCollections
import Primitives

// The rules. What breaks one is thrown.
extension Universe {
  /// After every step: no queue is longer than its limit.
  func checkStep() throws {
    guard let server else { return }
    let sizes = server.hub.sizes
    guard sizes.connections == server.sessions.count else {
      throw Violation("the hub counts \(sizes.connections) of \(server.sessions.count) connections")
    }
    // Also of connections that are gone some answers are still awaited.
    let outstandingMax = (clients.count + 1) * WireLimits.outstandingRequestsMax
    guard sizes.held <= HubLimits.heldEffectsMax, sizes.questions <= outstandingMax,
      sizes.attempts <= HubLimits.attemptsInLineMax * clients.count,
      sizes.changes <= outstandingMax,
      sizes.active <= Self.people.count, sizes.recentMessages <= HubLimits.recentMessageIDsMax
    else { throw Violation("a queue is too long: \(sizes)") }
    for (id, session) in server.sessions {
      guard session.connection.outstandingRequests <= WireLimits.outstandingRequestsMax else {
        throw Violation("connection \(id) has too many requests under way")
      }
    }
    guard server.hub.state.entry >= truth.state.entry else {
      throw Violation("the hub is behind its journal")
    }
  }

  /// Before it is sent: what an answer says is durable.
  func checkReply(_ reply: Reply) throws {
    switch reply {
    case .sent(let view):
      guard
        truth.event(view.channel, view.position)?.sequence == view.sequence
      else { throw Violation("acknowledged before it was durable: \(view)") }
    case .channels(let views, _): for view in views { try checkDurable(view) }
    case .channel(let view): try checkDurable(view)
    case .signedIn(let view):
      guard truth.state.sessions[view.session] != nil else {
        throw Violation("signed in before it was durable: session \(view.session)")
      }
    default: break
    }
  }

  private func checkDurable(_ view: ChannelView) throws {
    guard view.position <= truth.position(of: view.id) else {
      throw Violation("a channel is shown as it is not durable: \(view)")
    }
  }

  /// At the client: what was acknowledged is there, and as it was acknowledged.
  func checkAnswer(
    _ purpose: Client.Purpose, _ body: WireServerFrame.OneOf_Body, _ client: Client
  ) throws {
    switch (purpose, body) {
    case (.send(let id), .sent(let sent)):
      guard let posting = truth.posting(of: id), posting.sequence == sent.sequence,
        posting.position == sent.position, posting.event.body.channel?.rawValue == sent.channel,
        posting.event.at.millisecondsSinceEpoch == sent.at, posting.event.by == client.account
      else { throw Violation("\(client.name)'s message \(id) was acknowledged and is not there") }
    case (.delete(let channel, let sequence), .done):
      guard truth.isDeleted(channel, sequence) else {
        throw Violation("message \(sequence) of \(channel) was not deleted")
      }
    case (.edit(let channel, let sequence, let text), .done):
      guard truth.wasEver(text, channel, sequence) else {
        throw Violation("message \(sequence) of \(channel) was not edited")
      }
    case (.room(let name), .channelInfo(let info)):
      guard truth.event(ChannelID(info.id), 1) != nil else {
        throw Violation("room \(name) was acknowledged and is not there")
      }
    default: break
    }
  }

  /// Also what is fetched and then thrown away must be theirs to see.
  func checkFetched(_ events: [WireEvent], by account: AccountID) throws {
    for event in events {
      guard truth.stay(of: account, in: ChannelID(event.channel), at: event.position) != nil else {
        throw Violation("a stranger is sent what they may not see: \(event)")
      }
    }
  }

  func checkKnown(_ info: WireChannelInfo, by account: AccountID) throws {
    guard truth.mayKnow(account, of: ChannelID(info.id)) else {
      throw Violation("channel \(info.label) shows itself to a stranger")
    }
  }

  /// At the client: what is heard is durable, is theirs to hear, and leaves no gap.
  func checkHeard(_ event: WireEvent, by client: Client) throws {
    let channel = ChannelID(event.channel)
    guard let stamped = truth.event(channel, event.position),
      var expected = WireEvent(stamped, name: truth.state.name(of:))
    else { throw Violation("\(client.name) hears what is not durable: \(event)") }
    if expected != event {
      takeLaterText(of: event, into: &expected)
      guard expected == event else {
        throw Violation("\(client.name) hears \(event) instead of \(expected)")
      }
    }
    guard let stay = truth.stay(of: client.account, in: channel, at: event.position) else {
      throw Violation("\(client.name) hears of channel \(channel), where they are not: \(event)")
    }
    let last = client.lastHeard(in: channel)
    guard event.position == last + 1 || (event.position > last && event.position == stay.lowerBound)
    else {
      throw Violation(
        "\(client.name) hears position \(event.position) of channel \(channel) after \(last)")
    }
  }

  /// A text that was deleted meanwhile comes empty, one that was edited as it was later, and only such.
  private func takeLaterText(of event: WireEvent, into expected: inout WireEvent) {
    let channel = ChannelID(event.channel)
    switch (event.body, expected.body) {
    case (.posted(let heard), .posted(let message))
    where truth.became(heard.text, channel, message.sequence, from: message.text):
      expected.posted.text = heard.text
    case (.edited(let heard), .edited(let edited))
    where truth.became(heard.text, channel, edited.sequence, from: edited.text):
      expected.edited.text = heard.text
    default: break
    }
  }

  /// When all is calm: everybody has everything, and nothing waits.
  func checkConvergence() throws {
    guard let server else { throw Violation("the server did not come back") }
    let stored = try disk.durable.loadState()
    guard stored == truth.state else { throw Violation("the journal forgot something") }
    guard server.hub.state == truth.state else {
      throw Violation("the hub remembers something else than its journal")
    }
    let verdict = disk.durable.verifyAudit()
    guard verdict.brokenAt == nil, verdict.entries == UInt64(truth.entries.count) else {
      throw Violation("the audit chain does not fit: \(verdict)")
    }
    for client in clients { try checkConvergence(of: client) }
    let sizes = server.hub.sizes
    guard
      (sizes.held, sizes.questions, sizes.attempts, sizes.changes) == (0, 0, 0, 0),
      sizes.connections == clients.count, sizes.active == Self.people.count
    else { throw Violation("something still waits: \(sizes)") }
    trace.add("converged", UInt64(truth.entries.count))
  }

  private func checkConvergence(of client: Client) throws {
    guard client.isReady else {
      throw Violation("\(client.name) is not connected: \(client.connection.phase)")
    }
    guard client.outbox.isEmpty, client.asked.isEmpty else {
      throw Violation("\(client.name) still waits: \(client.outbox.count) drafts, \(client.asked)")
    }
    for id in truth.state.accounts[client.account]?.channels ?? [] {
      guard client.lastHeard(in: id) == truth.position(of: id) else {
        throw Violation(
          "\(client.name)'s device \(client.index) heard \(client.lastHeard(in: id)) of "
            + "\(truth.position(of: id)) in channel \(id)")
      }
    }
  }
}
