import ConfabDomain
import ConfabHub
import ConfabWire
import NIOCore
import OrderedCollections

/// What one turn of the hub has to say, sorted by event loop. Events of one channel are spelled once
/// and joined, whoever hears them.
struct OutgoingBatch {
  private var commands: [[FanoutCommand]]
  private var told: OrderedDictionary<ChannelID, Joined> = [:]
  private var toldBytes = 0

  init(loopCount: Int) {
    commands = Array(repeating: [], count: loopCount)
  }

  mutating func add(_ command: FanoutCommand) {
    guard let connection = command.connection else { return }
    commands[connection.loopIndex].append(command)
  }

  // Who subscribes hears what comes after, and who leaves what came before: so what was told of the
  // channel goes first.
  mutating func subscribe(_ id: ConnectionID, _ channel: ChannelID) {
    passOn(channel)
    commands[id.loopIndex].append(.subscribe(id, channel))
  }

  mutating func unsubscribe(_ id: ConnectionID, _ channel: ChannelID) {
    passOn(channel)
    commands[id.loopIndex].append(.unsubscribe(id, channel))
  }

  mutating func tell(_ event: WireEvent, in channel: ChannelID) {
    guard let frame = try? FrameEncoder.encode(.push(.event(event))) else { return }
    told[channel, default: Joined()].append(frame)
  }

  mutating func tellPresence(_ presence: WirePresence) {
    guard let frame = try? FrameEncoder.encode(.push(.presence(presence))) else { return }
    let buffer = ByteBuffer(bytes: frame)
    for index in commands.indices { commands[index].append(.tellPresence(buffer)) }
  }

  /// Hands everything over and is empty.
  mutating func send(to fanouts: [LoopFanout], backlog: FanoutBacklog) {
    for (channel, joined) in told { append(joined, in: channel) }
    told.removeAll(keepingCapacity: true)
    // Counted before it is handed over, so that the count never falls below zero.
    if toldBytes > 0 { backlog.add(bytes: toldBytes) }
    toldBytes = 0
    for (index, fanout) in fanouts.enumerated() where !commands[index].isEmpty {
      fanout.post(commands[index])
      commands[index].removeAll(keepingCapacity: true)
    }
  }

  private mutating func passOn(_ channel: ChannelID) {
    guard let joined = told.removeValue(forKey: channel) else { return }
    append(joined, in: channel)
  }

  private mutating func append(_ joined: Joined, in channel: ChannelID) {
    toldBytes += joined.buffer.readableBytes * commands.count
    for index in commands.indices { commands[index].append(.tell(channel, joined)) }
  }
}

/// Frames of events of one channel, one after another.
struct Joined: Sendable {
  var buffer = ByteBuffer()
  var events = 0

  mutating func append(_ frame: [UInt8]) {
    buffer.writeBytes(frame)
    events += 1
  }

  mutating func append(_ other: Joined) {
    buffer.writeImmutableBuffer(other.buffer)
    events += other.events
  }
}
