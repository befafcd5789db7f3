package import ConfabClient
package import ConfabDomain
import ConfabTerminal
package import ConfabWire
import Primitives

// Messages on their way through the outbox, and what is told when they have arrived.
extension ChatSession {
  func send(
    _ text: String, to key: String, replyTo: Int? = nil, for purpose: PendingSends.Purpose
  ) async {
    var generator = SystemRandomNumberGenerator()
    let now = LocalTime.now
    let draft = Draft(
      id: MessageID(at: now, using: &generator), channel: key,
      channelID: book.info(named: key)?.id, text: text,
      replyTo: UInt64(clamping: replyTo ?? 0), at: now)
    sends[draft.id] = purpose
    do {
      try outbox.add(draft)
      await drafts.push(draft)
    } catch {
      sends[draft.id] = nil
      await failed(purpose, "\(error)")
    }
  }

  /// Tells of messages that an earlier run left in the outbox.
  package func tellUnsent() async {
    for (index, draft) in outbox.drafts.enumerated() {
      let localID = index + 1
      sends[draft.id] = .line(localID: localID, key: draft.channel)
      let unsent = UnsentMessage(
        localID: localID, at: draft.at, text: draft.text,
        replyTo: draft.replyTo == 0 ? nil : Int(clamping: draft.replyTo))
      await emit(.unsent(channel: draft.channel, unsent))
    }
  }

  /// Channels of waiting messages that got another name since they were written. Those that were known
  /// to this run the book tells of.
  func renames(in channels: [WireChannelInfo]) -> [ChatEvent] {
    let labels = Dictionary(channels.map { ($0.id, $0.label) }, uniquingKeysWith: { $1 })
    var told: Set<String> = []
    return outbox.drafts.compactMap { draft in
      guard let label = draft.channelID.flatMap({ labels[$0] }),
        case .line(_, let key)? = sends[draft.id], key != label, told.insert(key).inserted
      else { return nil }
      return .channelRenamed(from: key, to: label)
    }
  }

  package func answered(_ draft: Draft, _ result: Result<WireSent, Rejection>) async throws {
    let purpose = sends[draft.id]
    sends[draft.id] = nil
    try outbox.remove(draft.id)
    switch result {
    case .success(let sent):
      if let purpose { await confirmed(purpose, sent) }
    case .failure(let rejection):
      if let purpose { await failed(purpose, rejection.message) }
    }
    if sends.isEmpty { wakeDeliveryWaiters() }
  }

  private func confirmed(_ purpose: PendingSends.Purpose, _ sent: WireSent) async {
    let time = LocalTime.classicText(sent.at)
    switch purpose {
    case .line(let localID, _):
      await emit(
        .sent(
          localID: localID, channel: book.key(of: sent.channel) ?? sent.label,
          sequence: Int(clamping: sent.sequence),
          at: WallTime(millisecondsSinceEpoch: sent.at)))
    case .broadcast(let key):
      guard key != sent.label else { return }
      await answer(.information, "Told everybody: \(sent.label) \(sent.sequence).")
    case .classicBroadcast:
      await answer(.information, "Broadcast message, #\(sent.sequence) broadcast at \(time).")
    case .classicRoom:
      await answer(.information, "Message #\(sent.sequence) sent to \(sent.label) at \(time).")
    }
  }

  private func failed(_ purpose: PendingSends.Purpose, _ reason: String) async {
    if case .line(let localID, let key) = purpose {
      let known = book.info(named: key)?.label ?? key
      await emit(.sendFailed(localID: localID, channel: known, reason: reason))
    } else {
      await answer(.error, reason)
    }
  }

  /// Waits until every message has its answer, or none will come.
  package func delivered() async {
    guard !sends.isEmpty, end == nil else { return }
    await withCheckedContinuation { deliveryWaiters.append($0) }
  }

  package var undeliveredCount: Int { sends.count }

  func wakeDeliveryWaiters() {
    for waiter in deliveryWaiters { waiter.resume() }
    deliveryWaiters = []
  }
}
