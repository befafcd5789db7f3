import OrderedCollections
package import Primitives

/// Something that somebody wants: the state decides whether it may be, and what then happens.
///
/// A decision changes nothing; the events that it returns do, when they are applied.
package protocol Command: Sendable {
  func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body]
}

/// Who wants something.
package enum Actor: Hashable, Sendable {
  case account(AccountID)
  /// Whoever may use the server's machine; has every right of an owner, but is nobody's member.
  case `operator`

  package var account: AccountID? {
    if case .account(let id) = self { id } else { nil }
  }
}

extension PlaceState {
  /// The person behind an actor, where only a person makes sense.
  package func person(_ actor: Actor) throws(Rejection) -> Account {
    guard let id = actor.account, let account = accounts[id] else {
      throw Rejection(
        .requestInvalid, "Only a person can do this: sign in as one instead of using --data.")
    }
    return account
  }

  /// Owners and the operator administer the place.
  package func requireAdministrator(_ actor: Actor) throws(Rejection) {
    switch actor {
    case .operator: return
    case .account(let id):
      guard accounts[id]?.role == .owner else {
        throw Rejection(.ownerRequired, "Only an owner of this server may do this.")
      }
    }
  }

  package func account(typed text: String) throws(Rejection) -> Account {
    guard let account = account(named: try .person(text)) else {
      throw Rejection(.accountUnknown, "There is nobody named \(text) here.")
    }
    return account
  }

  /// All of the people named, each once, or a refusal that names every unknown one.
  package func accounts(typed texts: [String]) throws(Rejection) -> [Account] {
    // A frame holds thousands of names: comparing each with each would stop everybody else.
    var found: OrderedDictionary<AccountID, Account> = [:]
    var unknown: [String] = []
    for text in texts {
      // Guests have come to one room and are brought into no other.
      guard let account = account(named: try .person(text)), account.role != .guest else {
        unknown.append(text)
        continue
      }
      found[account.id] = account
    }
    guard unknown.isEmpty else {
      throw Rejection(
        .accountUnknown, "There is nobody named \(unknown.joined(separator: ", ")) here.")
    }
    return Array(found.values)
  }
}

extension Account {
  /// Guests have come to one room and go to no other.
  func requireMember() throws(Rejection) {
    guard role == .guest else { return }
    throw Rejection(.guestsMayNot, "Guests stay in the room whose meeting they came to.")
  }
}
