import ConfabDomain
import DequeModule
import OrderedCollections
import Primitives

/// The other servers of the place, as their latest reports have them.
struct Nodes: Sendable {
  private struct Node: Sendable {
    var address: NodeAddress
    var people: OrderedDictionary<AccountID, Presence.Person>
    var meetings: OrderedDictionary<MeetingID, MeetingCopy>
    /// What it said that builds on more than is known here.
    var early: Deque<NodeMessage> = []
    /// Without another report it counts as gone then.
    var until: MonotonicTime
  }

  /// What a report changed.
  struct News {
    var accounts: OrderedSet<AccountID> = []
    var channels: OrderedSet<ChannelID> = []
  }

  private var nodes: OrderedDictionary<NodeID, Node> = [:]
  /// Meetings of servers that are gone.
  private(set) var abandoned: OrderedSet<MeetingID> = []

  var nextDeadline: MonotonicTime? { nodes.values.lazy.map(\.until).min() }
  var isAlone: Bool { nodes.isEmpty }
  var addresses: [NodeAddress] { nodes.values.map(\.address) }
  var accounts: OrderedSet<AccountID> { OrderedSet(nodes.values.flatMap(\.people.keys)) }

  func person(_ account: AccountID) -> Presence.Person? {
    let found = nodes.values.lazy.compactMap { $0.people[account] }
    return found.first { $0.canReceiveFiles } ?? found.first
  }

  func address(of node: NodeID) -> NodeAddress? { nodes[node]?.address }

  func holder(of meeting: MeetingID) -> NodeID? {
    nodes.first { $0.value.meetings[meeting] != nil }?.key
  }

  func meeting(_ meeting: MeetingID) -> (copy: MeetingCopy, at: NodeAddress)? {
    for node in nodes.values {
      if let copy = node.meetings[meeting] { return (copy, node.address) }
    }
    return nil
  }

  // MARK: - Reports

  mutating func take(_ report: NodeReport, at now: MonotonicTime) -> News {
    let before = nodes[report.node]
    guard before != nil || nodes.count < HubLimits.nodesMax else { return News() }
    var people: OrderedDictionary<AccountID, Presence.Person> = [:]
    for person in report.people.prefix(HubLimits.reportPeopleMax) {
      people[AccountID(person.account)] = Presence.Person(
        since: WallTime(millisecondsSinceEpoch: person.since), address: person.address,
        connections: 1, receivers: person.receivesFiles ? 1 : 0)
    }
    let meetings = OrderedDictionary(
      report.meetings.prefix(HubLimits.meetingsMax).map { ($0.id, $0) },
      uniquingKeysWith: { $1 })
    nodes[report.node] = Node(
      address: report.address, people: people, meetings: meetings, early: before?.early ?? [],
      until: now + HubLimits.nodeSilenceMax)
    abandoned.subtract(meetings.keys)
    var news = News()
    for account in (before?.people.keys ?? []).union(people.keys)
    where before?.people[account]?.canReceiveFiles != people[account]?.canReceiveFiles {
      news.accounts.append(account)
    }
    for id in (before?.meetings.keys ?? []).union(meetings.keys)
    where before?.meetings[id] != meetings[id] {
      if let copy = meetings[id] ?? before?.meetings[id] { news.channels.append(copy.channel) }
    }
    return news
  }

  /// How a meeting stands, before the next report says it. Nobody is made known by it.
  ///
  /// - Returns: whether that is news.
  mutating func take(_ meeting: MeetingCopy, of node: NodeID) -> Bool {
    guard let known = nodes[node], known.meetings[meeting.id] != meeting,
      known.meetings[meeting.id] != nil || known.meetings.count < HubLimits.meetingsMax
    else { return false }
    nodes[node]?.meetings[meeting.id] = meeting
    abandoned.remove(meeting.id)
    return true
  }

  /// The meeting is over, as the journal says.
  mutating func forget(_ meeting: MeetingID) {
    abandoned.remove(meeting)
    for id in nodes.keys { nodes[id]?.meetings[meeting] = nil }
  }

  // MARK: - Servers that are gone

  /// - Returns: the accounts that were active there.
  mutating func lose(_ node: NodeID) -> OrderedSet<AccountID> {
    guard let gone = nodes.removeValue(forKey: node) else { return [] }
    for meeting in gone.meetings.keys where holder(of: meeting) == nil { abandoned.append(meeting) }
    return OrderedSet(gone.people.keys)
  }

  /// Servers of which nothing was heard for too long.
  ///
  /// Who looks much too late stood still itself: what others said lies before the door.
  mutating func silent(at now: MonotonicTime) -> [NodeID] {
    let due = nodes.filter { $0.value.until <= now }
    guard due.values.contains(where: { $0.until + HubLimits.latenessMax < now }) else {
      return Array(due.keys)
    }
    for id in nodes.keys { nodes[id]?.until = now + HubLimits.nodeSilenceMax }
    return []
  }

  // MARK: - Messages

  /// Messages of one server are read in their order: one that builds on what is not known here yet keeps
  /// those behind it waiting. Past the limit the oldest are lost, as others may be.
  mutating func add(_ message: NodeMessage) {
    guard nodes[message.from] != nil else { return }
    if (nodes[message.from]?.early.count ?? 0) >= HubLimits.earlyMessagesMax {
      nodes[message.from]?.early.removeFirst()
    }
    nodes[message.from]?.early.append(message)
  }

  func hasEarly(from node: NodeID) -> Bool { nodes[node]?.early.isEmpty == false }

  /// What can be read now that the journal is known so far.
  mutating func takeEarly(through entry: UInt64) -> [NodeMessage] {
    var ready: [NodeMessage] = []
    for id in nodes.keys {
      while let first = nodes[id]?.early.first, first.entry <= entry {
        nodes[id]?.early.removeFirst()
        ready.append(first)
      }
    }
    return ready
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
          address: person.address, receivesFiles: person.canReceiveFiles)
      },
      meetings: meetings.live.values.map { copy(of: $0) }, offers: files.revision,
      isLeaving: false)
  }

  mutating func heard(_ report: NodeReport) {
    guard !report.isLeaving else {
      lookForOrphans(after: .zero)
      return lose(report.node)
    }
    let news = nodes.take(report, at: now.monotonic)
    retellElsewhere(news.accounts)
    for channel in news.channels { meetings.addNews(of: channel, at: now.monotonic) }
    if offersElsewhere.misses(report.offers, of: report.node) {
      tellNodes(.sendOffers, to: report.node)
    }
    tellLostTakers(to: report.node)
  }

  mutating func told(_ message: NodeMessage) {
    guard message.from != options.node, message.to == nil || message.to == options.node else {
      return
    }
    guard message.entry <= state.entry, !nodes.hasEarly(from: message.from) else {
      return nodes.add(message)
    }
    read(message)
  }

  /// What other servers said of what this one has only now heard of.
  mutating func readEarlyMessages() {
    for message in nodes.takeEarly(through: state.entry) { read(message) }
  }

  private mutating func read(_ message: NodeMessage) {
    let node = message.from
    switch message.body {
    case .offerChanged(let revision, let change): heardOffer(revision, change, of: node)
    case .offers(let revision, let page, let pages, let copies):
      heardOffers(revision, page: page, pages: pages, copies, of: node)
    case .sendOffers: sendOffers(to: node)
    case .taker(let id, let account, let connection, let isLost):
      heardTaker(
        id, account, Endpoint(node: node, connection: connection), isLost: isLost)
    case .candidates(let id, let pairing, let account, let connection, let bytes, let toSender):
      heardCandidates(
        id, pairing, account, connection, bytes.bytes, toSender: toSender, from: node)
    case .meeting(let meeting):
      if nodes.take(meeting, of: node) {
        meetings.addNews(of: meeting.channel, at: now.monotonic)
      }
    case .question(let number, let question): take(question, number, from: node)
    case .answer(let number, let answer): take(answer, to: number, from: node)
    }
  }

  mutating func expireNodes() {
    if options.isShared, !hasLookedForOrphans {
      hasLookedForOrphans = true
      lookForOrphans(after: HubLimits.orphanGrace)
    }
    for node in nodes.silent(at: now.monotonic) {
      lose(node)
      lookForOrphans(after: HubLimits.goneHolderGrace)
    }
    findSharedOrphans()
  }

  private mutating func lose(_ node: NodeID) {
    let accounts = nodes.lose(node)
    retellElsewhere(accounts)
    loseOffers(of: node)
    giveUpQuestions(to: node)
  }

  /// Who is active at all, and at which server first: here, before others.
  func person(_ account: AccountID) -> Presence.Person? {
    presence.people[account] ?? nodes.person(account)
  }

  func canReceiveFiles(_ account: AccountID) -> Bool {
    presence.people[account]?.canReceiveFiles == true
      || nodes.person(account)?.canReceiveFiles == true
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
}
