import ArgumentParser
import ConfabClient
import ConfabDomain
import ConfabWire
import Primitives

struct Read: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read a room or the messages with a person.",
    discussion: """
      Examples:
        confab read '#lobby'                                   the newest 100 messages
        confab read '#plans' --since '1 Jun 2022 21:30:04'     what is later
        confab read @bob --since 12                            what came after number 12
        confab read '#builds' --since 0 --follow --json        everything, and what comes

      Between them stand the room's meetings. What was shown counts as read, unless --keep-unread.
      """)

  /// How many messages are shown when nobody says from where.
  private static let newestCount = 100

  @Argument(help: "'#room' or @name; '#lobby' holds the broadcasts.")
  var channel: ChannelArgument

  @Option(
    help: "Only what is strictly later than a TIME or a message's number; 0 is from the start.",
    transform: SinceArgument.init(parsing:))
  var since: SinceArgument?

  @Option(help: "At most so many messages.")
  var limit: Int?

  @Flag(help: "Go on with what comes, until Ctrl-C. A lost connection comes back by itself.")
  var follow = false

  @Flag(help: "Leave the messages unread.")
  var keepUnread = false

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit is a number from 1.") }
  }

  func run() async throws {
    let current = try client.currentServer()
    let connection = try await current.dialer.dial()
    var last: UInt64 = 0
    var position: UInt64?
    let opening = try await connection.messages(request, limit: effectiveLimit) { page in
      guard let first = page.messages.first, let end = page.messages.last else { return }
      var meetings = try await connection.meetings(
        in: page.channel, after: position ?? first.position, through: end.position)[...]
      for message in page.messages {
        while meetings.first.map({ $0.position < message.position }) == true {
          show(meetings.removeFirst(), in: page.label)
        }
        show(message, in: page.label)
      }
      (last, position) = (end.sequence, end.position)
    }
    // What came after the last message; where a limit cut the messages off, that is not known.
    if since == nil || (limit == nil && position != nil) {
      let meetings = try await connection.meetings(
        in: opening.channel, after: position ?? 0, through: opening.asOfPosition)
      for meeting in meetings { show(meeting, in: opening.label) }
    }
    if last > 0 { try await markRead(through: last, connection) }
    await connection.close()
    if follow { try await followOn(current, from: opening, shownThrough: last) }
  }

  private var request: WireReadMessages {
    var request = WireReadMessages()
    request.channel = channel.reference
    switch since {
    case .sequence(let sequence): request.bound = .sinceSequence(sequence)
    case .time(let time): request.bound = .sinceTime(time.millisecondsSinceEpoch)
    case nil: break
    }
    return request
  }

  /// Following without a beginning means from now on, after the usual newest ones.
  private var effectiveLimit: Int? { limit ?? (since == nil ? Self.newestCount : nil) }

  private func show(_ message: WireMessage, in label: String) {
    if output.json { Output.line(message.json(channel: label)) } else { Output.line(message.line) }
  }

  private func show(_ event: WireEvent, in label: String) {
    if output.json {
      if let object = event.json(channel: label) { Output.line(object) }
    } else if let line = event.line {
      Output.line(line)
    }
  }

  private func markRead(through sequence: UInt64, _ connection: Connection) async throws {
    guard !keepUnread else { return }
    var mark = WireMarkRead()
    mark.channel = channel.reference
    mark.sequence = sequence
    do {
      _ = try await connection.request(.markRead(mark))
    } catch is Rejection {
      // A public room may be read by people who have not joined, and keeps no mark for them.
    }
  }

  private func followOn(
    _ current: CurrentServer, from opening: WireMessageList, shownThrough last: UInt64
  ) async throws {
    var follower = Follower(
      current.dialer, channel: opening.channel, after: opening.asOfPosition)
    let marks = ReadMarking()
    try await follower.run { happening in
      switch happening {
      case .connected(let new, let channels):
        await marks.use(keepUnread ? nil : new)
        guard channels.contains(where: { $0.id == opening.channel }) else {
          throw Rejection(
            .notAMember, "You are not in \(opening.label). confab room join enters a public room.")
        }
      case .event(let event, let channel):
        if let message = event.message, message.sequence <= last { return }
        show(event, in: channel.label)
        if let message = event.message {
          await marks.note(message.sequence, in: channel.id, pause: ReadMarks.delay)
        }
      case .lost(let reason, _): Output.note("\(reason) Trying again…")
      case .channelGone(let gone) where gone.channel == opening.channel:
        throw Rejection(.notAMember, "You are no longer in \(gone.label).")
      case .caughtUp, .channelChanged, .channelGone, .presence, .device, .file, .meeting:
        break
      }
    }
  }
}
