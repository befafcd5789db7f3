package import ConfabDomain
import OrderedCollections
import Primitives

// Reading takes its time beside the hub, and meanwhile the reader may have been put out: what was said
// after that is on the disk by then, and would be in the answer.
extension Hub {
  /// Whether the journal's answer to a `read` may go out. To be asked when the answer is there, and
  /// when it may not the request is refused with `readRefusal`.
  package func stillAllows(_ read: Read, on id: ConnectionID) -> Bool {
    guard let actor = connections[id]?.actor else { return false }
    switch read {
    case .messages(let query, _):
      return allows(query.channel, from: query.visibility.afterPosition, actor)
    case .events(let query): return allows(query.channel, from: query.afterPosition, actor)
    case .search(let query, _):
      return query.scope.allSatisfy { allows($0.channel, from: $0.visibility.afterPosition, actor) }
    case .audit, .verifyAudit, .diskUse, .openArchive, .readArchive:
      return (try? state.requireAdministrator(actor)) != nil
    }
  }

  package static let readRefusal = Rejection(
    .notAMember, "You were put out while this was being read. Ask a member to invite you.")

  /// Who was put out and came back sees less than before.
  private func allows(_ id: ChannelID, from position: UInt64, _ actor: Actor) -> Bool {
    guard id != .none else { return true }
    guard let reader = actor.account.flatMap({ state.accounts[$0] }),
      let visible = state.channels[id]?.visibility(for: reader)
    else { return false }
    return visible.afterPosition <= position
  }
}
