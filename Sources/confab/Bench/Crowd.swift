import ConfabDomain
import ConfabJournal
import Primitives

/// Accounts that do nothing but be there, each with a device and a session, so that a load meets a place as
/// large as it wants.
struct Crowd {
  let accounts: Int

  private static let groupEvents = 1_536

  /// Writes them into the journal of a server that was stopped, as that server would.
  func join(_ journal: any Journal) throws {
    var state = try journal.loadState()
    var random = SeededRandom(seed: 1)
    var group: [StampedEvent] = []
    for number in 0..<accounts {
      for body in try newcomer(number, in: state, &random) {
        group.append(state.apply(Event(at: LocalTime.now, by: nil, body: body)))
      }
      if group.count >= Self.groupEvents || number == accounts - 1 {
        try journal.append(group)
        group.removeAll(keepingCapacity: true)
      }
    }
    try journal.saveSnapshot(journal.makeSnapshot(of: state))
  }

  private func newcomer(
    _ number: Int, in state: PlaceState, _ random: inout SeededRandom
  ) throws -> [Event.Body] {
    let password = PasswordHash(
      salt: [UInt8].random(count: 16, using: &random),
      hash: [UInt8].random(count: DeviceKeys.keyBytes, using: &random), cost: 1 << 15,
      blockSize: 8, parallelism: 1)
    let account = NewAccount(
      id: state.nextAccount, name: try Name("crowd-\(number)"), role: .member, password: password,
      invitation: nil)
    let keys = DeviceKeys(
      identity: [UInt8].random(count: DeviceKeys.keyBytes, using: &random),
      agreement: [UInt8].random(count: DeviceKeys.keyBytes, using: &random), name: "crowd")
    return [
      .accountCreated(account),
      .deviceRegistered(NewDevice(id: state.nextDevice, account: account.id, keys: keys)),
      .sessionOpened(
        NewSession(
          id: state.nextSession, account: account.id, device: state.nextDevice,
          tokenHash: [UInt8].random(count: DeviceKeys.keyBytes, using: &random),
          address: "192.0.2.1")),
    ]
  }
}
