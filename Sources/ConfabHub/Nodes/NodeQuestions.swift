import ConfabDomain
import OrderedCollections
import Primitives

/// Questions to other servers of the place that are not answered yet. Messages between servers may be
/// lost, so each is asked again and again, and given up in the end.
struct NodeQuestions: Sendable {
  struct Open: Sendable {
    let caller: Caller
    let question: NodeQuestion
    /// Nil asks all: whoever can answers.
    let node: NodeID?
    let purpose: Purpose
    var againAt: MonotonicTime
    let until: MonotonicTime
  }

  /// What the answer is for, besides what the question says.
  enum Purpose: Sendable {
    case files
    /// To be tried again when the meeting has ended meanwhile, since then it may start here.
    case join(MeetingRequest, channel: ChannelID, code: Secret)
    case signInCode(MeetingRequest, channel: ChannelID, code: Secret)
  }

  private(set) var open: OrderedDictionary<UInt64, Open> = [:]
  private var next: UInt64 = 1

  var nextDeadline: MonotonicTime? { open.values.lazy.map { min($0.againAt, $0.until) }.min() }

  /// Nil when there are too many.
  mutating func add(_ question: Open) -> UInt64? {
    guard open.count < HubLimits.questionsToNodesMax else { return nil }
    defer { next += 1 }
    open[next] = question
    return next
  }

  mutating func take(_ number: UInt64) -> Open? { open.removeValue(forKey: number) }

  /// Those to be asked again now; they are due again later.
  mutating func takeDue(at now: MonotonicTime) -> [(number: UInt64, Open)] {
    let due = open.filter { $0.value.againAt <= now && $0.value.until > now }
    for number in due.keys { open[number]?.againAt = now + HubLimits.questionAgain }
    return due.map { ($0.key, $0.value) }
  }

  mutating func takeGivenUp(at now: MonotonicTime) -> [Open] {
    takeAll { $0.until <= now }
  }

  mutating func takeAll(where isMeant: (Open) -> Bool) -> [Open] {
    let meant = open.filter { isMeant($0.value) }
    for number in meant.keys { open[number] = nil }
    return Array(meant.values)
  }
}

// Asking another server on behalf of somebody here, and answering others.
extension Hub {
  mutating func tellNodes(_ body: NodeMessage.Body, to node: NodeID? = nil) {
    guard let here = options.node else { return }
    hold(.tellNodes(NodeMessage(from: here, to: node, entry: state.entry, body: body)))
  }

  /// - Parameter node: nil asks all.
  mutating func ask(
    _ caller: Caller, _ question: NodeQuestion, of node: NodeID?,
    for purpose: NodeQuestions.Purpose = .files
  ) throws(Rejection) {
    let patience =
      if case .files = purpose { HubLimits.questionPatience } else { HubLimits.admissionPatience }
    guard
      let number = nodeQuestions.add(
        NodeQuestions.Open(
          caller: caller, question: question, node: node, purpose: purpose,
          againAt: now.monotonic + HubLimits.questionAgain, until: now.monotonic + patience))
    else {
      throw Rejection(
        .rateLimited, "Too much is asked of the place's other servers. Try again in a moment.",
        retryAfter: .seconds(1))
    }
    tellNodes(.question(number: number, question), to: node)
  }

  mutating func expireNodeQuestions() {
    let ended = endedMeetings
    endedMeetings = []
    for channel in ended { retryAdmissions(to: channel) }
    for (number, open) in nodeQuestions.takeDue(at: now.monotonic) {
      var node = open.node
      // Who holds it may have become known.
      if case .admit(let meeting, _, _, _) = open.question { node = nodes.holder(of: meeting) }
      tellNodes(.question(number: number, open.question), to: node)
    }
    for open in nodeQuestions.takeGivenUp(at: now.monotonic) { giveUp(open) }
  }

  /// What was asked of a server that is gone is answered by nobody.
  mutating func giveUpQuestions(to node: NodeID) {
    let lost = nodeQuestions.takeAll { open in
      // Who holds a meeting may turn out to be another one, or nobody soon.
      if case .files = open.purpose { open.node == node } else { false }
    }
    for open in lost { giveUp(open) }
  }

  private mutating func giveUp(_ open: NodeQuestions.Open) {
    switch open.purpose {
    case .files:
      // What is gone is withdrawn.
      if case .withdraw = open.question { return reply(open.caller, .done) }
      refuse(
        open.caller,
        Rejection(
          .fileOfferGone,
          "The server that the sender is connected to does not answer. The offer comes back with them."
        ))
    case .join, .signInCode:
      refuse(
        open.caller,
        Rejection(
          .meetingElsewhere,
          "The server that holds this meeting does not answer. If it is gone, the meeting ends in a "
            + "moment and can be started anew. Try again.", retryAfter: HubLimits.questionPatience))
    }
  }

  // MARK: - Answers

  mutating func take(_ answer: NodeAnswer, to number: UInt64, from node: NodeID) {
    // Who lets somebody in and is not known yet is asked again.
    guard let asked = nodeQuestions.open[number] else { return }
    if case .admit = asked.question, nodes.address(of: node) == nil { return }
    guard let open = nodeQuestions.take(number) else { return }
    if case .refused(let code, let message, let wait) = answer {
      return refuse(
        open.caller,
        Rejection(
          Rejection.Code(rawValue: code) ?? .internalError, message,
          retryAfter: wait.map { .milliseconds($0) }))
    }
    switch open.purpose {
    case .files: takeFileAnswer(answer, to: open, from: node)
    case .join(_, let channel, let code), .signInCode(_, let channel, let code):
      admitted(open, to: channel, code, at: node)
    }
  }

  // MARK: - Questions of others

  mutating func take(_ question: NodeQuestion, _ number: UInt64, from node: NodeID) {
    if case .admit(let meeting, let account, let session, let codeHash) = question {
      return admit(codeHash.bytes, of: account, session, to: meeting, number, from: node)
    }
    guard let caller = caller(of: question, number, from: node) else { return }
    do throws(Rejection) {
      guard !isReloading else { throw Self.journalRefusal }
      try answer(question, caller)
    } catch {
      refuse(caller, error)
    }
    flushAfterReply()
  }

  private func caller(
    of question: NodeQuestion, _ number: UInt64, from node: NodeID
  ) -> Caller? {
    func caller(
      _ account: AccountID, _ device: DeviceID? = nil, _ connection: ConnectionID? = nil
    ) -> Caller {
      Caller(
        connection: connection ?? ConnectionID(0), request: number, address: "",
        elsewhere: Caller.Elsewhere(node: node, account: account, device: device))
    }
    return switch question {
    case .accept(_, let account, let device, let connection, _),
      .refuse(_, let account, let device, let connection, _):
      caller(account, device, connection)
    case .withdraw(_, let account, _, _), .readOffer(_, let account): caller(account)
    case .admit: nil
    }
  }

  private mutating func answer(
    _ question: NodeQuestion, _ caller: Caller
  ) throws(Rejection) {
    switch question {
    case .accept(let id, _, _, _, let bytes):
      try answerFile(caller, id, .accept(bytes.bytes))
    case .refuse(let id, _, _, _, let reason): try answerFile(caller, id, .refuse(reason: reason))
    case .withdraw(let id, _, let recipient, let isComplete):
      try withdrawFile(caller, id, from: recipient, isComplete: isComplete)
    case .readOffer(let id, let account):
      let offer = files.open[id].flatMap { mayReceive(account, $0) ? $0.offer : nil } ?? []
      answer(caller, .offer(EncodedBytes(offer)))
    case .admit: break
    }
  }

  mutating func answer(_ caller: Caller, _ answer: NodeAnswer) {
    guard let node = caller.elsewhere?.node else { return }
    tellNodes(.answer(number: caller.request, answer), to: node)
  }
}

extension NodeAnswer {
  init(_ rejection: Rejection) {
    self = .refused(
      code: rejection.code.rawValue, message: rejection.message,
      retryAfterMilliseconds: rejection.retryAfter?.milliseconds)
  }

  /// What the hub answers to those who are connected to it, as others pass it on.
  init(_ reply: Reply) {
    switch reply {
    case .fileAcceptance(let view):
      self = .accepted(view.pairing, relayToken: EncodedBytes(view.relayToken))
    default: self = .done
    }
  }
}
