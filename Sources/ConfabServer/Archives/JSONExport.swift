import ConfabDomain
import ConfabJournal
import Foundation
import OrderedCollections
import Primitives

/// Everything that people wrote, as JSON lines: `accounts.jsonl`, `channels.jsonl`, `messages.jsonl`,
/// `meetings.jsonl`.
struct JSONExport {
  let journal: any Journal
  let folder: String

  private struct AccountLine: Encodable {
    let name: String
    let role: String
    let disabled: Bool
    let created: String
  }

  private struct ChannelLine: Encodable {
    let channel: String
    let kind: String
    let number: UInt64?
    let owner: String?
    let members: [String]
    let closed: Bool
    let messages: UInt64
  }

  private struct MessageLine: Encodable {
    let channel: String
    let sequence: UInt64
    let id: String
    let at: String
    let from: String
    let text: String
    let replyTo: UInt64?
    let edited: String?
    let deleted: Bool?
    let reactions: [String: [String]]?
  }

  private struct MeetingLine: Encodable {
    struct Person: Encodable {
      let name: String
      let from: String
      let until: String
    }

    let channel: String
    let meeting: UInt64
    let started: String
    let ended: String
    let reason: String
    let people: [Person]
  }

  func write() throws {
    let state = try journal.loadState()
    try write(
      "accounts.jsonl",
      state.accounts.values.map {
        AccountLine(
          name: $0.name.text, role: $0.role.rawValue, disabled: $0.isDisabled,
          created: $0.createdAt.description)
      })
    try write("channels.jsonl", state.channels.values.map { line($0, state) })
    let file = try ExportFile("\(folder)/messages.jsonl")
    for channel in state.channels.values {
      let label = Self.label(channel, state)
      try MessageWalk(journal: journal, channel: channel.id).visit { message in
        try file.write(line: Self.encode(line(message, label, state)))
      }
    }
    try file.close()
    try writeMeetings(state)
  }

  /// Those that have ended.
  private func writeMeetings(_ state: PlaceState) throws {
    let file = try ExportFile("\(folder)/meetings.jsonl")
    for channel in state.channels.values {
      let label = Self.label(channel, state)
      try EventWalk(journal: journal, channel: channel.id).visit { event in
        guard case .meetingEnded(_, let end) = event.event.body else { return }
        try file.write(line: Self.encode(line(end, label, state)))
      }
    }
    try file.close()
  }

  private func line(_ end: MeetingEnd, _ label: String, _ state: PlaceState) -> MeetingLine {
    MeetingLine(
      channel: label, meeting: end.id.rawValue, started: end.startedAt.description,
      ended: end.endedAt.description, reason: Self.word(for: end.reason),
      people: end.attendances.map {
        MeetingLine.Person(
          name: state.name(of: $0.account), from: $0.from.description, until: $0.until.description)
      })
  }

  private static func word(for reason: MeetingEnd.Reason) -> String {
    switch reason {
    case .empty: "empty"
    case .ended: "ended"
    case .serverStopped: "server-stopped"
    case .roomClosed: "room-closed"
    }
  }

  private func line(_ channel: Channel, _ state: PlaceState) -> ChannelLine {
    ChannelLine(
      channel: Self.label(channel, state), kind: Self.word(for: channel.kind),
      number: channel.number,
      owner: channel.owner.map { state.name(of: $0) },
      members: channel.members.keys.map { state.name(of: $0) }, closed: channel.isClosed,
      messages: channel.sequence)
  }

  /// As everywhere in our JSON; the names in the code may change, these may not.
  private static func word(for kind: Channel.Kind) -> String {
    switch kind {
    case .lobby: "lobby"
    case .publicRoom: "public"
    case .privateRoom: "private"
    case .direct: "direct"
    }
  }

  private func line(
    _ message: MessageRecord, _ label: String, _ state: PlaceState
  ) -> MessageLine {
    let reactions = message.reactions.map { reaction in
      (reaction.emoji, reaction.accounts.map { state.name(of: $0) })
    }
    return MessageLine(
      channel: label, sequence: message.sequence, id: message.id.description,
      at: message.at.description, from: state.name(of: message.author), text: message.text,
      replyTo: message.replyTo, edited: message.editedAt?.description,
      deleted: message.isDeleted ? true : nil,
      reactions: reactions.isEmpty
        ? nil : Dictionary(reactions, uniquingKeysWith: { first, _ in first }))
  }

  /// Direct messages name both people: no reader is meant.
  private static func label(_ channel: Channel, _ state: PlaceState) -> String {
    guard channel.kind == .direct else { return state.label(of: channel, for: nil) }
    return channel.members.keys.map { "@\(state.name(of: $0))" }.joined(separator: "/")
  }

  private func write(_ name: String, _ lines: [some Encodable]) throws {
    let file = try ExportFile("\(folder)/\(name)")
    for line in lines { try file.write(line: Self.encode(line)) }
    try file.close()
  }

  private static func encode(_ line: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(line), as: UTF8.self)
  }
}
