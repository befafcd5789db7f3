import ConfabDomain
import OrderedCollections
import Primitives

/// The other servers of the place, as their latest reports have them.
struct Nodes: Sendable {
  private struct Node: Sendable {
    var address: NodeAddress
    var people: OrderedDictionary<AccountID, Presence.Person>
    var meetings: Set<MeetingID>
    /// Without another report it counts as gone then.
    var until: MonotonicTime
  }

  private var nodes: OrderedDictionary<NodeID, Node> = [:]

  var nextDeadline: MonotonicTime? { nodes.values.lazy.map(\.until).min() }
  var isAlone: Bool { nodes.isEmpty }
  var addresses: [NodeAddress] { nodes.values.map(\.address) }
  var accounts: OrderedSet<AccountID> { OrderedSet(nodes.values.flatMap(\.people.keys)) }

  func person(_ account: AccountID) -> Presence.Person? {
    for node in nodes.values {
      if let person = node.people[account] { return person }
    }
    return nil
  }

  /// Where somebody is active.
  func address(of account: AccountID) -> NodeAddress? {
    nodes.values.first { $0.people[account] != nil }?.address
  }

  func address(of meeting: MeetingID) -> NodeAddress? {
    nodes.values.first { $0.meetings.contains(meeting) }?.address
  }

  /// - Returns: accounts of which something may be news.
  mutating func take(_ report: NodeReport, at now: MonotonicTime) -> OrderedSet<AccountID> {
    let before = OrderedSet(nodes[report.node]?.people.keys.elements ?? [])
    guard !report.isLeaving else {
      nodes[report.node] = nil
      return before
    }
    guard nodes[report.node] != nil || nodes.count < HubLimits.nodesMax else { return [] }
    var people: OrderedDictionary<AccountID, Presence.Person> = [:]
    for person in report.people.prefix(HubLimits.reportPeopleMax) {
      people[AccountID(person.account)] = Presence.Person(
        since: WallTime(millisecondsSinceEpoch: person.since), address: person.address,
        connections: 1)
    }
    nodes[report.node] = Node(
      address: report.address, people: people,
      meetings: Set(report.meetings.map { MeetingID($0) }), until: now + HubLimits.nodeSilenceMax)
    return before.symmetricDifference(people.keys)
  }

  /// - Returns: accounts that were active on servers of which nothing was heard for too long; nil when
  ///   there is no such server.
  mutating func expire(at now: MonotonicTime) -> OrderedSet<AccountID>? {
    let gone = nodes.filter { $0.value.until <= now }
    guard !gone.isEmpty else { return nil }
    for id in gone.keys { nodes[id] = nil }
    return OrderedSet(gone.values.flatMap(\.people.keys))
  }
}

extension Hub {
  /// What this server tells the others.
  package func report(as node: NodeID, at address: NodeAddress) -> NodeReport {
    NodeReport(
      node: node, address: address,
      people: presence.people.prefix(HubLimits.reportPeopleMax).map { account, person in
        NodeReport.Person(
          account: account.rawValue, since: person.since.millisecondsSinceEpoch,
          address: person.address)
      },
      meetings: meetings.live.keys.map(\.rawValue), isLeaving: false)
  }

  mutating func heard(_ report: NodeReport) {
    if report.isLeaving { lookForOrphans(after: .zero) }
    retellElsewhere(nodes.take(report, at: now.monotonic))
  }

  mutating func expireNodes() {
    if options.isShared, !hasLookedForOrphans {
      hasLookedForOrphans = true
      lookForOrphans(after: HubLimits.orphanGrace)
    }
    if let accounts = nodes.expire(at: now.monotonic) {
      retellElsewhere(accounts)
      lookForOrphans(after: HubLimits.orphanGrace)
    }
    findSharedOrphans()
  }

  /// Who is active at all, and at which server first: here, before others.
  func person(_ account: AccountID) -> Presence.Person? {
    presence.people[account] ?? nodes.person(account)
  }

  var activeAccounts: OrderedSet<AccountID> {
    nodes.isAlone ? presence.people.keys : presence.people.keys.union(nodes.accounts)
  }

  private mutating func retellElsewhere(_ accounts: OrderedSet<AccountID>) {
    for account in accounts where presence.people[account] == nil {
      let there = nodes.person(account)
      tellPresence(
        of: account, isActive: there != nil,
        there ?? Presence.Person(since: now.wall, address: "", connections: 0))
    }
  }

  // MARK: - Meetings

  /// Refuses what only the server with the meeting can do.
  func requireHere(_ meeting: MeetingID) throws(Rejection) {
    guard meetings[meeting] == nil, let there = nodes.address(of: meeting) else { return }
    throw Rejection(
      .mediaUnavailable,
      "This meeting is held at another server of the place. Join it there: \(there.address)")
  }

  /// Refuses files for somebody whose devices this server cannot reach.
  func requireReachable(_ account: AccountID) throws(Rejection) {
    guard presence.people[account] == nil, let there = nodes.address(of: account) else { return }
    throw Rejection(
      .accountNotActive,
      "\(state.name(of: account)) is connected to another server of the place, and files go between "
        + "people at the same one. Sign in there to send them: \(there.address)")
  }

  /// Others may hold what this server does not: time passes before it is said to be nobody's.
  mutating func lookForOrphans(after wait: Duration) {
    let due = now.monotonic + wait
    orphanSearch = min(orphanSearch ?? due, due)
  }

  private mutating func findSharedOrphans() {
    guard let due = orphanSearch, due <= now.monotonic else { return }
    orphanSearch = nil
    for channel in state.channels.values {
      guard let meeting = channel.meeting, meetings[meeting.id] == nil,
        nodes.address(of: meeting.id) == nil
      else { continue }
      if meeting.startedAt + HubLimits.orphanGrace > now.wall {
        // Too new for whoever holds it to have said so.
        lookForOrphans(after: HubLimits.orphanGrace)
      } else {
        orphans.append(channel.id)
      }
    }
  }
}
