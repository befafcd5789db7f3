import ConfabDomain
import Crypto
import OrderedCollections
import Primitives

// Meetings that other servers of the place hold: people here are sent there.
extension Hub {
  func copy(of meeting: LiveMeeting) -> MeetingCopy {
    MeetingCopy(
      id: meeting.id, channel: meeting.channel, inside: Array(inside(of: meeting)),
      count: meeting.inside, isLocked: meeting.isLocked, waiting: meeting.waiting)
  }

  /// The channel's meeting, if another server holds it, or held it until a moment ago.
  func meetingElsewhere(in channel: Channel) -> MeetingID? {
    guard options.isShared, let meeting = channel.meeting?.id, meetings[meeting] == nil else {
      return nil
    }
    return meeting
  }

  /// Refuses what only the server with the meeting can do.
  func requireHere(_ meeting: MeetingID) throws(Rejection) {
    guard meetings[meeting] == nil, let there = nodes.meeting(meeting)?.at else { return }
    throw Rejection(
      .meetingElsewhere,
      "This meeting is held at another server of the place: \(there.address)")
  }

  /// Asks whoever holds the meeting to let the person's browser in.
  ///
  /// - Parameter again: what is asked once more if the meeting ends meanwhile.
  mutating func askAdmission(
    _ caller: Caller, to meeting: MeetingID, in channel: ChannelID, _ again: MeetingRequest
  ) throws(Rejection) {
    guard let account = connections[caller.connection]?.account,
      let session = connections[caller.connection]?.session
    else { throw Rejection(.requestOutOfOrder, "Sign in first.") }
    let code = randomBytes(count: SignInCodes.codeBytes)
    let purpose: NodeQuestions.Purpose =
      if case .join = again {
        .join(again, channel: channel, code: Secret(code))
      } else {
        .signInCode(again, channel: channel, code: Secret(code))
      }
    try ask(
      caller,
      .admit(
        meeting, account, session, codeHash: EncodedBytes(Array(SHA256.hash(data: code)))),
      // Who holds a meeting that began this moment is not known yet.
      of: nodes.holder(of: meeting), for: purpose)
  }

  /// Another server asks for a code for somebody. Only the one that holds the meeting answers.
  mutating func admit(
    _ codeHash: [UInt8], of account: AccountID, _ session: SessionID, to meeting: MeetingID,
    _ number: UInt64, from node: NodeID
  ) {
    guard meetings[meeting] != nil, state.sessions[session]?.account == account else { return }
    signInCodes.add(codeHash, account, session, at: now.monotonic)
    tellNodes(.answer(number: number, .done), to: node)
  }

  /// The server with the meeting lets the person in.
  mutating func admitted(
    _ open: NodeQuestions.Open, to channel: ChannelID, _ code: Secret, at node: NodeID
  ) {
    guard let address = nodes.address(of: node), let channel = state.channels[channel] else {
      return refuse(open.caller, Self.journalRefusal)
    }
    let expiresAt = now.wall + Periods.signInCode
    if case .signInCode = open.purpose {
      return reply(open.caller, .signInCode(code, expiresAt: expiresAt, at: address))
    }
    var view = view(of: channel, meetingFor: connections[open.caller.connection]?.account)
    view.server = address
    reply(open.caller, .meetingElsewhere(view, code, expiresAt: expiresAt, address))
    log(open.caller, "was sent to a meeting elsewhere", "at \(address.address)")
  }

  /// Who waited for the server of a meeting that has ended may start it anew here.
  mutating func retryAdmissions(to channel: ChannelID) {
    let waiting = nodeQuestions.takeAll { open in
      switch open.purpose {
      case .join(_, channel, _), .signInCode(_, channel, _): true
      default: false
      }
    }
    for open in waiting {
      guard connections[open.caller.connection] != nil else { continue }
      switch open.purpose {
      case .join(let request, _, _), .signInCode(let request, _, _):
        handle(.meeting(request), open.caller)
      case .files: break
      }
    }
  }

  // MARK: - Meetings that nobody holds

  /// Others may hold what this server does not: time passes before it is said to be nobody's.
  mutating func lookForOrphans(after wait: Duration) {
    let due = now.monotonic + wait
    orphanSearch = min(orphanSearch ?? due, due)
  }

  mutating func findSharedOrphans() {
    guard let due = orphanSearch, due <= now.monotonic else { return }
    orphanSearch = nil
    guard (try? requireJournal()) != nil else {
      // Who cannot be heard may not be gone: the servers between may be.
      return lookForOrphans(after: HubLimits.orphanGrace)
    }
    for channel in state.channels.values {
      guard let meeting = channel.meeting, meetings[meeting.id] == nil,
        nodes.holder(of: meeting.id) == nil
      else { continue }
      let due = meeting.startedAt + HubLimits.orphanGrace
      if !nodes.abandoned.contains(meeting.id), due > now.wall {
        // Too new for whoever holds it to have said so.
        lookForOrphans(after: due.since(now.wall))
      } else {
        orphans.append(channel.id)
      }
    }
  }
}
